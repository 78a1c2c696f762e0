"""How leads of an import are handed out: behind live ones, best first, so many a day, or to their owner.

A buyer who asks now is served before a list that can wait: imported leads stay in a lane of their own, and
never take the last free places of a rep.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lead_events.words import ImportMode
from router.domain.accounts import Named, rep_named
from router.domain.roster import Rep

KEPT_FREE = 0.2
"""Share of a rep's capacity, rounded up, that imported leads leave free; with a capacity of one, nothing."""


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What an import asks for one lead. `owner` is a rep's id; the daily number is of all imports."""

    owner: str | None = None
    per_rep_daily: int | None = None


def import_terms(handling: Mapping[str, Any] | None, reps: Iterable[Named]) -> ImportTerms | None:
    """The terms of a lead; None for a live one. An owner whom nobody knows is no owner."""
    if handling is None:
        return None
    mode = handling["mode"]
    return ImportTerms(
        owner=rep_named(handling.get("owner"), reps) if mode == ImportMode.OWNER else None,
        per_rep_daily=handling.get("per_rep_daily") if mode == ImportMode.PACED else None,
    )


def room_for_imports(rep: Rep, load: int, taken_today: int, terms: ImportTerms) -> int:
    """How many more imported leads of these terms a rep may take now, working hours aside."""
    free = rep.capacity - load - kept_free(rep.capacity)
    if terms.per_rep_daily is not None:
        free = min(free, terms.per_rep_daily - taken_today)
    return max(0, free)


def kept_free(capacity: int) -> int:
    """Places that imported leads leave to buyers who ask by themselves."""
    return math.ceil(capacity * KEPT_FREE) if capacity > 1 else 0


def day_began(rep: Rep, now: datetime) -> datetime:
    """Midnight of the rep's day, by the time zone of their calendar."""
    local = now.astimezone(ZoneInfo(str(rep.document["tz"])))
    return datetime.combine(local.date(), time(), local.tzinfo)


def week_began(rep: Rep, now: datetime) -> datetime:
    """Midnight of the Monday of the rep's week, by the time zone of their calendar."""
    began = day_began(rep, now)
    monday = began.date() - timedelta(days=began.weekday())
    return datetime.combine(monday, time(), began.tzinfo)


def next_day_opening(reps: Iterable[Rep], now: datetime, *, days: int = 1) -> datetime | None:
    """When the first of the reps comes to work once so many local days have begun."""
    openings = (rep.next_open(day_began(rep, now) + timedelta(days=days)) for rep in reps)
    return min((at for at in openings if at is not None), default=None)
