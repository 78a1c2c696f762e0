"""How many reps a promise needs: leads come as they did, reps respond as they do, and their number varies."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from lead_events.words import Quadrant
from router.domain.book import Book, PoolChoice
from router.domain.needs import Needs
from router.whatif.deciding import Company
from router.whatif.engine import Simulation
from router.whatif.figures import Figures
from router.whatif.intervals import Interval, interval
from router.whatif.model import Arrival, Fate, Staff

HOUR = timedelta(hours=1)
WARM_UP = timedelta(weeks=3)
"""Simulated before anything counts: reps begin with nothing in hand."""
MEASURED = timedelta(weeks=4)
SEEDS = 10
MOST_REPS = 500
Kind = tuple[str, Quadrant, Needs, int | None]


@dataclass(slots=True)
class Flow:
    """How leads of one pool come: how many in each hour of the week by the company's clock, and of what
    kind they are. `hours[weekday * 24 + hour]` over `weeks`."""

    zone: tzinfo
    weeks: float
    hours: list[int] = field(default_factory=lambda: [0] * 168)
    kinds: Counter[Kind] = field(default_factory=Counter)

    def add(self, at: datetime, kind: Kind) -> None:
        """A lead that came."""
        local = at.astimezone(self.zone)
        self.hours[local.weekday() * 24 + local.hour] += 1
        self.kinds[kind] += 1

    def arrivals(
        self, pool: str, since: datetime, until: datetime, chance: random.Random
    ) -> Iterator[Arrival]:
        """Leads of a Poisson process with the rate of each hour, its kinds as often as they were."""
        kinds, weights = list(self.kinds), list(self.kinds.values())
        number, at = 0, since
        while at < until:
            local = at.astimezone(self.zone)
            rate = self.hours[local.weekday() * 24 + local.hour] / self.weeks
            moments = sorted(at + HOUR * chance.random() for _ in range(_poisson(rate, chance)))
            for moment, kind in zip(moments, chance.choices(kinds, weights, k=len(moments)), strict=True):
                number += 1
                line, quadrant, needs, value = kind
                choice = PoolChoice(pool, None, None, needs=needs)
                yield Arrival(UUID(int=number), moment, line, quadrant, choice, value)
            at += HOUR


def _poisson(rate: float, chance: random.Random) -> int:
    """One draw, by the product of uniform ones (Knuth, TAOCP 2, 3.4.1), in parts of at most 50."""
    drawn = 0
    while rate > 0:
        part = min(rate, 50.0)
        least, product = math.exp(-part), chance.random()
        while product > least:
            drawn += 1
            product *= chance.random()
        rate -= part
    return drawn


@dataclass(frozen=True, slots=True)
class Tried:
    """One number of reps: share of leads whose buyer had no answer within the promise, over seeds."""

    reps: int
    late: Interval
    breached: Interval

    def as_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(slots=True)
class Staffing:
    """Tries numbers of reps for one pool. `templates`: its reps now; more of them work the same hours in
    turn. `told` hears of each number tried."""

    book: Book
    pool: str
    flow: Flow
    templates: Sequence[Staff]
    since: datetime
    seeds: int = SEEDS
    told: Callable[[Tried], None] = lambda _: None
    tried: dict[int, Tried] = field(default_factory=dict)

    def needed(self, most_late: float) -> int | None:
        """The smallest number of reps with which at most this share is late, by the upper end of the
        interval; None if as many as could be of use do not do. Fewer than one that does not do are not
        tried."""
        low, high, most = 0, max(1, len(self.templates)), self._most()
        while not self._does(high, most_late):
            if high >= most:
                return None
            low, high = high, min(most, high * 2)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._does(middle, most_late) else (middle, high)
        return high

    def _most(self) -> int:
        """With one of each kind for each lead, twice as many leads as usual allowed for, nobody waits for a
        free rep: more of them change nothing."""
        weeks = (WARM_UP + MEASURED) / timedelta(weeks=1)
        leads = math.ceil(2 * weeks * sum(self.flow.hours) / self.flow.weeks)
        return min(MOST_REPS, max(1, len(self.templates)) * max(1, leads))

    def _does(self, reps: int, most_late: float) -> bool:
        return self.look(reps).late.high <= most_late

    def look(self, reps: int) -> Tried:
        """Simulate so many reps."""
        if reps not in self.tried:
            runs = [self._run(reps, seed) for seed in range(self.seeds)]
            late, breached = ([run[at] for run in runs] for at in (0, 1))
            self.tried[reps] = Tried(reps, interval(late), interval(breached))
            self.told(self.tried[reps])
        return self.tried[reps]

    def _run(self, reps: int, seed: int) -> tuple[float, float]:
        staff = [_copy(self.templates[at % len(self.templates)], at) for at in range(reps)]
        book = _with_reps(self.book, self.pool, [each.id for each in staff])
        counted = self.since + WARM_UP
        figures = Figures({}, self.flow.zone)

        def tell(fate: Fate) -> None:
            if fate.arrival.at >= counted:
                figures.add(fate)

        simulation = Simulation(Company(book, staff, self.since), seed, tell)
        chance = random.Random(f"{seed} arrivals")  # noqa: S311 - chance in a model, no secret
        for arrival in self.flow.arrivals(self.pool, self.since, counted + MEASURED, chance):
            simulation.feed(arrival)
        simulation.finish()
        return figures.late_share, figures.breach_share


def _copy(staff: Staff, number: int) -> Staff:
    """Another rep like this one, at full weight; whose absences were theirs is at work."""
    name = f"rep-{number + 1:03}"
    rep = replace(staff.rep, id=name, name=name, calendar=staff.rep.hours, document=_present(staff))
    return Staff(replace(rep, _known=[]), "", None, staff.behaviour)


def _present(staff: Staff) -> dict[str, Any]:
    return {name: value for name, value in staff.rep.document.items() if name != "absences"}


def _with_reps(book: Book, pool: str, reps: list[str]) -> Book:
    """The plan with these reps in the one pool, and nobody else."""
    rules = book.pools[pool].model_copy(update={"team": None, "reps": reps, "then": []})
    return replace(book, pools={pool: rules})
