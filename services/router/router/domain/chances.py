"""When a rep may take a lead who cannot now, as far as clocks and calendars tell.

Who is freed by an outcome or a change to the roster is told of at that moment and is not foreseen here.
"""

from datetime import datetime, timedelta

from router.domain.absences import away_at, read_spans
from router.domain.imports import day_began, week_began
from router.domain.roster import Load, Presence, Rep
from worktime import NeverOpens

WEEK = timedelta(days=7)


def next_place(rep: Rep, load: Load, now: datetime) -> datetime | None:
    """When the rep comes to work, has a limit of the day or week over, or may hold more by their ramp-up,
    whichever keeps them; None where no clock does, or they never come back."""
    limited_until = _limited_until(rep, load, now)
    if limited_until is not None:
        return rep.next_open(limited_until)
    if rep.presence(now) is not Presence.OPEN:
        return rep.next_open(now)
    return rep.rises_at


def _limited_until(rep: Rep, load: Load, now: datetime) -> datetime | None:
    """The local midnight with which the day or week is over that has all its leads."""
    if rep.per_week is not None and load.this_week >= rep.per_week:
        return week_began(rep, now) + WEEK
    if rep.per_day is not None and load.today >= rep.per_day:
        return day_began(rep, now) + timedelta(days=1)
    return None


def comes_first_at(rep: Rep, now: datetime) -> datetime | None:
    """When a rep outside working hours comes to work; None for who is away now or will be then."""
    if away_at(read_spans(rep.document.get("absences", [])), now) is not None:
        return None
    opening = rep.next_open(now)
    try:
        return opening if opening == rep.hours.next_open(now) else None
    except NeverOpens:
        return None
