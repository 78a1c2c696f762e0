"""Open time of a calendar document, day by day. The policies are those of libs/worktime/README.md."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
"""From the first moment inside to the first that is not, both UTC."""
Document = Mapping[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
NOTHING = timedelta(0)


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first instant at which the local clock reads `minutes` after midnight of `day`, or later."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == local:
        return after
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            before = middle
        else:
            after = middle
    return after


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that neither overlap nor touch, in order."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def less(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The time of `spans` that lies in none of `taken`."""
    left = union(spans)
    for start, end in union(taken):
        left = [
            piece
            for a, b in left
            for piece in (((a, min(b, start)), (max(a, end), b)) if a < end and start < b else ((a, b),))
            if piece[0] < piece[1]
        ]
    return left


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The time of `spans` between two moments."""
    return [(max(a, start), min(b, end)) for a, b in spans if max(a, start) < min(b, end)]


def total(spans: Iterable[Span]) -> timedelta:
    """How long they are together."""
    return sum((b - a for a, b in spans), NOTHING)


def reached(spans: Sequence[Span], start: datetime, amount: timedelta) -> datetime | None:
    """The first moment at which `amount` of the spans' time is gone since `start`; None if it never is."""
    left = amount
    for a, b in clipped(spans, start, datetime.max.replace(tzinfo=UTC)):
        if b - a >= left:
            return a + left
        left -= b - a
    return None


def open_spans(document: Document, start: datetime, end: datetime) -> list[Span]:
    """When the calendar is open between two moments."""
    zone = ZoneInfo(document["tz"])
    day = start.astimezone(zone).date() - 2 * DAY
    last = end.astimezone(zone).date() + 2 * DAY
    found: list[Span] = []
    while day <= last:
        found += _of_day(document, day, zone)
        day += DAY
    away = [(_moment(a), _moment(b)) for a, b in document.get("absences", ())]
    return clipped(less(less(found, _holidays(document, zone)), away), start, end)


def _of_day(document: Document, day: date, zone: ZoneInfo) -> list[Span]:
    name, written = DAYS[day.weekday()], day.isoformat()
    overrides = document.get("date_overrides", {})
    if written in overrides:
        shifts, breaks = overrides[written], []
    elif written in document.get("holidays", ()):
        return []
    else:
        shifts = document["week"].get(name, ())
        breaks = document.get("breaks", {}).get(name, ())
    out = [*breaks, *document.get("date_breaks", {}).get(written, ())]
    return less([_span(day, each, zone) for each in shifts], [_span(day, each, zone) for each in out])


def _holidays(document: Document, zone: ZoneInfo) -> list[Span]:
    free = set(document.get("holidays", ())) - set(document.get("date_overrides", {}))
    return [(instant(day, 0, zone), instant(day + DAY, 0, zone)) for day in map(date.fromisoformat, free)]


def _span(day: date, shift: Sequence[str], zone: ZoneInfo) -> Span:
    first, last = map(_minutes, shift)
    return instant(day, first, zone), instant(day, last if last > first else last + 1440, zone)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _moment(value: str | datetime) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
