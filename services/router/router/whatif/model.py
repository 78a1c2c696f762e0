"""What a simulation assumes: how leads arrive and how reps respond. Every parameter with its unit."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.words import HoldReason, Quadrant
from router.domain.book import PoolChoice
from router.domain.roster import Rep
from rulebook.models import RampUp


@dataclass(frozen=True, slots=True)
class Spread:
    """A length of time that is lognormal: half of all draws are below `median`; `sigma` is the standard
    deviation of the natural logarithm, 0 for a length that never varies."""

    median: timedelta
    sigma: float

    def at(self, normal: float) -> timedelta:
        """The length for a draw from the standard normal distribution."""
        return self.median * math.exp(self.sigma * normal)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one rep responds.

    `accepts`: working time from the handoff to the yes. `answers`: working time that one first response
    takes; a rep gives one after the other, the one due first on top. `closes`: wall time from the first
    response until the lead needs no place any more. `declines`: share of leads they say no to, 0 to 1.
    """

    accepts: Spread = Spread(timedelta(minutes=3), 0.8)
    answers: Spread = Spread(timedelta(minutes=10), 0.7)
    closes: Spread = Spread(timedelta(days=10), 1.0)
    declines: float = 0.0


@dataclass(frozen=True, slots=True)
class Staff:
    """A rep in a simulation, with full weight and capacity; `email` is how a CRM may name them."""

    rep: Rep
    email: str = ""
    ramp_up: RampUp | None = None
    behaviour: Behaviour = Behaviour()

    @property
    def id(self) -> str:
        """The rep's."""
        return self.rep.id


@dataclass(frozen=True, slots=True)
class Luck:
    """What chance gives one handoff: draws from the standard normal distribution, `says_no` from 0 to 1."""

    accepts: float
    answers: float
    closes: float
    says_no: float

    @classmethod
    def draw(cls, chance: random.Random) -> "Luck":
        """The next four draws."""
        return cls(chance.gauss(0, 1), chance.gauss(0, 1), chance.gauss(0, 1), chance.random())


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead that comes to be routed at `at`. `value`: expected money in minor units. `person`: set only for
    those who come more than once."""

    id: UUID
    at: datetime
    line: str
    quadrant: Quadrant
    choice: PoolChoice
    value: int | None = None
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an arrival.

    `rep` and `pool`: who has it at the end, None where nobody. `handed_at` and `answered_at`: the first
    handoff and the first response. `breaches`: rounds whose rep did not respond within the promise of that
    rep's working time, `breached_at` the first of these moments; `promise`: within which a rep responds.
    `worked`: working time of who answered, since the arrival. `foreseen`: nobody could answer in time when
    it was given. `overruled`: the promise gave it to another than whose turn it was.
    """

    arrival: Arrival
    rep: str | None
    pool: str | None
    rounds: int
    handed_at: datetime | None
    answered_at: datetime | None
    worked: timedelta | None
    breaches: int
    breached_at: datetime | None
    promise: timedelta | None
    foreseen: bool
    overruled: bool
    hold_reason: HoldReason | None

    @property
    def waited(self) -> timedelta | None:
        """Wall time from arrival to first response."""
        return self.answered_at - self.arrival.at if self.answered_at is not None else None

    @property
    def is_late(self) -> bool:
        """Whether the buyer had no answer within the promise, counted in working time of who answered, from
        the arrival and not only from the handoff."""
        if self.promise is None:
            return False
        return self.worked is None or self.worked > self.promise
