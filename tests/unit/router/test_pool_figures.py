"""What the reps of a pool have in hand, in figures."""

from datetime import timedelta

import pytest

from router.domain.pool_figures import Place, PoolFigures, owed
from router.domain.roster import Load, Rep
from router.domain.strategies.round_robin import Period
from tests.unit.router.pools import NOW, make_rep

_LUNCH = (NOW - timedelta(minutes=30), NOW + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("rep", "load", "place", "why"),
    [
        (make_rep("ana", capacity=2), Load(open=1), Place.FREE, "one place of two is taken"),
        (make_rep("ana", capacity=2), Load(open=2), Place.FULL, "both are taken"),
        (make_rep("ana", per_day=3), Load(today=3), Place.FULL, "no more leads today"),
        (make_rep("ana", per_week=9), Load(this_week=9), Place.FULL, "no more leads this week"),
        (make_rep("ana", absences=[_LUNCH]), Load(), Place.ABSENT, "away in their hours"),
        (
            make_rep("ana", hours={"tz": "UTC", "week": {"wed": [["09:00", "18:00"]]}}),
            Load(),
            Place.OUTSIDE_HOURS,
            "does not work on Tuesdays",
        ),
    ],
)
def test_a_rep_stands_in_one_place(rep: Rep, load: Load, place: Place, why: str) -> None:
    figures = PoolFigures.of([rep], {"ana": load}, NOW)
    assert {name for name, reps in figures.reps.items() if reps} == {place}, why


def test_load_is_counted_of_those_who_take_turns() -> None:
    reps = [
        make_rep("ana", capacity=4),
        make_rep("bea", capacity=10),
        make_rep("gone", capacity=10, is_active=False),
        make_rep("lead", capacity=10, weight=0),
    ]
    loads = {
        "ana": Load(open=3, unanswered=1),
        "bea": Load(open=5, unanswered=2),
        "gone": Load(open=7),
        "lead": Load(open=7),
    }
    figures = PoolFigures.of(reps, loads, NOW)
    assert (figures.open, figures.unanswered, figures.capacity, figures.fullest) == (8, 3, 14, 0.75)


def test_a_rep_without_capacity_is_no_division_by_nought() -> None:
    figures = PoolFigures.of([make_rep("ana", capacity=0)], {"ana": Load()}, NOW)
    assert (figures.fullest, figures.reps[Place.FULL]) == (0.0, 1)


def test_a_pool_without_reps_has_no_load() -> None:
    assert PoolFigures.of([], {}, NOW) == PoolFigures(dict.fromkeys(Place, 0), 0, 0, 0, 0.0)


def test_turns_owe_one_what_another_has_had_too_much() -> None:
    period = Period({"ana": 1, "bea": 1})
    period.take("ana")
    assert owed(period) == (-0.5, 0.5)


def test_turns_that_nobody_had_owe_nothing() -> None:
    assert owed(Period()) is None
