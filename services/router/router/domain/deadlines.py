"""What a rep promises on a lead, as moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lead_events.words import TimerKind
from router.domain.pauses import Pause, ran_for, without_pauses
from worktime import Calendar, NeverOpens

ROUNDED_BY = timedelta(seconds=0.5)
"""The most by which a target in whole seconds, as events tell it, is longer than what was promised: the time
from one try to the next is a part of another length."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a rep accepts and responds, UTC; None where nothing is promised, or it stands still."""

    accept_by: datetime | None
    respond_by: datetime | None


def deadlines(
    calendar: Calendar,
    handoff: datetime,
    *,
    accept_within: timedelta | None,
    respond_within: timedelta | None,
    pauses: Sequence[Pause] = (),
    now: datetime | None = None,
) -> Deadlines:
    """Both deadlines, in the rep's working time from the handoff, by this calendar, as `pauses` of the round
    leave it `now`; by default the moment of the handoff."""
    now = handoff if now is None else now
    accepting = without_pauses(calendar, pauses, TimerKind.ACCEPT, now)
    responding = without_pauses(calendar, pauses, TimerKind.FIRST_RESPONSE, now)
    return Deadlines(
        accept_by=_due(accepting, handoff, accept_within),
        respond_by=_due(responding, handoff, respond_within),
    )


def _due(calendar: Calendar | None, start: datetime, within: timedelta | None) -> datetime | None:
    if within is None or calendar is None:
        return None
    try:
        return calendar.add(start, within)
    except NeverOpens:
        return None


def worked_between(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """The working time of a rep between two moments, the earlier first."""
    return calendar.elapsed(since, until)


def had_full_time(
    calendar: Calendar,
    handoff: datetime,
    now: datetime,
    target_seconds: int,
    kind: TimerKind = TimerKind.ACCEPT,
    pauses: Sequence[Pause] = (),
) -> bool:
    """Whether the rep has had that much working time since the handoff, by the calendar as it now stands and
    less the pauses in which a promise of this kind stood still."""
    if now < handoff:
        return False
    had = ran_for(calendar, pauses, kind, now).elapsed(handoff, now)
    return had >= timedelta(seconds=target_seconds) - ROUNDED_BY
