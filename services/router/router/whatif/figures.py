"""Figures of many fates in bounded memory: counts, waits, breaches, fairness."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from typing import Any

from router.domain.decision import Decision
from router.domain.eligibility import CODES, Standing
from router.whatif.model import Arrival, Fate

STEP = 1.05
"""Waits are counted in steps of 5 %, so a median is that exact."""
LADDER = (
    ("1 min", 60),
    ("5 min", 300),
    ("15 min", 900),
    ("30 min", 1_800),
    ("1 h", 3_600),
    ("4 h", 14_400),
    ("1 day", 86_400),
    ("3 days", 259_200),
)
"""Waits as people read them: up to so many seconds."""
BEYOND = "longer"
_ABLE = frozenset(
    CODES[each] for each in (Standing.CHOSEN, Standing.AVAILABLE, Standing.TOO_LATE, Standing.OPENS_FIRST)
)


@dataclass(slots=True)
class Waits:
    """Lengths of time, counted in steps."""

    steps: Counter[int] = field(default_factory=Counter)

    def add(self, wait: timedelta) -> None:
        """One more, never below zero."""
        self.steps[int(math.log(max(0.0, wait.total_seconds()) + 1) / math.log(STEP))] += 1

    def quantile(self, share: float) -> float | None:
        """Seconds that this share of all waits does not exceed, within 5 %; None of nothing."""
        wanted = share * self.steps.total()
        seen = 0
        for step in sorted(self.steps):
            seen += self.steps[step]
            if seen >= wanted:
                return float(STEP ** (step + 1) - 1)
        return None

    def ladder(self) -> dict[str, int]:
        """How many up to each length of LADDER, and longer."""
        counted = {name: 0 for name, _ in LADDER} | {BEYOND: 0}
        for step, number in self.steps.items():
            seconds = STEP ** (step + 0.5) - 1
            name = next((name for name, most in LADDER if seconds <= most), BEYOND)
            counted[name] += number
        return counted


def gini(values: Iterable[float]) -> float:
    """Gini's coefficient of values that are not negative: 0, all have the same; near 1, one has all.

    Sum of (2i - n - 1) x_i over n times the sum, x ascending (Gini 1912, in the form of Sen 1973)."""
    ordered = sorted(values)
    total, number = sum(ordered), len(ordered)
    if number == 0 or total <= 0:
        return 0.0
    return sum((2 * at - number - 1) * value for at, value in enumerate(ordered, 1)) / (number * total)


def gap(values: Iterable[float]) -> float:
    """The largest less the smallest."""
    found = list(values)
    return max(found) - min(found) if found else 0.0


@dataclass(slots=True)
class Due:
    """What each rep got beside what was due to them: of each lead, at the moment it was given, a part as
    large as their weight among those who could have taken it. Unlike totals this leaves hours and absences
    out: who is away is due nothing."""

    counts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    values: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, decision: Decision, arrival: Arrival) -> None:
        """A decision that gives a lead by turns; one by an owner's right counts nothing."""
        if decision.rep is None or decision.proposal is None:
            return
        value = arrival.value or 0
        self.counts[decision.rep.id] += 1
        self.values[decision.rep.id] += value
        able = {
            name: rep.weight
            for (name, rep), code in zip(decision.pool.reps.items(), decision.codes, strict=True)
            if code in _ABLE
        }
        total = sum(able.values())
        for name, weight in able.items():
            self.counts[name] -= weight / total
            self.values[name] -= value * weight / total


@dataclass(slots=True)
class Figures:
    """Of one plan. `zone` is the company's, for breaches by hour; `weights` are of the reps by id."""

    weights: Mapping[str, int]
    zone: tzinfo
    leads: int = 0
    promised: int = 0
    breached: int = 0
    breaches: int = 0
    late: int = 0
    foreseen: int = 0
    overruled: int = 0
    answered: int = 0
    reassigned: int = 0
    rounds: int = 0
    by_rep: Counter[str] = field(default_factory=Counter)
    value_by_rep: Counter[str] = field(default_factory=Counter)
    by_pool: dict[str, Counter[str]] = field(default_factory=dict)
    value_by_pool: dict[str, Counter[str]] = field(default_factory=dict)
    by_hour: Counter[int] = field(default_factory=Counter)
    nobody: Counter[str] = field(default_factory=Counter)
    wall: Waits = field(default_factory=Waits)
    working: Waits = field(default_factory=Waits)

    def add(self, fate: Fate) -> None:
        """One lead more."""
        self.leads += 1
        self.promised += fate.promise is not None
        self.late += fate.is_late
        self.breached += fate.breaches > 0
        self.breaches += fate.breaches
        self.foreseen += fate.foreseen
        self.overruled += fate.overruled
        self.rounds += fate.rounds
        self.reassigned += fate.rounds > 1
        self._add_owner(fate)
        if fate.waited is not None:
            self.answered += 1
            self.wall.add(fate.waited)
        if fate.worked is not None:
            self.working.add(fate.worked)
        if fate.breached_at is not None:
            self.by_hour[fate.breached_at.astimezone(self.zone).hour] += 1

    def _add_owner(self, fate: Fate) -> None:
        if fate.rep is None:
            self.nobody[fate.hold_reason.value if fate.hold_reason is not None else "kept_back"] += 1
            return
        pool, value = fate.pool or "", fate.arrival.value or 0
        self.by_rep[fate.rep] += 1
        self.value_by_rep[fate.rep] += value
        self.by_pool.setdefault(pool, Counter())[fate.rep] += 1
        self.value_by_pool.setdefault(pool, Counter())[fate.rep] += value

    @property
    def breach_share(self) -> float:
        """Share of the leads with a promise on which a rep broke it."""
        return self.breached / self.promised if self.promised else 0.0

    @property
    def late_share(self) -> float:
        """Share of the leads with a promise whose buyer had no answer within it, from the arrival on."""
        return self.late / self.promised if self.promised else 0.0

    def fairness(self) -> dict[str, float]:
        """Of count and of expected value, each for a unit of the rep's weight; over reps who had any lead
        or could have had one."""
        counts = self._per_weight(self.by_rep)
        values = self._per_weight(self.value_by_rep)
        return {
            "gini_count": gini(counts),
            "gap_count": gap(counts),
            "gini_value": gini(values),
            "gap_value": gap(values),
        }

    def _per_weight(self, by_rep: Mapping[str, int]) -> list[float]:
        return [by_rep.get(rep, 0) / weight for rep, weight in self.weights.items() if weight]

    def pools(self, members: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
        """Fairness within each pool of these members."""
        return {
            pool: {
                "leads": self.by_pool[pool].total(),
                "gini_count": gini(self._within(self.by_pool[pool], reps)),
                "gap_count": gap(self._within(self.by_pool[pool], reps)),
                "gini_value": gini(self._within(self.value_by_pool[pool], reps)),
                "gap_value": gap(self._within(self.value_by_pool[pool], reps)),
            }
            for pool, reps in members.items()
            if pool in self.by_pool
        }

    def _within(self, by_rep: Mapping[str, int], reps: Sequence[str]) -> list[float]:
        return [by_rep.get(rep, 0) / self.weights[rep] for rep in reps if self.weights.get(rep)]

    def as_json(self) -> dict[str, Any]:
        """JSON-ready; waits in seconds, values in minor units."""
        return {
            "leads": self.leads,
            "with_promise": self.promised,
            "breached": self.breached,
            "breaches": self.breaches,
            "breach_share": self.breach_share,
            "late_for_buyer": self.late,
            "foreseen_late": self.foreseen,
            "deadline_overruled_turn": self.overruled,
            "answered": self.answered,
            "reassigned": self.reassigned,
            "rounds": self.rounds,
            "with_nobody": dict(sorted(self.nobody.items())),
            "by_rep": dict(sorted(self.by_rep.items())),
            "value_by_rep": dict(sorted(self.value_by_rep.items())),
            "breaches_by_hour": [self.by_hour.get(hour, 0) for hour in range(24)],
            "wait_wall": _told(self.wall),
            "wait_working": _told(self.working),
            "fairness": self.fairness(),
        }


def _told(waits: Waits) -> dict[str, Any]:
    return {
        "median": waits.quantile(0.5),
        "p90": waits.quantile(0.9),
        "p99": waits.quantile(0.99),
        "ladder": waits.ladder(),
    }
