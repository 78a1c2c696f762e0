"""What the reps of a pool have in hand, in figures that name nobody."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.domain.eligibility import Standing, room
from router.domain.roster import Load, Presence, Rep
from router.domain.strategies.round_robin import Period


class Place(StrEnum):
    """Whether a rep can take a live lead now, whatever it is about."""

    FREE = "free"
    FULL = "full"  # at work, and has as many as they may hold, or as they may get today or this week
    OUTSIDE_HOURS = "outside_hours"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """Of the reps who take part in a pool's turns: who is active and has weight.

    `open`, `unanswered` and `capacity` are leads, from whatever pool they came; `fullest` is the largest
    share of a rep's own capacity that is in hand, above 1 where a lead was given beyond it.
    """

    reps: Mapping[Place, int]
    open: int
    unanswered: int
    capacity: int
    fullest: float

    @classmethod
    def of(cls, reps: Collection[Rep], loads: Mapping[str, Load], now: datetime) -> "PoolFigures":
        """The figures at `now`; `loads` has every rep."""
        sharing = [rep for rep in reps if rep.is_active and rep.weight]
        places = Counter(_place(rep, loads[rep.id], now) for rep in sharing)
        return cls(
            {place: places[place] for place in Place},
            sum(loads[rep.id].open for rep in sharing),
            sum(loads[rep.id].unanswered for rep in sharing),
            sum(rep.capacity for rep in sharing),
            max((loads[rep.id].open / rep.capacity for rep in sharing if rep.capacity), default=0.0),
        )


def _place(rep: Rep, load: Load, now: datetime) -> Place:
    presence = rep.presence(now)
    if presence is not Presence.OPEN:
        return Place(presence.value)
    return Place.FREE if room(rep, load, None) is Standing.AVAILABLE else Place.FULL


def owed(period: Period) -> tuple[float, float] | None:
    """The least and the most that the turns of a pool owe to a rep of its present set, in leads; None while
    nobody has had a turn."""
    found = [period.credit(rep) for rep in period.weights]
    return (min(found), max(found)) if found else None
