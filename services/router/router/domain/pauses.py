"""Pauses of a round: from when until when which promises stand still."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lead_events.words import TimerKind
from worktime import Calendar

LONGEST = timedelta(days=366)
"""No pause is set further ahead: a lead that waits so long belongs to nurturing."""


@dataclass(frozen=True, slots=True)
class Pause:
    """For a reason that the agreement names: `kinds` are the promises that stand still meanwhile.

    `until`: when it goes on by itself; `resumed_at`: when the rep resumed.
    """

    code: str
    kinds: frozenset[TimerKind]
    at: datetime
    until: datetime | None = None
    resumed_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it is over, whichever comes first; None: when the rep resumes, or the round ends."""
        return min((each for each in (self.until, self.resumed_at) if each is not None), default=None)

    def runs(self, moment: datetime) -> bool:
        """Whether it covers a moment: its first included, its end not."""
        ends = self.ends_at
        return self.at <= moment and (ends is None or moment < ends)


def stands_still(pauses: Iterable[Pause], kind: TimerKind, moment: datetime) -> bool:
    """Whether a promise of this kind stands still at a moment."""
    return any(kind in each.kinds and each.runs(moment) for each in pauses)


def without_pauses(
    calendar: Calendar, pauses: Sequence[Pause], kind: TimerKind, now: datetime
) -> Calendar | None:
    """The working time in which a promise of this kind runs; None while a pause without an end holds it."""
    spans = [(each.at, each.ends_at) for each in pauses if kind in each.kinds]
    if any(end is None and start <= now for start, end in spans):
        return None
    closed = [(start, end) for start, end in spans if end is not None and start < end]
    return calendar.without(closed) if closed else calendar


def ran_for(calendar: Calendar, pauses: Sequence[Pause], kind: TimerKind, now: datetime) -> Calendar:
    """The working time in which it ran until now; a pause that still holds it ends now, so to say."""
    spans = [(each.at, each.ends_at or now) for each in pauses if kind in each.kinds]
    closed = [(start, end) for start, end in spans if start < end]
    return calendar.without(closed) if closed else calendar
