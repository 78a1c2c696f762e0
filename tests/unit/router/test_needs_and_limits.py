"""What a lead asks for, limits a day and a week, who is first when nobody is there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lead_events.words import HoldReason
from router.domain.book import PoolChoice
from router.domain.decision import RoutableLead, decide, decide_for_owner
from router.domain.eligibility import Standing
from router.domain.needs import Needs
from router.domain.owners import Belonging, Owner, Waits, ask_owners
from router.domain.roster import Load
from router.locked import Member
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep

ITALIAN = frozenset({"it"})
MORNING = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
NEXT_WEEK = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def lead(needs: Needs, minutes_ago: int = 0) -> RoutableLead:
    return RoutableLead(LEAD, "main", needs=needs, since=NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("needs", "chosen"),
    [
        pytest.param(Needs(ITALIAN, "required"), "bea", id="only who speaks it"),
        pytest.param(Needs(ITALIAN, "ignored"), "ana", id="languages count for nothing"),
        pytest.param(Needs(skills=frozenset({"cloud", "bank"})), "carla", id="all skills are needed"),
        pytest.param(
            Needs(skills=frozenset({"bank"}), skills_match="ignored"), "ana", id="skills count for nothing"
        ),
    ],
)
def test_only_who_has_what_a_lead_needs_takes_it(needs: Needs, chosen: str) -> None:
    pool = make_pool(
        make_rep("ana", skills=frozenset({"cloud"})),
        make_rep("bea", languages=frozenset({"it", "en"})),
        make_rep("carla", skills=frozenset({"cloud", "bank"})),
    )
    decision = decide(pool, lead(needs), NOW)
    assert decision.rep is not None
    assert decision.rep.id == chosen


def test_what_is_preferred_is_waited_for_and_then_given_up() -> None:
    away = [(NOW - timedelta(hours=1), NOW + timedelta(hours=2))]
    pool = make_pool(make_rep("ana"), make_rep("bea", languages=ITALIAN, absences=away))
    prefers = Needs(ITALIAN, "preferred", relax_after=timedelta(minutes=10))
    waits = decide(pool, lead(prefers, 4), NOW)
    assert (waits.hold_reason, waits.next_try_at) == (HoldReason.NOBODY_OPEN, NOW + timedelta(minutes=6))
    given_up = decide(pool, lead(prefers, 10), NOW)
    assert given_up.rep is not None
    assert given_up.rep.id == "ana"


def test_what_nobody_here_has_is_not_waited_for_if_it_is_only_preferred() -> None:
    pool = make_pool(make_rep("ana"))
    assert decide(pool, lead(Needs(ITALIAN, "preferred")), NOW).rep is not None
    refused = decide(pool, lead(Needs(ITALIAN, "required")), NOW)
    assert (refused.hold_reason, refused.next_try_at) == (HoldReason.NEEDS_UNMET, None)


@pytest.mark.parametrize(
    ("limits", "load", "standing", "next_try_at"),
    [
        pytest.param(
            {"per_day": 2}, Load(today=2), Standing.DAY_FULL, MORNING, id="the day's number is full"
        ),
        pytest.param({"per_day": 2}, Load(today=1), Standing.CHOSEN, None, id="one more today"),
        pytest.param(
            {"per_week": 9}, Load(this_week=9), Standing.WEEK_FULL, NEXT_WEEK, id="the week's is full"
        ),
        pytest.param(
            {"per_day": 2, "per_week": 9},
            Load(today=2, this_week=9),
            Standing.DAY_FULL,
            NEXT_WEEK,
            id="both are full",
        ),
    ],
)
def test_at_the_limit_of_a_day_or_week_a_rep_is_full(
    limits: dict[str, Any], load: Load, standing: Standing, next_try_at: datetime | None
) -> None:
    decision = decide(
        make_pool(make_rep("ana", **limits), load={"ana": load}), RoutableLead(LEAD, "main"), NOW
    )
    assert [each.standing for each in decision.candidates] == [standing]
    assert decision.next_try_at == next_try_at
    if standing is not Standing.CHOSEN:
        assert decision.hold_reason is HoldReason.NO_CAPACITY


def test_first_who_opens_finds_the_lead_on_the_desk_and_nobody_absent_does() -> None:
    early = {"tz": "UTC", "week": {"wed": [["07:00", "15:00"]]}}
    away = [(NOW, NOW + timedelta(days=2))]
    night = NOW.replace(hour=22)
    pool = make_pool(
        make_rep("ana"),
        make_rep("bea", hours=early),
        make_rep("carla", hours=early, absences=away),
        gives_to_first_who_opens=True,
    )
    decision = decide(pool, RoutableLead(LEAD, "main"), night)
    assert decision.rep is not None
    assert decision.rep.id == "bea"
    assert Standing.OPENS_FIRST in [each.standing for each in decision.candidates]


def test_first_who_opens_is_held_when_everybody_is_away() -> None:
    away = [(NOW, NOW + timedelta(days=2))]
    pool = make_pool(make_rep("ana", absences=away), gives_to_first_who_opens=True)
    assert decide(pool, RoutableLead(LEAD, "main"), NOW).hold_reason is HoldReason.NOBODY_OPEN


def test_a_pool_of_owners_gives_nothing_to_others() -> None:
    pool = make_pool(make_rep("ana"), strategy="account_owner")
    assert decide(pool, RoutableLead(LEAD, "main"), NOW).hold_reason is HoldReason.WAITS_FOR_OWNER
    assert decide_for_owner(pool.reps["ana"], pool, RoutableLead(LEAD, "main"), NOW) not in list(Standing)


def test_who_had_a_lead_before_and_is_of_no_pool_here_does_not_end_what_is_preferred() -> None:
    italian = [make_rep(name, languages=ITALIAN, capacity=0) for name in ("ana", "bea")]
    pool = make_pool(*italian, make_rep("carla"))
    preferring = RoutableLead(
        LEAD, "main", {"xeno": "declined", "yves": "timed_out"}, needs=Needs(ITALIAN, "preferred"), since=NOW
    )
    decision = decide(pool, preferring, NOW)
    assert decision.hold_reason is HoldReason.NO_CAPACITY


def test_where_only_the_owner_takes_leads_one_waits_until_the_owner_is_back() -> None:
    away = make_rep("ana", hours={"tz": "UTC", "week": {"wed": [["09:00", "18:00"]]}})
    pool = make_pool(away, make_rep("bea"), strategy="account_owner")
    asked = [Owner("ana", Belonging.ACCOUNT)]
    members = [Member("ana", "north", "ana@example.com")]
    found, passed, _ = ask_owners(
        asked, PoolChoice("north", "all", None), pool, lead(Needs(), 600), pool.reps, members, NOW
    )
    assert found == Waits(away, Standing.OUTSIDE_HOURS, MORNING)
    assert not passed
