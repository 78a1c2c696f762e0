"""Value-fair: balances the money that leads are expected to bring, not their number.

The promise
    While the set of reps who can take a lead stays the same, the value that two reps of it were handed, each
    divided by the weight, differs by no more than the largest value of one lead divided by the smaller of the
    two weights, plus what they differed by when the set began. With equal weights, so, by one large lead.

The mathematics
    Each rep has a level: the value handed to them, divided by the weight. The lowest level gets the next
    lead, as in start-time fair queueing (Goyal, Vin, Cheng 1996) and in greedy list scheduling: after a lead
    of value v the receiver, until then the lowest, is at most v/w above the lowest of the others; whoever is
    not the lowest does not move. Between equal levels whoever has been without a lead the longest.

    The floor is the level at which the last lead was handed out; all of the set are at it or above. Whoever
    comes into the set, new or back from an absence, starts at the floor at least: what was missed is not made
    up for, and nobody is flooded. A pool that has its reps catch up lets them start up to CATCH_UP leads of
    mean value below it.

    Where a pool passes over reps who could not answer in time, they stay in the set at their level, and get
    what they missed as soon as they can; while somebody is passed over the promise gives way.

    A lead without a value counts as a mean one: the smoothed mean of the pool's leads with one, or 1 while
    none has been seen, which makes the numbers even.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from router.domain.roster import Load
from router.domain.strategies.ranking import Rank, Ranking

CATCH_UP = 5
"""So many leads of mean value a rep who was away may make up for, where the pool says so."""
SMOOTHING = 0.05
"""Weight of the newest lead in the mean value of a pool's leads."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a pool remembers of value: levels by rep, the floor, and the mean value of a lead.

    Levels and floor in minor units of the company's currency for each unit of weight.
    """

    levels: Mapping[str, float] = field(default_factory=dict)
    floor: float = 0.0
    mean: float | None = None

    def of(self, value: int | None) -> float:
        """What a lead counts for; `value` in minor units, None where nobody said."""
        if value is not None and value > 0:
            return float(value)
        return self.mean if self.mean is not None else 1.0

    def smoothed(self, value: int | None) -> float | None:
        """The mean with one more lead."""
        if value is None or value <= 0:
            return self.mean
        return float(value) if self.mean is None else self.mean + SMOOTHING * (value - self.mean)


@dataclass(slots=True)
class ValuePeriod:
    """The levels of a set. Changed by `take` only."""

    weights: Mapping[str, int]
    levels: dict[str, float]
    floor: float
    mean: float | None
    _ranking: Ranking

    def choose(self) -> str:
        """The lowest level. The set must not be empty."""
        return self._ranking.first()

    def choose_among(self, among: Container[str]) -> str:
        """The lowest level of some of the set, of which there is one."""
        return self._ranking.first_among(among)

    def take(self, rep: str, value: int | None, idle_rank: float) -> None:
        """The rep, of this set, has a lead of this value more; `idle_rank` is theirs after it."""
        worth = Worth(mean=self.mean)
        self.floor = self.levels[rep]
        self.levels[rep] += worth.of(value) / self.weights[rep]
        self.mean = worth.smoothed(value)
        self._ranking.move(rep, (self.levels[rep], idle_rank, rep))

    def look_again(self, rep: str, idle_rank: float) -> None:
        """The rep, whether of this set or not, had a lead of another pool."""
        if rep in self.levels:
            self._ranking.move(rep, (self.levels[rep], idle_rank, rep))

    def nearest(self, number: int) -> list[str]:
        """The so many lowest, in order."""
        return self._ranking.nearest(number)

    def worth(self, before: Worth) -> Worth:
        """What is to be remembered."""
        return Worth({**before.levels, **self.levels}, self.floor, self.mean)


def value_period(
    worth: Worth,
    before: Mapping[str, int],
    weights: Mapping[str, int],
    loads: Mapping[str, Load],
    *,
    catch_up: bool,
) -> ValuePeriod:
    """The levels of a set: who was in the one before keeps theirs, who comes starts at the floor."""
    allowance = CATCH_UP * (worth.mean or 1.0) if catch_up else 0.0
    levels = {}
    for rep, weight in weights.items():
        known = worth.levels.get(rep, worth.floor)
        levels[rep] = known if rep in before else max(known, worth.floor - allowance / weight)
    ranks: dict[str, Rank] = {rep: (level, loads[rep].idle_rank, rep) for rep, level in levels.items()}
    return ValuePeriod(weights, levels, worth.floor, worth.mean, Ranking(ranks))
