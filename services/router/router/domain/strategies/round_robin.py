"""Whose turn it is: weighted round robin that stays within one lead of every rep's share.

The promise
    While the set of reps who can take a lead stays the same, every rep has after n leads between n*w/W - 1
    and n*w/W + 1 of them (exclusive), w being the rep's weight and W the sum of the set's weights. So within
    any stretch of such a period a rep is less than two leads from the share.

The mathematics
    A period begins when the set or a weight changes. A rep's lag, in units of 1/W lead, is what the period
    owes: w times the leads given less W times the leads received; so the lags of a set always sum to 0, and
    the promise reads -W < lag < W. Seen as unit jobs, rep i's k-th lead may be given no earlier than the
    first moment with lag + w > 0, and must be given by its deadline, the slot in which the lag would reach W.
    Earliest deadline first meets all of them on one server (Baruah, Cohen, Plaxton, Varvel 1996,
    "Proportionate progress"; the same as the quota method of Balinski and Young 1975). Largest lag first, the
    usual smooth round robin, does not: with uneven weights it can miss.

    Choosing somebody else than the earliest deadline is harmless as long as no slot t is tight, that is, as
    long as fewer than t jobs are due by t for every t before the chosen rep's own deadline. Among those who
    may be chosen so, the one with the largest credit is.

    Credit is the lag, in leads, plus what was carried over from earlier periods. It is what makes shares come
    out when sets change from lead to lead, for every period alone would begin with the heaviest rep. When a
    period ends, its lags are added to the carry, which is capped at one lead either way; nobody's credit
    grows while they are away, unless the pool has its reps catch up: then it does, by the share they would
    have had, up to CATCH_UP_CAP leads. Since a return begins a new period, a rep who was away gets at most
    one lead above the share in it, whatever the credit: nobody is flooded.

    Where a pool passes over reps who could not answer in time, they stay in the set: what they miss is owed
    to them, up to CATCH_UP_CAP leads when the set changes, and paid back as soon as they can answer in time
    again. While somebody is passed over the promise gives way: of the others who is owed most is chosen.

The index
    Reps of one weight stand in one line: fewest leads of this period first, then the largest carry, then by
    id. Only the front of each line can be chosen, for whoever stands behind it has the same weight, no
    earlier deadline and no more credit of this period. So a choice looks at as many fronts as there are
    different weights, and giving a lead moves one rep within one line.
"""

import heapq
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from router.domain.strategies.ranking import in_order

CARRY_CAP = 1.0
"""Most credit, in leads, that a change of set leaves a rep, and the least."""
CATCH_UP_CAP = 5.0
"""Most credit, in leads, of a rep who was away from a pool that has its reps catch up."""


@dataclass(frozen=True, slots=True)
class Account:
    """A rep's standing in one pool: `carried` leads of credit from earlier periods, leads `served` in this.

    `served` counts only for whoever is in the present set.
    """

    carried: float = 0.0
    served: int = 0


@dataclass(slots=True)
class Period:
    """What happened since the set of reps last changed. Changed by `take` only."""

    weights: Mapping[str, int] = field(default_factory=dict)
    carried: Mapping[str, float] = field(default_factory=dict)
    steps: int = 0
    served: dict[str, int] = field(default_factory=dict)
    total: int = field(init=False)
    _lines: dict[int, list[tuple[int, float, str]]] = field(init=False, repr=False)
    _levels: dict[int, Counter[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.total = sum(self.weights.values())
        self._lines, self._levels = {}, {}
        for rep, weight in self.weights.items():
            served = self.served.get(rep, 0)
            self._lines.setdefault(weight, []).append((served, -self.carried.get(rep, 0.0), rep))
            self._levels.setdefault(weight, Counter())[served] += 1
        for line in self._lines.values():
            heapq.heapify(line)

    @classmethod
    def excerpt(
        cls,
        weights: Mapping[str, int],
        carried: Mapping[str, float],
        steps: int,
        served: dict[str, int],
        levels: Iterable[tuple[int, int, int]],
    ) -> "Period":
        """Some reps of a larger set, of which `levels` say how many of each weight had so many leads."""
        period = cls(weights, carried, steps, served)
        period._levels = {}
        for weight, level, count in levels:
            period._levels.setdefault(weight, Counter())[level] = count
        period.total = sum(weight * found.total() for weight, found in period._levels.items())
        return period

    def levels(self) -> list[tuple[int, int, int]]:
        """How many reps of each weight had so many leads: weight, leads, reps."""
        return [
            (weight, level, count) for weight, found in self._levels.items() for level, count in found.items()
        ]

    def choose(self) -> str:
        """Whose turn it is. The set must not be empty."""
        fronts = sorted(self._fronts())
        chosen = fronts[0]
        tight = self._first_tight_slot(before=chosen[1])
        if tight is not None:
            chosen = next(front for front in fronts if front[1] <= tight)
        return chosen[2]

    def choose_among(self, among: Container[str]) -> str:
        """Whose turn it is of some of the set, of which there is one: who is owed most."""
        return min(self._fronts_among(among))[2]

    def take(self, rep: str) -> None:
        """The rep, of this set, has a lead more."""
        weight, served = self.weights[rep], self.served.get(rep, 0)
        before, after = ((level, -self.carried.get(rep, 0.0), rep) for level in (served, served + 1))
        line = self._lines[weight]
        if line[0] == before:
            heapq.heapreplace(line, after)
        else:
            line[line.index(before)] = after
            heapq.heapify(line)
        levels = self._levels[weight]
        levels[served] -= 1
        levels[served + 1] += 1
        if not levels[served]:
            del levels[served]
        self.served[rep] = served + 1
        self.steps += 1

    def given_back(self, rep: str) -> "Period":
        """The period as if the rep's last lead had gone to nobody; for one of an earlier period, credit."""
        served = self.served.get(rep, 0)
        if rep in self.weights and served:
            return Period(self.weights, self.carried, self.steps - 1, {**self.served, rep: served - 1})
        credit = _capped(self.carried.get(rep, 0.0) + 1.0, CARRY_CAP)
        return Period(self.weights, {**self.carried, rep: credit}, self.steps, self.served)

    def credit(self, rep: str) -> float:
        """Leads that the pool owes a rep, before the next one is given."""
        return self.carried.get(rep, 0.0) + self._lag(rep)

    def nearest(self, number: int) -> list[str]:
        """So many of those whose turn is nearest, about in their order; whoever `choose` names among them."""
        fronts = [rep for _, _, rep in sorted(self._fronts())]
        per_line = (islice(in_order(line), number) for line in self._lines.values())
        others = sorted(entry for line in per_line for entry in line)
        found = dict.fromkeys([*fronts, *(rep for _, _, rep in others)])
        return list(found)[: max(number, len(fronts))]

    def _lag(self, rep: str) -> float:
        if rep not in self.weights:
            return 0.0
        return (self.weights[rep] * self.steps - self.total * self.served.get(rep, 0)) / self.total

    def _fronts(self) -> Iterator[tuple[float, int, str]]:
        """Of each line's front that may have a lead now: less credit, the slot of its deadline, id."""
        for weight, line in self._lines.items():
            served, less_carried, rep = line[0]
            due = weight * (self.steps + 1) - self.total * served
            if due > 0:
                yield (less_carried * self.total - due, self._deadline(weight, served), rep)

    def _fronts_among(self, among: Container[str]) -> Iterator[tuple[float, int, str]]:
        """As `_fronts`, of each line's first who is one of them, may they have a lead by now or not."""
        for weight, line in self._lines.items():
            for served, less_carried, rep in in_order(line):
                if rep in among:
                    due = weight * (self.steps + 1) - self.total * served
                    yield (less_carried * self.total - due, self._deadline(weight, served), rep)
                    break

    def _deadline(self, weight: int, served: int) -> int:
        """The slot, the period's first being 1, at whose end the lag would reach a whole lead. Rounded up."""
        return -(-self.total * (served + 1) // weight)

    def _first_tight_slot(self, *, before: int) -> int | None:
        """The first slot before `before` by whose end as many leads are due as there are slots up to it."""
        for slot in sorted(self._slots_with_a_deadline(before)):
            due = sum(
                count * max(0, weight * slot // self.total - served)
                for weight, levels in self._levels.items()
                for served, count in levels.items()
            )
            if due >= slot - self.steps:
                return slot
        return None

    def _slots_with_a_deadline(self, before: int) -> set[int]:
        slots: set[int] = set()
        for weight, levels in self._levels.items():
            served = min(levels)
            while (slot := self._deadline(weight, served)) < before:
                slots.add(slot)
                served += 1
        return slots


def next_period(
    period: Period,
    weights: Mapping[str, int],
    away: Mapping[str, int] | None = None,
    *,
    most: float = CARRY_CAP,
) -> Period:
    """The period of this set: the present one if the set is the same, else a new one with what is owed.

    `away`: weights of the pool's other reps where those who come back are to catch up. `most`: the largest
    credit, in leads, that is carried on.
    """
    if period.weights is weights or period.weights == weights:
        return period
    most = most if away is None else CATCH_UP_CAP
    carried = {rep: _capped(credit, most) for rep, credit in period.carried.items()}
    if period.steps:
        for rep in period.weights:
            carried[rep] = _capped(period.credit(rep), most)
        for rep, weight in (away or {}).items():
            if rep not in period.weights:
                missed = period.steps * weight / (period.total + weight)
                carried[rep] = _capped(carried.get(rep, 0.0) + missed, most)
    return Period(weights, carried)


def _capped(credit: float, most: float) -> float:
    return round(min(max(credit, -CARRY_CAP), most), 9)
