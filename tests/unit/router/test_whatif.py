"""Leads and reps in simulated time."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lead_events.words import HoldReason, Quadrant
from router.domain.book import PoolChoice
from router.domain.needs import Needs
from router.whatif.figures import Figures, Waits, gap, gini
from router.whatif.model import Arrival, Behaviour, Spread
from rulebook.models import Owners, RampUp
from tests.unit.router.whatif_worlds import MONDAY_9, PROMPT, arrival, make_book, simulate, staff

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def many(number: int, seed: int = 7) -> list[Arrival]:
    """So many leads over three weeks, at any hour."""
    chance = random.Random(seed)
    moments = sorted(MONDAY_9 + timedelta(seconds=chance.randrange(21 * 86_400)) for _ in range(number))
    quadrants = list(Quadrant)
    return [
        arrival(at_number, at, chance.choice(quadrants), value=chance.randrange(1, 100_000))
        for at_number, at in enumerate(moments)
    ]


def test_a_lead_in_working_hours_is_accepted_and_answered_by_the_model() -> None:
    fate = simulate(make_book(), [staff("ana")], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds, fate.breaches) == ("ana", 1, 0)
    assert fate.answered_at == MONDAY_9 + 6 * MINUTE
    assert fate.worked == 6 * MINUTE


def test_a_rep_answers_one_lead_after_the_other() -> None:
    fates = simulate(make_book(), [staff("ana")], [arrival(n, MONDAY_9) for n in range(3)])
    assert [fates[n].waited for n in range(3)] == [6 * MINUTE, 11 * MINUTE, 16 * MINUTE]


def test_a_lead_of_the_night_waits_for_the_first_who_opens() -> None:
    night = MONDAY_9 + 13 * HOUR
    fate = simulate(make_book(), [staff("ana")], [arrival(1, night)])[1]
    assert fate.handed_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert fate.worked == 6 * MINUTE


def test_waiting_leads_go_best_first_when_somebody_is_free() -> None:
    come = [
        arrival(1, MONDAY_9),
        arrival(2, MONDAY_9 + MINUTE, Quadrant.COLD),
        arrival(3, MONDAY_9 + 2 * MINUTE),
    ]
    fates = simulate(make_book(), [staff("ana", capacity=1)], come)
    handed = {number: fate.handed_at for number, fate in fates.items()}
    assert handed[3] == MONDAY_9 + timedelta(days=1) + 6 * MINUTE, "the place is free a day after the answer"
    assert handed[2] == MONDAY_9 + timedelta(days=2) + 11 * MINUTE + MINUTE


def test_who_does_not_accept_in_time_loses_the_lead_to_another() -> None:
    slow = replace(PROMPT, accepts=Spread(timedelta(hours=2), 0))
    fate = simulate(make_book(), [staff("ana", slow), staff("bea")], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds) == ("bea", 2)
    assert fate.answered_at == MONDAY_9 + 36 * MINUTE, "half an hour to accept, then Bea's six minutes"


def test_a_lead_that_nobody_else_could_take_stays_and_breaks_its_promise() -> None:
    slow = replace(PROMPT, accepts=Spread(timedelta(hours=2), 0))
    fate = simulate(make_book(), [staff("ana", slow)], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds, fate.breaches) == ("ana", 1, 1)
    assert fate.breached_at == MONDAY_9 + HOUR


def test_a_response_breach_is_counted_once_a_round_and_goes_on_where_the_agreement_says_so() -> None:
    slow = replace(PROMPT, answers=Spread(timedelta(hours=3), 0))
    book = make_book(sales={"reassign_on_response_breach": True})
    fate = simulate(book, [staff("ana", slow), staff("bea")], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds, fate.breaches) == ("bea", 2, 1)


def test_a_decline_goes_to_somebody_else() -> None:
    never = replace(PROMPT, declines=1.0)
    fate = simulate(make_book(), [staff("ana", never), staff("bea")], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds) == ("bea", 2)


def test_an_absence_that_begins_gives_unanswered_leads_to_others() -> None:
    away = (MONDAY_9 + HOUR, MONDAY_9 + timedelta(days=3))
    slow = replace(PROMPT, answers=Spread(timedelta(hours=2), 0))
    document = {"tz": "UTC", "absences": [[each.isoformat() for each in away]]}
    reps = [staff("ana", slow, absences=[away], document=document), staff("bea")]
    fate = simulate(make_book(), reps, [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.rounds) == ("bea", 2)
    assert fate.answered_at == MONDAY_9 + HOUR + 6 * MINUTE


def test_limits_of_a_day_hold_and_end_at_the_reps_midnight() -> None:
    come = [arrival(n, MONDAY_9 + n * MINUTE) for n in range(3)]
    fates = simulate(make_book(), [staff("ana", per_day=2)], come)
    assert [fates[n].handed_at for n in range(3)] == [
        MONDAY_9,
        MONDAY_9 + MINUTE,
        MONDAY_9 + timedelta(days=1),
    ]


def test_what_is_only_preferred_is_given_up_in_time() -> None:
    needs = Needs(frozenset({"it"}), "preferred", relax_after=timedelta(minutes=10))
    come = [
        arrival(1, MONDAY_9 - 8 * HOUR, choice=PoolChoice("north", "fallback", None)),
        arrival(2, MONDAY_9, choice=PoolChoice("north", "fallback", None, needs=needs)),
    ]
    late = {"tz": "UTC", "week": {"mon": [["13:00", "17:00"]]}}
    reps = [staff("ana"), staff("paola", languages=frozenset({"it"}), hours=late)]
    fate = simulate(make_book(), reps, come)[2]
    assert (fate.rep, fate.handed_at) == ("ana", MONDAY_9 + 10 * MINUTE)


def test_what_nobody_can_ever_take_is_told_at_once() -> None:
    fate = simulate(make_book(), [staff("ana", lines=frozenset({"training"}))], [arrival(1, MONDAY_9)])[1]
    assert (fate.rep, fate.hold_reason) == (None, HoldReason.POOL_EMPTY)


def test_the_rep_who_knows_a_person_gets_their_next_lead() -> None:
    person = arrival(99, MONDAY_9).id
    come = [
        arrival(1, MONDAY_9, person=person),
        arrival(2, MONDAY_9 + HOUR),
        arrival(3, MONDAY_9 + 2 * HOUR),
        arrival(4, MONDAY_9 + 3 * HOUR, person=person),
    ]
    fates = simulate(make_book(), [staff("ana"), staff("bea")], come)
    assert fates[1].rep == fates[4].rep


WEST = {"tz": "UTC", "week": {day: [["18:00", "23:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


def test_leads_follow_the_sun_and_who_waits_goes_to_whoever_opens_first() -> None:
    book = make_book(
        {"when_nobody_open": "follow_the_sun", "then": ["west"]},
        others={"west": {"name": "West", "reps": ["wim"]}},
    )
    reps = [staff("ana"), staff("wim", hours=WEST, team="west")]
    come = [arrival(1, MONDAY_9 + 8.5 * HOUR), arrival(2, MONDAY_9 + 10 * HOUR)]
    fates = simulate(book, reps, come)
    assert [fates[number].rep for number in (1, 2)] == ["wim", "wim"]
    assert fates[1].handed_at == MONDAY_9 + 9 * HOUR, "it waited in the north, until the west opened"


def test_a_language_that_nobody_speaks_goes_to_the_pool_for_that() -> None:
    book = make_book(others={"anybody": {"name": "Anybody", "reps": ["wim"]}})
    needs = Needs(frozenset({"fi"}), "required")
    choice = PoolChoice("north", "fallback", None, needs=needs, unspoken="anybody")
    reps = [staff("ana"), staff("wim", hours=WEST, team="west")]
    fate = simulate(book, reps, [arrival(1, MONDAY_9, choice=choice)])[1]
    assert (fate.rep, fate.pool, fate.handed_at) == ("wim", "anybody", MONDAY_9 + 9 * HOUR)


def test_a_lead_may_wait_for_its_owner_and_no_longer_than_the_plan_says() -> None:
    owners = Owners(when_away="wait", wait_at_most=timedelta(hours=2))
    choice = PoolChoice("north", "fallback", None, owner="wim", owners=owners)
    late = {"tz": "UTC", "week": {"mon": [["10:00", "12:00"], ["16:00", "17:00"]]}}
    reps = [staff("ana"), staff("wim", hours=late)]
    come = [arrival(1, MONDAY_9, choice=choice), arrival(2, MONDAY_9 + 3 * HOUR, choice=choice)]
    fates = simulate(make_book(), reps, come)
    assert (fates[1].rep, fates[1].handed_at) == ("wim", MONDAY_9 + HOUR)
    assert (fates[2].rep, fates[2].handed_at) == ("ana", MONDAY_9 + 5 * HOUR)


def test_who_is_new_has_their_share_grow_week_by_week() -> None:
    ramp = RampUp(first_day=MONDAY_9.date(), weeks=2, start=0.25)
    new = replace(staff("bea", weight=4), ramp_up=ramp)
    come = [
        arrival(100 * week + n, MONDAY_9 + timedelta(weeks=week, minutes=n))
        for week in range(2)
        for n in range(40)
    ]
    fates = simulate(make_book(), [staff("ana", weight=4), new], come)
    of_bea = [sum(fates[100 * week + n].rep == "bea" for n in range(40)) for week in range(2)]
    assert of_bea == [8, 20]


@pytest.mark.parametrize(
    "pool", [{}, {"deadline_aware": True}, {"strategy": "value_fair"}, {"strategy": "least_loaded"}]
)
def test_every_lead_is_told_once_and_nobody_holds_more_than_they_may(pool: dict[str, object]) -> None:
    behaviour = Behaviour(closes=Spread(timedelta(days=1), 0.5), declines=0.1)
    reps = [staff(name, behaviour, capacity=12, weight=weight) for name, weight in (("ana", 1), ("bea", 3))]
    fates = simulate(make_book(dict(pool)), reps, many(300))
    assert len(fates) == 300
    assert all(fate.handed_at is None or fate.handed_at >= fate.arrival.at for fate in fates.values())


def test_the_same_seed_gives_the_same_fates_and_another_seed_others() -> None:
    behaviour = Behaviour(closes=Spread(timedelta(days=2), 0.5), declines=0.1)
    reps = [staff(name, behaviour) for name in ("ana", "bea", "carla")]
    first, again, other = (simulate(make_book(), reps, many(200), seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_only_who_can_still_answer_in_time_gets_a_lead_where_the_pool_asks_for_it() -> None:
    closing = {"tz": "UTC", "week": {"mon": [["09:00", "12:05"]], "tue": [["09:00", "17:00"]]}}
    reps = [staff("ana", hours=closing), staff("bea")]
    noon = MONDAY_9 + 3 * HOUR
    plain = simulate(make_book(), reps, [arrival(1, noon)])[1]
    aware = simulate(make_book({"deadline_aware": True}), reps, [arrival(1, noon)])[1]
    assert (plain.rep, aware.rep) == ("ana", "bea")
    assert aware.overruled


def test_fairness_is_counted_for_a_unit_of_weight() -> None:
    assert gini([1, 1, 1]) == 0
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)
    assert gap([2, 5, 3]) == 3
    figures = Figures({"ana": 1, "bea": 3}, UTC)
    fates = simulate(make_book(), [staff("ana"), staff("bea", weight=3)], many(100))
    for fate in fates.values():
        figures.add(fate)
    assert figures.fairness()["gap_count"] < 2
    assert figures.leads == 100 == figures.by_rep.total()


def test_waits_are_told_within_five_percent() -> None:
    waits = Waits()
    for seconds in range(1, 1001):
        waits.add(timedelta(seconds=seconds))
    assert waits.quantile(0.5) == pytest.approx(500, rel=0.06)
    assert waits.ladder()["1 min"] == pytest.approx(60, abs=4)
    assert Waits().quantile(0.5) is None
