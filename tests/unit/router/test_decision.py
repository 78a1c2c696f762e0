"""Who takes a lead, or why it is held."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import HoldReason
from router.domain.decision import RoutableLead, decide
from router.domain.eligibility import Standing
from tests.unit.router.pools import LEAD, NOW, OFFICE, make_pool, make_rep, route_all

WEDNESDAY_9 = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rep", "load", "excluded", "standing"),
    [
        pytest.param({"is_active": False}, 0, {}, Standing.INACTIVE, id="not active"),
        pytest.param({"weight": 0}, 0, {}, Standing.NO_WEIGHT, id="weight 0 takes no part"),
        pytest.param({"lines": frozenset({"x"})}, 0, {}, Standing.OTHER_LINE, id="sells another line"),
        pytest.param({}, 0, {"ana": "declined"}, Standing.DECLINED, id="declined this lead"),
        pytest.param({}, 0, {"ana": "timed_out"}, Standing.TIMED_OUT, id="let this lead wait"),
        pytest.param(
            {"hours": {"tz": "UTC", "week": {"mon": [["09:00", "10:00"]]}}},
            0,
            {},
            Standing.OUTSIDE_HOURS,
            id="not at work",
        ),
        pytest.param(
            {"absences": [(NOW - timedelta(days=1), NOW + timedelta(hours=1))]},
            0,
            {},
            Standing.ABSENT,
            id="away during working hours",
        ),
        pytest.param({"capacity": 3}, 3, {}, Standing.FULL, id="at capacity"),
        pytest.param({"capacity": 3}, 4, {}, Standing.FULL, id="beyond a capacity that was lowered"),
        pytest.param({"capacity": 3}, 2, {}, Standing.CHOSEN, id="room for one"),
    ],
)
def test_each_rep_has_a_standing(
    rep: dict[str, Any], load: int, excluded: dict[str, str], standing: Standing
) -> None:
    pool = make_pool(make_rep("ana", **rep), load={"ana": load})
    decision = decide(pool, RoutableLead(LEAD, "main", excluded), NOW)
    assert [candidate.standing for candidate in decision.candidates] == [standing]
    assert (decision.rep is not None) == (standing is Standing.CHOSEN)


def test_nobody_open_waits_for_the_first_to_open() -> None:
    pool = make_pool(make_rep("ana"), make_rep("bea", absences=[(NOW, NOW + timedelta(days=30))]))
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW.replace(hour=20))
    assert (decision.hold_reason, decision.next_try_at) == (HoldReason.NOBODY_OPEN, WEDNESDAY_9)


def test_no_capacity_names_the_next_who_opens_with_room() -> None:
    late = {"tz": "UTC", "week": {"tue": [["15:00", "16:00"]]}}
    pool = make_pool(make_rep("ana", capacity=1), make_rep("bea", hours=late), load={"ana": 1})
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW)
    assert decision.hold_reason is HoldReason.NO_CAPACITY
    assert decision.next_try_at == NOW.replace(hour=15)


def test_a_rep_who_never_comes_back_is_not_waited_for() -> None:
    gone = [(NOW - timedelta(days=1), datetime(2200, 1, 1, tzinfo=UTC))]
    decision = decide(make_pool(make_rep("ana", absences=gone)), RoutableLead(LEAD, "main"), NOW)
    assert (decision.hold_reason, decision.next_try_at) == (HoldReason.NOBODY_OPEN, None)


def test_nobody_left_is_an_empty_pool() -> None:
    pool = make_pool(make_rep("ana"), make_rep("bea", is_active=False))
    decision = decide(pool, RoutableLead(LEAD, "main", {"ana": "declined"}), NOW)
    assert decision.hold_reason is HoldReason.POOL_EMPTY
    assert decide(make_pool(), RoutableLead(LEAD, "main"), NOW).hold_reason is HoldReason.POOL_EMPTY


def test_a_lead_joins_those_that_wait_and_takes_no_turn() -> None:
    pool = make_pool(make_rep("ana"))
    decision = decide(pool, RoutableLead(LEAD, "main"), NOW, queue_is_waiting=True)
    assert decision.hold_reason is HoldReason.QUEUE_AHEAD
    assert decision.proposal is None


def test_on_a_day_off_nobody_gets_a_lead_silently() -> None:
    decision = decide(make_pool(make_rep("ana"), make_rep("bea")), RoutableLead(LEAD, "main"), SATURDAY)
    assert decision.rep is None
    assert decision.next_try_at == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.booleans()), max_size=6),
    st.integers(0, 40),
)
def test_no_decision_passes_a_capacity_or_chooses_who_may_not(
    reps: list[tuple[int, int, bool]], leads: int
) -> None:
    made = [
        make_rep(f"r{number}", weight=weight, capacity=capacity, is_active=active, hours=OFFICE)
        for number, (weight, capacity, active) in enumerate(reps)
    ]
    pool = make_pool(*made)
    decisions = route_all(pool, leads, NOW)
    room = sum(capacity for weight, capacity, active in reps if active and weight)
    assert sum(decision.rep is not None for decision in decisions) == min(leads, room)
    assert all(pool.loads[rep.id].open <= rep.capacity for rep in made)
    assert all(decision.rep.is_active and decision.rep.weight for decision in decisions if decision.rep)
