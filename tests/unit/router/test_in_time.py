"""Deadline-aware: only who can still answer in time, by hours, absences and what waits for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from router.domain.agreed import Answers
from router.domain.book import PoolChoice
from router.domain.decision import Decision, RoutableLead, decide, decide_for_owner
from router.domain.eligibility import Standing
from router.domain.owners import Belonging, Owner
from router.domain.proof import choose_again, proof_of
from router.domain.roster import Load
from router.domain.why import why_assigned
from tests.unit.router.pools import LEAD, NOW, WEEK, make_pool, make_rep, route_all

HALF_AN_HOUR = timedelta(minutes=30)
LATE = {"tz": "UTC", "week": {"tue": [["09:00", "20:00"]], "wed": [["09:00", "20:00"]]}}
NEARLY_SIX = NOW.replace(hour=17, minute=55)
CHOICE = PoolChoice("north", "fallback", None)


def lead(promise: timedelta | None = HALF_AN_HOUR) -> RoutableLead:
    return RoutableLead(LEAD, "main", answers=Answers(promise))


def told(decision: Decision) -> str:
    assert decision.rep is not None
    return why_assigned(decision.rep, decision, CHOICE).text


def test_who_goes_home_in_five_minutes_is_passed_over_for_who_stays() -> None:
    pool = make_pool(make_rep("ana"), make_rep("bea", hours=LATE), deadline_aware=True)
    decision = decide(pool, lead(), NEARLY_SIX)
    assert decision.rep is not None
    assert (decision.rep.id, decision.overruled, decision.is_late) == ("bea", "ana", False)
    standings = {each.rep: each.standing for each in decision.candidates}
    assert standings == {"ana": Standing.TOO_LATE, "bea": Standing.CHOSEN}
    assert "it was the turn of Ana, who could not answer in time" in told(decision)


def test_without_a_promise_or_where_the_pool_does_not_ask_turns_alone_decide() -> None:
    for promise, aware in ((None, True), (HALF_AN_HOUR, False)):
        pool = make_pool(make_rep("ana"), make_rep("bea", hours=LATE), deadline_aware=aware)
        decision = decide(pool, lead(promise), NEARLY_SIX)
        assert decision.rep is not None
        assert decision.rep.id == "ana"


def test_an_absence_that_begins_soon_counts_as_going_home() -> None:
    away = [(NOW + timedelta(minutes=3), NOW + timedelta(hours=2))]
    pool = make_pool(make_rep("ana", absences=away), make_rep("bea"), deadline_aware=True)
    decision = decide(pool, lead(), NOW)
    assert decision.rep is not None
    assert decision.rep.id == "bea"


def test_who_has_leads_to_answer_first_is_passed_over() -> None:
    pool = make_pool(
        make_rep("ana"),
        make_rep("bea"),
        load={"ana": Load(open=3, unanswered=3), "bea": Load(open=9)},
        deadline_aware=True,
    )
    assert [each.rep.id for each in route_all(pool, 3, NOW, answers=Answers(HALF_AN_HOUR)) if each.rep] == [
        "bea"
    ] * 3


def test_a_fast_rep_can_have_more_to_answer() -> None:
    fast = Load(open=5, unanswered=5, pace=timedelta(minutes=4))
    pool = make_pool(
        make_rep("ana"), make_rep("bea"), load={"ana": fast, "bea": Load(unanswered=3)}, deadline_aware=True
    )
    decision = decide(pool, lead(), NOW)
    assert decision.rep is not None
    assert decision.rep.id == "ana"


def test_when_nobody_can_answer_in_time_turns_decide_and_a_late_answer_is_foretold() -> None:
    pool = make_pool(
        make_rep("ana"),
        make_rep("bea"),
        load={"ana": Load(unanswered=4), "bea": Load(unanswered=5)},
        deadline_aware=True,
    )
    decision = decide(pool, lead(), NOW)
    assert decision.rep is not None
    assert (decision.rep.id, decision.is_late, decision.overruled) == ("ana", True, None)
    assert decision.answer_at == NOW + timedelta(minutes=50)
    assert "a late answer is expected, at Tue 2026-03-03 10:50 UTC" in told(decision)


def test_when_all_go_home_the_promise_runs_on_in_the_morning() -> None:
    early = {"tz": "UTC", "week": {**WEEK, "wed": [["07:00", "18:00"]]}}
    pool = make_pool(make_rep("ana", hours=early), make_rep("bea"), deadline_aware=True)
    decision = decide(pool, lead(), NEARLY_SIX)
    assert decision.rep is not None
    assert decision.rep.id == "ana"
    assert decision.answer_at == datetime(2026, 3, 4, 7, 5, tzinfo=UTC)
    assert decision.overruled is None


def test_leads_handed_out_count_for_who_can_answer_the_next() -> None:
    pool = make_pool(make_rep("ana", weight=9), make_rep("bea"), deadline_aware=True)
    decisions = route_all(pool, 8, NOW, answers=Answers(HALF_AN_HOUR))
    assert [each.rep.id for each in decisions if each.rep][:6].count(
        "ana"
    ) == 3  # three in half an hour, at ten minutes each
    assert [each.is_late for each in decisions] == [False] * 6 + [True] * 2


def test_who_was_passed_over_is_owed_the_turns_and_gets_them_as_soon_as_they_can() -> None:
    busy, free = Load(open=3, unanswered=3), Load()
    pool = make_pool(
        make_rep("ana"),
        make_rep("bea"),
        load={"ana": busy, "bea": free},
        deadline_aware=True,
        answer_takes=timedelta(minutes=9),
    )
    assert [each.rep.id for each in route_all(pool, 3, NOW, answers=Answers(HALF_AN_HOUR)) if each.rep] == [
        "bea"
    ] * 3
    for load in (busy, free):
        load.unanswered = 0
    for name in ("ana", "bea"):
        pool.look_again(name)
    owners = [each.rep.id for each in route_all(pool, 4, NOW, answers=Answers(HALF_AN_HOUR)) if each.rep]
    assert owners == ["ana", "ana", "ana", "bea"]


def test_each_team_is_held_to_its_own_promise() -> None:
    """Bea's team answers within two hours and promises so; Ana goes home in five minutes, as she did."""
    north, south = make_rep("ana"), replace(make_rep("bea"), team="south")
    pool = make_pool(north, south, deadline_aware=True)
    own = Answers(HALF_AN_HOUR, (("south", timedelta(days=30)),))
    late = make_pool(make_rep("ana", hours=LATE), south, deadline_aware=True)
    decision = decide(late, RoutableLead(LEAD, "main", answers=own), NEARLY_SIX)
    assert not decision.is_late
    assert Standing.TOO_LATE not in {each.standing for each in decision.candidates}
    load = {"ana": Load(unanswered=50, open=1), "bea": Load(unanswered=50, open=1)}
    busy = make_pool(north, south, load=load, deadline_aware=True)
    given = decide(busy, RoutableLead(LEAD, "main", answers=own), NOW)
    assert given.rep is not None
    assert given.rep.id == "bea", "ana's half hour is over before she is through; thirty days are not"
    nothing = Answers(HALF_AN_HOUR, (("south", None),))
    assert not decide(busy, RoutableLead(LEAD, "main", answers=nothing), NOW).is_late
    assert decide(pool, RoutableLead(LEAD, "main", answers=Answers()), NOW).overruled is None


NIGHT = NOW.replace(hour=22)
EARLY = {"tz": "UTC", "week": {**WEEK, "wed": [["07:00", "18:00"]]}}
AT_SEVEN, AT_HALF_PAST_SEVEN = (NIGHT.replace(day=4, hour=7, minute=minute) for minute in (0, 30))


def test_at_night_who_opens_first_has_as_many_as_they_can_answer_in_time_and_then_who_opens_next() -> None:
    half_past = {"tz": "UTC", "week": {**WEEK, "wed": [["07:30", "18:00"]]}}
    pool = make_pool(
        make_rep("ana", hours=EARLY),
        make_rep("bea", hours=half_past),
        gives_to_first_who_opens=True,
        deadline_aware=True,
    )
    promised = Answers(timedelta(minutes=50))
    made = route_all(pool, 8, NIGHT, answers=promised)
    assert [each.rep.id for each in made if each.rep] == ["ana"] * 5 + ["bea"] * 2 + ["ana"]
    assert [each.overruled for each in made] == [None] * 5 + ["ana"] * 2 + [None]
    assert [each.is_late for each in made] == [False] * 7 + [True]
    assert (made[4].answer_at, made[6].answer_at) == (
        AT_SEVEN + timedelta(minutes=50),
        AT_HALF_PAST_SEVEN + timedelta(minutes=20),
    )
    assert "it was the turn of Ana, who could not answer in time" in told(made[5])
    assert "a late answer is expected, at Wed 2026-03-04 08:00 UTC" in told(made[7])


def test_at_night_each_team_is_held_to_its_own_promise() -> None:
    pool = make_pool(
        make_rep("ana", hours=EARLY),
        replace(make_rep("bea", hours=LATE), team="south"),
        load={"ana": Load(unanswered=5)},
        gives_to_first_who_opens=True,
        deadline_aware=True,
    )
    own = Answers(HALF_AN_HOUR, (("south", timedelta(hours=4)),))
    decision = decide(pool, RoutableLead(LEAD, "main", answers=own), NIGHT)
    assert decision.rep is not None
    assert (decision.rep.id, decision.is_late) == ("bea", False)
    unpromised = Answers(None, (("south", None),))
    assert not decide(pool, RoutableLead(LEAD, "main", answers=unpromised), NIGHT).is_late


def test_a_choice_at_night_by_promise_can_be_made_again_from_its_record() -> None:
    pool = make_pool(
        make_rep("ana", hours=EARLY),
        make_rep("bea", hours=EARLY),
        load={"ana": Load(unanswered=5)},
        gives_to_first_who_opens=True,
        deadline_aware=True,
    )
    decision = decide(pool, lead(), NIGHT)
    assert choose_again(proof_of(decision), pool.members.rows) == "bea"


def test_an_owner_keeps_a_lead_that_they_will_answer_late_and_it_is_foretold() -> None:
    owner = Owner("ana", Belonging.PERSON)
    for unanswered, aware, late in ((1, True, False), (3, True, True), (3, False, False)):
        pool = make_pool(
            make_rep("ana"),
            make_rep("bea"),
            load={"ana": Load(open=unanswered, unanswered=unanswered)},
            deadline_aware=aware,
        )
        decision = decide_for_owner(pool.reps["ana"], pool, lead(), NOW)
        assert isinstance(decision, Decision)
        assert decision.rep is not None
        assert (decision.rep.id, decision.is_late) == ("ana", late)
        text = why_assigned(decision.rep, decision, CHOICE, owner).text
        assert ("a late answer is expected, at Tue 2026-03-03 10:40 UTC" in text) is late
        assert "nobody can give one in time" not in text
