"""Reps and pools as a decision sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from router.domain.turns import Turns
from worktime import Calendar, NeverOpens


class Presence(StrEnum):
    """Whether a rep is at work at a moment."""

    OPEN = "open"
    OUTSIDE_HOURS = "outside_hours"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales representative.

    `calendar` is `hours` less the absences; `open` counts the open leads they hold.
    """

    id: str
    name: str
    team: str
    lines: frozenset[str]
    weight: int
    capacity: int
    is_active: bool
    hours: Calendar
    calendar: Calendar
    document: Mapping[str, Any] = field(compare=False, repr=False)
    revision: int = 1

    def presence(self, now: datetime) -> Presence:
        """Open, or which of hours and absences closes them at `now`."""
        if self.calendar.is_open(now):
            return Presence.OPEN
        return Presence.ABSENT if self.hours.is_open(now) else Presence.OUTSIDE_HOURS

    def next_open(self, now: datetime) -> datetime | None:
        """`now` if open, else the next opening; None for a rep who never comes back."""
        try:
            return self.calendar.next_open(now)
        except NeverOpens:
            return None


@dataclass(slots=True)
class Pool:
    """The reps of a pool in order of their ids, how many open leads each holds, and the memory of turns.

    `imported` counts the leads of imports that each got today.
    `load` may be shared by pools that share reps. Only the desk that holds the rows' locks changes it and
    `turns`.
    """

    id: str
    name: str
    reps: tuple[Rep, ...]
    load: Mapping[str, int]
    turns: Turns
    imported: Mapping[str, int] = field(default_factory=dict)
    _seen_at: datetime | None = None
    _presence: dict[str, Presence] = field(default_factory=dict)

    def presence(self, now: datetime) -> Mapping[str, Presence]:
        """Each rep's presence; worked out once for one moment, since a batch asks it for every lead."""
        if self._seen_at != now:
            self._presence = {rep.id: rep.presence(now) for rep in self.reps}
            self._seen_at = now
        return self._presence

    def next_opening(self, now: datetime) -> datetime | None:
        """When the next rep who is away comes to work, whatever line they sell."""
        presence = self.presence(now)
        return earliest_opening(
            (
                rep
                for rep in self.reps
                if rep.is_active and rep.weight and presence[rep.id] is not Presence.OPEN
            ),
            now,
        )


def earliest_opening(reps: Iterable[Rep], now: datetime) -> datetime | None:
    """The first of the reps' next openings."""
    return min((at for rep in reps if (at := rep.next_open(now)) is not None), default=None)
