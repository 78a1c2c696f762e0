"""Reps as a decision sees them: who they are, when they work, and what they have in hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from worktime import Calendar, NeverOpens

NEVER = datetime.max.replace(tzinfo=UTC)


class Presence(StrEnum):
    """Whether a rep is at work at a moment."""

    OPEN = "open"
    OUTSIDE_HOURS = "outside_hours"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A rep's presence from a moment asked about until it may change."""

    presence: Presence
    since: datetime
    until: datetime

    def covers(self, now: datetime) -> bool:
        """Whether it says what holds at `now`."""
        return self.since <= now < self.until


@dataclass(slots=True)
class Load:
    """What a rep has in hand and was given; shared by all pools the rep is in.

    `open` leads they hold, `unanswered` of them without any contact; leads given `today` and `this_week` of
    the rep's own calendar, `imported` of today's from imports; `last_assigned_at` of whatever pool. `pace`:
    the working time they need for one unanswered lead, None while it is not known.
    """

    open: int = 0
    unanswered: int = 0
    today: int = 0
    this_week: int = 0
    imported: int = 0
    last_assigned_at: datetime | None = None
    pace: timedelta | None = None
    idle_rank: float = field(init=False)

    def __post_init__(self) -> None:
        self.idle_rank = self.last_assigned_at.timestamp() if self.last_assigned_at is not None else 0.0

    def take(self, now: datetime, *, imported: bool) -> None:
        """One lead more."""
        self.open += 1
        self.unanswered += 1
        self.today += 1
        self.this_week += 1
        self.imported += imported
        self.last_assigned_at = now
        self.idle_rank = now.timestamp()


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales representative.

    `calendar` is `hours` less the absences; `weight` and `capacity` are those of today, ramp-up counted in,
    and may rise at `rises_at`.
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
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    per_day: int | None = None
    per_week: int | None = None
    rises_at: datetime | None = None
    _known: list[Stretch] = field(default_factory=list, compare=False, repr=False)

    def presence(self, now: datetime) -> Presence:
        """Open, or which of hours and absences closes them at `now`."""
        return self.stretch(now).presence

    def stretch(self, now: datetime) -> Stretch:
        """The presence at `now` and how long it lasts; worked out once for as long as it holds."""
        if self._known and self._known[0].covers(now):
            return self._known[0]
        self._known[:] = [self._stretch(now)]
        return self._known[0]

    def next_open(self, now: datetime) -> datetime | None:
        """`now` if open, else the next opening; None for a rep who never comes back."""
        try:
            return self.calendar.next_open(now)
        except NeverOpens:
            return None

    def _stretch(self, now: datetime) -> Stretch:
        until = self.calendar.open_until(now)
        if until is not None:
            return Stretch(Presence.OPEN, now, until)
        closing = self.hours.open_until(now)
        opening = self.next_open(now) or NEVER
        if closing is not None:
            return Stretch(Presence.ABSENT, now, min(closing, opening))
        try:
            at_work_again = self.hours.next_open(now)
        except NeverOpens:
            at_work_again = NEVER
        return Stretch(Presence.OUTSIDE_HOURS, now, min(at_work_again, opening))
