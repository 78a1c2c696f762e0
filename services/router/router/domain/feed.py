"""Which events of an iCalendar feed (RFC 5545) are absences. Only spans of time come out, never a title."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event, vDDDTypes, vRecur

from router.domain.absences import day_start, joined
from router.domain.hours import Span

MOST_OCCURRENCES = 5_000
MOST_SPANS = 1_000
"""Spans that do not touch: each of them travels with every lead that the rep gets."""
BACK, AHEAD = timedelta(days=30), timedelta(days=400)
_FOR_EVER = 2400
"""The year in which an absence without an end ends: of 9999-12-31, as HR tools write it, no day is next."""
_TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_PARTS_OF_DAYS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"
_ALL_DAY = "X-MICROSOFT-CDO-ALLDAYEVENT"


class FeedUnusable(ValueError):
    """The feed is no calendar of absences: name another one, or mend it at its source."""


@dataclass(frozen=True, slots=True)
class FeedRead:
    """The absences of a feed, joined and in order; `unread`: events that say no usable time."""

    spans: tuple[Span, ...]
    unread: int = 0


def read_feed(content: bytes, tz: str, now: datetime) -> FeedRead:
    """The absences from BACK before to AHEAD after the local day of `now`; one at an edge comes whole.

    Days and times without a zone are those of `tz`. Raises FeedUnusable.
    """
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    low, high = day_start(today - BACK, zone), day_start(today + AHEAD, zone)
    spans: list[Span] = []
    unread = 0
    for calendar in _calendars(content):
        unread += _check_events(calendar)
        occurrences, bad = _occurrences(calendar, low, high)
        unread += bad
        spans += [span for each in occurrences if (span := _absence(each, zone)) is not None]
        if len(occurrences) > MOST_OCCURRENCES:
            raise FeedUnusable(f"more than {MOST_OCCURRENCES} occurrences: it is no calendar of absences")
    away = joined(spans)
    if len(away) > MOST_SPANS:
        raise FeedUnusable(f"more than {MOST_SPANS} separate absences: it is no calendar of absences")
    return FeedRead(tuple(away), unread)


def is_absence(event: Event) -> bool:
    """Whether an event says that its owner is away.

    Cancelled: never. Where Outlook or Exchange say how busy: out of office, or busy all day. Elsewhere:
    whatever takes up time, all day or not (TRANSP, by default OPAQUE).
    """
    if _word(event, "STATUS") == "CANCELLED":
        return False
    busy = _word(event, _BUSY)
    if busy == "OOF":
        return True
    if busy:
        is_whole = not isinstance(event.start, datetime) or _word(event, _ALL_DAY) == "TRUE"
        return busy == "BUSY" and is_whole
    return _word(event, "TRANSP") != "TRANSPARENT"


def _calendars(content: bytes) -> Iterator[Calendar]:
    try:
        found = Calendar.from_ical(content.removeprefix(b"\xef\xbb\xbf"), multiple=True)
    except Exception as error:  # whatever it is, its text may quote what somebody wrote
        raise FeedUnusable("it is no iCalendar file that can be read") from error
    if not found:
        raise FeedUnusable("it holds no VCALENDAR")
    yield from found


def _check_events(calendar: Calendar) -> int:
    """Take out events without a usable time; how many. Raises FeedUnusable for one that repeats too often."""
    broken: set[int] = set()
    for event in calendar.walk("VEVENT"):
        for rule in _rules(event):
            frequency = str((rule.get("FREQ") or [""])[0]).upper()
            if frequency in _TOO_OFTEN or any(len(rule.get(part) or []) > 1 for part in _PARTS_OF_DAYS):
                raise FeedUnusable("an event repeats more often than once a day")
        _end_some_day(event)
        if not _is_readable(event):
            broken.add(id(event))
    calendar.subcomponents = [each for each in calendar.subcomponents if id(each) not in broken]
    return len(broken)


def _occurrences(calendar: Calendar, low: datetime, high: datetime) -> tuple[list[Component], int]:
    """What happens between two moments; how many series cannot be followed and are left out."""
    try:
        return list(recurring_ical_events.of(calendar).between(low, high)), 0
    except Exception:  # one bad series stops all: take each by itself
        found: list[Component] = []
        bad = 0
    for series in _series(calendar):
        try:
            found += recurring_ical_events.of(series).between(low, high)
        except Exception:
            bad += 1
    return found, bad


def _series(calendar: Calendar) -> Iterator[Calendar]:
    """A calendar for each event with its changed occurrences."""
    events: dict[str, list[Component]] = {}
    for event in calendar.walk("VEVENT"):
        events.setdefault(str(event.get("UID") or id(event)), []).append(event)
    for group in events.values():
        alone = Calendar()
        alone.subcomponents = group
        yield alone


def _rules(event: Component) -> list[vRecur]:
    found = event.get("RRULE") or []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, vRecur)]


def _is_readable(event: Component) -> bool:
    try:
        return isinstance(event, Event) and event.start <= event.end and _is_whole(event)
    except Exception:  # of many kinds; each says that the event names no usable time
        return False


def _end_some_day(event: Component) -> None:
    end = event.get("DTEND")
    if isinstance(end, vDDDTypes) and isinstance(end.dt, date) and end.dt.year > _FOR_EVER:
        event.pop("DTEND")
        event.add("DTEND", end.dt.replace(year=_FOR_EVER))


def _is_whole(event: Event) -> bool:
    """Whether it repeats by rules that move on, or not at all."""
    rules = _rules(event)
    if event.get("RRULE") is not None and not rules:
        return False
    return all(_first(rule, name) >= 1 for rule in rules for name in ("INTERVAL", "COUNT"))


def _first(rule: Mapping[str, Any], name: str) -> int:
    return int((rule.get(name) or [1])[0])


def _absence(event: Component, zone: ZoneInfo) -> Span | None:
    if not isinstance(event, Event) or not is_absence(event):
        return None
    start, end = _instant(event.start, zone), _instant(event.end, zone)
    return (start, end) if start < end else None


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    """In UTC: two moments of one zone would compare by the clock on the wall."""
    if not isinstance(value, datetime):
        return day_start(value, zone).astimezone(UTC)
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(UTC)


def _word(event: Event, name: str) -> str:
    return str(event.get(name) or "").strip().upper()
