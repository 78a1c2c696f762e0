"""When a rep is away: whole local days and parts of days, said by hand or read from a feed."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Literal
from zoneinfo import ZoneInfo

from router.domain.hours import FOR_GOOD, Span

Entry = Mapping[str, Any]
"""As the store keeps it: first_day and last_day, both included, or instants from and until; and a reason."""


def span_of(entry: Entry, tz: str) -> Span:
    """The instants of an absence, half-open, with the offsets of the rep's time zone.

    Offsets and not the zone itself: two moments of one zone compare by the clock on the wall, which shows an
    hour twice when summer time ends.
    """
    zone = ZoneInfo(tz)
    if "first_day" in entry:
        start = day_start(date.fromisoformat(entry["first_day"]), zone)
        end = day_start(date.fromisoformat(entry["last_day"]) + timedelta(days=1), zone)
    else:
        start, end = (datetime.fromisoformat(entry[key]).astimezone(zone) for key in ("from", "until"))
    return _with_offset(start), _with_offset(end)


def _with_offset(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()))


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The local midnight with which a day begins."""
    return datetime.combine(day, time(), zone)


def entry(
    start: date | datetime | None, until: date | datetime, *, reason: str, tz: str, now: datetime
) -> dict[str, Any]:
    """An absence as the store keeps it, of what a person wrote.

    Two dates are whole days, both included; moments without an offset are local; a date among moments is the
    beginning, or the end, of that day. No `start` is now. Raises ValueError for an end before the start, and
    for a beginning more than ten years ahead.
    """
    zone = ZoneInfo(tz)
    if _is_day(start) and _is_day(until):
        first, last = str(start), str(until)
        if last < first:
            raise ValueError(f"until {last} is before from {first}; swap the two")
        _check_begin(day_start(date.fromisoformat(first), zone), now)
        return {"first_day": first, "last_day": last, "reason": reason}
    begin = now.astimezone(zone) if start is None else _moment(start, zone, "start")
    end = _moment(until, zone, "end")
    _check_begin(begin, now)
    if end.astimezone(UTC) <= begin.astimezone(UTC):  # moments of one zone compare by the clock on the wall
        raise ValueError(
            f"until {end.isoformat()} is not after from {begin.isoformat()}; write a later moment as until"
        )
    return {"from": begin.isoformat(), "until": end.isoformat(), "reason": reason}


def _check_begin(begin: datetime, now: datetime) -> None:
    if begin - now > FOR_GOOD:
        raise ValueError(f"from {begin:%Y-%m-%d} is more than ten years ahead; write an earlier day")


def asked_return(
    start: date | datetime | None, until: date | datetime | None, tz: str, now: datetime
) -> tuple[datetime, datetime | None]:
    """From when somebody is at work after all, and until when: None is the end of what holds then.

    Written as in `entry`. Raises ValueError for an end before the start.
    """
    if until is not None:
        return span_of(entry(start, until, reason="", tz=tz, now=now), tz)
    return now if start is None else _with_offset(_moment(start, ZoneInfo(tz), "start")), None


def ended(
    entries: Iterable[Entry], tz: str, at: datetime, until: datetime | None = None
) -> list[dict[str, Any]]:
    """The absences of somebody who is back at `at`: those that hold then end then, and what is to come stays.

    With `until` all between the two is taken out, whatever it belongs to.
    """
    kept: list[dict[str, Any]] = []
    for each in entries:
        start, end = span_of(each, tz)
        hole = (at, until or end)
        is_cut = start < hole[1] and hole[0] < end if until is not None else start <= at < end
        kept += (
            [_entry_of(span, each, tz) for span in _less((start, end), [hole])] if is_cut else [dict(each)]
        )
    return kept


def set_aside(told: Iterable[Span], at: datetime, until: datetime | None) -> Span | None:
    """Of what feeds tell, what does not count for somebody back at `at`; None: they tell nothing."""
    if until is not None:
        return (at, until) if any(start < until and at < end for start, end in told) else None
    holds = away_at(told, at)
    return (at, holds[1]) if holds is not None else None


def _entry_of(span: Span, of: Entry, tz: str) -> dict[str, Any]:
    """What is left of an entry: whole days where it names days and both edges begin one."""
    zone = ZoneInfo(tz)
    start, end = (each.astimezone(zone) for each in span)
    reason = of.get("reason", "away")
    days = start.date(), end.date()
    bounds = [day_start(day, zone).astimezone(UTC) for day in days]
    if "first_day" in of and bounds == [each.astimezone(UTC) for each in span]:
        last = days[1] - timedelta(days=1)
        return {"first_day": str(days[0]), "last_day": str(last), "reason": reason}
    return {"from": start.isoformat(), "until": end.isoformat(), "reason": reason}


def absent_spans(
    by_hand: Iterable[Entry], feeds: Iterable[Span], returned: Iterable[Span], tz: str
) -> list[Span]:
    """All absences of a rep: each source keeps its own, and an early return takes out of feeds' only."""
    holes = sorted(returned)
    spans = [span_of(each, tz) for each in by_hand]
    for span in feeds:
        spans += _less(span, holes)
    return sorted(spans)


def read_spans(document: Iterable[Iterable[str]]) -> list[Span]:
    """Spans of a JSON column."""
    return [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in document]


def write_spans(spans: Iterable[Span]) -> list[list[str]]:
    """Spans for a JSON column, in UTC."""
    return [[start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()] for start, end in spans]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted spans that do not touch."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def away_at(spans: Iterable[Span], now: datetime) -> Span | None:
    """The absence that holds at `now`, neighbours joined."""
    return next((span for span in joined(spans) if span[0] <= now < span[1]), None)


def next_beginning(spans: Iterable[Span], now: datetime) -> datetime | None:
    """When the next absence after `now` begins."""
    return min((start for start, _ in joined(spans) if start > now), default=None)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _moment(value: date | datetime, zone: ZoneInfo, edge: Literal["start", "end"]) -> datetime:
    if not isinstance(value, datetime):
        return day_start(value + timedelta(days=edge == "end"), zone)
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(zone)


def _less(span: Span, holes: Iterable[Span]) -> list[Span]:
    start, end = span
    left: list[Span] = []
    for low, high in holes:
        if high <= start or low >= end:
            continue
        if low > start:
            left.append((start, low))
        start = max(start, high)
    return [*left, (start, end)] if start < end else left
