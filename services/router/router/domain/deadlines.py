"""What a rep promises on a lead, as moments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from worktime import Calendar, NeverOpens


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a rep accepts and responds, UTC; None where nothing is promised."""

    accept_by: datetime | None
    respond_by: datetime | None


def deadlines(
    calendar: Calendar,
    handoff: datetime,
    *,
    accept_within: timedelta | None,
    respond_within: timedelta | None,
) -> Deadlines:
    """Both deadlines, in the rep's working time from the handoff, by this calendar."""
    return Deadlines(
        accept_by=_due(calendar, handoff, accept_within),
        respond_by=_due(calendar, handoff, respond_within),
    )


def _due(calendar: Calendar, start: datetime, within: timedelta | None) -> datetime | None:
    if within is None:
        return None
    try:
        return calendar.add(start, within)
    except NeverOpens:
        return None


def worked_between(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """The working time of a rep between two moments, the earlier first."""
    return calendar.elapsed(since, until)


def had_full_time(calendar: Calendar, handoff: datetime, now: datetime, target_seconds: int) -> bool:
    """Whether the rep has had that much working time since the handoff, by the calendar as it now stands."""
    return now >= handoff and calendar.elapsed(handoff, now) >= timedelta(seconds=target_seconds)
