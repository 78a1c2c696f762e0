"""A rep's hours as the worktime document that is stored and travels with each handoff."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rulebook.calendars import calendar_document
from rulebook.models import Calendar
from worktime import Calendar as OpenHours
from worktime import CalendarError

YEARS = 1, 3
"""Holidays of so many years back and ahead are kept: the document travels with every handoff."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]
FOR_GOOD = timedelta(days=3660)
"""Whoever is away for longer does not come back: nobody lays out the shifts of decades to say when."""
_NEVER = datetime(2100, 1, 1, tzinfo=UTC)
"""Where calendars end."""


def hours_document(calendar: Calendar, *, year: int, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The calendar without absences; `year` is the present one; `own`: the week as the rep works it.

    Time zone, holidays and breaks stay the calendar's. Of a day with hours of its own a rep works the part
    that lies in their own shifts of that weekday: a short day is short for everybody, an extra one opens
    nobody's free day. Raises CalendarError for an unknown country.
    """
    document = calendar_document(calendar)
    first, last = str(year - YEARS[0]), str(year + YEARS[1] + 1)
    kept = {**document, "holidays": sorted(day for day in document["holidays"] if first <= day < last)}
    if own is None:
        return kept
    overrides = {
        day: _within(shifts, own.get(DAYS[date.fromisoformat(day).weekday()], []))
        for day, shifts in kept["date_overrides"].items()
    }
    return {
        **kept,
        "week": {day: [list(each) for each in own.get(day, [])] for day in DAYS if own.get(day)},
        "date_overrides": overrides,
    }


def check_own_hours(own: Mapping[str, Any], tz: str) -> None:
    """Raises CalendarError whose key begins with `own_hours`, for a week that cannot be worked."""
    try:
        OpenHours.from_dict({"tz": tz, "week": own})
    except CalendarError as error:
        raise CalendarError(error.key.replace("week", "own_hours", 1), error.problem) from None


def with_absences(hours: Mapping[str, Any], absences: Iterable[Span]) -> dict[str, Any]:
    """The document with spans of instants taken out, as they are given, in order and each once; one of more
    than FOR_GOOD has no end.
    """
    spans = sorted(
        {(start.isoformat(), _end(start, end).isoformat()) for start, end in absences if start < end},
        key=_order,
    )
    return {**hours, "absences": [list(each) for each in spans]} if spans else dict(hours)


def _end(start: datetime, end: datetime) -> datetime:
    return _NEVER if end - start > FOR_GOOD else end


def _order(span: tuple[str, str]) -> Span:
    return datetime.fromisoformat(span[0]), datetime.fromisoformat(span[1])


def _within(shifts: Iterable[Iterable[str]], own: Iterable[Iterable[str]]) -> list[list[str]]:
    """The parts of `shifts` in `own`, by the clock of one day; a shift past midnight runs to 48:00."""
    pairs = [(_minutes(a), _minutes(b)) for a in shifts for b in own]
    found = [(max(a[0], b[0]), min(a[1], b[1])) for a, b in pairs]
    return [[_clock(start), _clock(end)] for start, end in sorted(found) if start < end]


def _minutes(shift: Iterable[str]) -> tuple[int, int]:
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in shift)
    return start, end if end > start else end + 24 * 60


def _clock(minute: int) -> str:
    minute = minute - 1440 if minute > 1440 else minute
    return f"{minute // 60:02}:{minute % 60:02}"
