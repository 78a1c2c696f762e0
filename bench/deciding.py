"""One decision in pools of 100 and 2,000 reps, beside one that looks at every rep anew."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from router.domain.agreed import Answers
from router.domain.decision import RoutableLead, decide
from router.domain.pool import Pool, Terms
from router.domain.proof import proof_of
from router.domain.roster import Load, Rep
from rulebook.models import Strategy
from worktime import Calendar

STRATEGIES: tuple[Strategy, ...] = ("weighted_round_robin", "value_fair", "least_loaded", "longest_idle")
SMALL, LARGE = 100, 2_000
ROUNDS = 5
_NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
_LEAD = UUID(int=1)
_WEEK = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class DecidingResult:
    """Seconds a decision, its record made and the lead given; the best of ROUNDS. `looking`: with every rep
    looked at for each lead. `aware`: in a pool that asks who can still answer in time."""

    strategy: Strategy
    reps: int
    plain: float
    aware: float
    looking: float

    @property
    def ratio(self) -> float:
        """How many times faster than looking at every rep."""
        return self.looking / self.plain


def measure() -> list[DecidingResult]:
    """Every strategy in both sizes."""
    return [_measure(strategy, reps) for reps in (SMALL, LARGE) for strategy in STRATEGIES]


def _measure(strategy: Strategy, reps: int) -> DecidingResult:
    many, few = 1_000, 100 if reps == SMALL else 10
    return DecidingResult(
        strategy,
        reps,
        _best(lambda: _decide_all(_pool(strategy, reps), many), many),
        _best(lambda: _decide_all(_pool(strategy, reps, aware=True), many), many),
        _best(lambda: _look_at_all(strategy, reps, few), few),
    )


def _best(work: Callable[[], float], leads: int) -> float:
    return min(work() for _ in range(ROUNDS)) / leads


def _decide_all(pool: Pool, leads: int) -> float:
    """Seconds for so many, the pool being known."""
    decide(pool, _lead(0), _NOW)
    began = time.perf_counter()
    for number in range(leads):
        lead, now = _lead(number), _NOW + timedelta(milliseconds=number)
        decision = decide(pool, lead, now)
        proof_of(decision)
        decision.give(lead, now)
    return time.perf_counter() - began


def _look_at_all(strategy: Strategy, reps: int, leads: int) -> float:
    known = _pool(strategy, reps)
    began = time.perf_counter()
    for number in range(leads):
        fresh = Pool.with_reps("pool", "Pool", known.reps.values(), known.loads, known.terms)
        decide(fresh, _lead(number), _NOW + timedelta(milliseconds=number))
    return time.perf_counter() - began


def _lead(number: int) -> RoutableLead:
    return RoutableLead(
        _LEAD, "main", answers=Answers(timedelta(minutes=30)), value=1_000 + number * 37 % 900
    )


def _pool(strategy: Strategy, reps: int, *, aware: bool = False) -> Pool:
    hours = Calendar.from_dict({"tz": "Europe/Madrid", "week": _WEEK})
    made = [
        Rep(
            id=f"rep-{number:04}",
            name=f"Rep {number}",
            team="all",
            lines=frozenset({"main"}),
            weight=1 + number % 3,
            capacity=10_000,
            is_active=True,
            hours=hours,
            calendar=hours,
            document={"tz": "Europe/Madrid"},
        )
        for number in range(reps)
    ]
    terms = Terms(strategy, deadline_aware=aware)
    return Pool.with_reps("pool", "Pool", made, {rep.id: Load() for rep in made}, terms)
