"""The calendar as a JSON document: read with an error that names the key, written back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from worktime.errors import CalendarError
from worktime.hours import DAYS, MINUTES_A_DAY, ByDate, Hours, Shifts
from worktime.instants import EARLIEST, LATEST, instant, moment
from worktime.spans import Span, union

KEYS = ("tz", "week", "breaks", "holidays", "date_overrides", "date_breaks", "absences")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def read_hours(document: object) -> Hours:
    """The wall-clock rules of a document. Raises CalendarError naming the key that is wrong."""
    fields = _mapping(document, "calendar", 'an object such as {"tz": "Europe/Madrid", "week": {...}}')
    for key in fields:
        if key not in KEYS:
            raise CalendarError(str(key), f"unknown key; {_did_you_mean(str(key), KEYS)}")
    for key in ("tz", "week"):
        if key not in fields:
            example = '"Europe/Madrid"' if key == "tz" else '{"mon": [["09:00", "17:00"]]}'
            raise CalendarError(key, f"missing; write for example {example}")
    week = _week(fields["week"], "week")
    _refuse_overlap_with_next_day(week)
    return Hours(
        tz=_zone_name(fields["tz"]),
        week=week,
        breaks=_week(fields.get("breaks", {}), "breaks", may_overlap=True),
        holidays=_dates(fields.get("holidays", [])),
        overrides=_by_date(fields.get("date_overrides", {}), "date_overrides"),
        date_breaks=_by_date(fields.get("date_breaks", {}), "date_breaks", may_overlap=True),
    )


def read_absences(document: Mapping[str, object]) -> tuple[Span, ...]:
    """The absences of a document as instants. Raises CalendarError naming the entry that is wrong."""
    entries = _sequence(document.get("absences", []), "absences", "pairs of instants")
    pairs = []
    for number, entry in enumerate(entries):
        key = f"absences[{number}]"
        start, end = _pair(entry, key, '["2026-08-01T00:00:00Z", "2026-08-15T00:00:00Z"]')
        pairs.append((_datetime(start, f"{key}[0]"), _datetime(end, f"{key}[1]")))
    return absence_spans(pairs)


def absence_spans(absences: Iterable[tuple[datetime, datetime]]) -> tuple[Span, ...]:
    """Pairs of datetimes as sorted, disjoint instants; an empty pair vanishes, a reversed one is an error."""
    spans = []
    for number, (start, end) in enumerate(absences):
        key = f"absences[{number}]"
        low, high = instant(start, f"{key}[0]"), instant(end, f"{key}[1]")
        if high < low:
            raise CalendarError(
                key, f"ends {end.isoformat()}, before it starts; write the earlier instant first"
            )
        spans.append((max(low, EARLIEST), min(high, LATEST)))
    return tuple(union(spans))


def write(hours: Hours, absences: tuple[Span, ...]) -> dict[str, Any]:
    """The document that reads back as the same calendar; `breaks` and `absences` only where there are any."""
    document: dict[str, Any] = {
        "tz": hours.tz,
        "week": {name: _written(shifts) for name, shifts in zip(DAYS, hours.week, strict=True)},
        "holidays": [day.isoformat() for day in hours.holidays],
        "date_overrides": {day.isoformat(): _written(shifts) for day, shifts in hours.overrides},
        "date_breaks": {day.isoformat(): _written(shifts) for day, shifts in hours.date_breaks},
    }
    if any(hours.breaks):
        document["breaks"] = {
            name: _written(shifts) for name, shifts in zip(DAYS, hours.breaks, strict=True) if shifts
        }
    if absences:
        document["absences"] = [[_instant_text(start), _instant_text(end)] for start, end in absences]
    return document


def _zone_name(value: object) -> str:
    example = 'write an IANA name such as "Europe/Madrid" or "UTC"'
    if not isinstance(value, str) or not value:
        raise CalendarError("tz", f"{value!r} is not a time zone; {example}")
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(value, available_timezones(), n=1)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        raise CalendarError("tz", f"{value!r} is not a time zone known here; {example}{hint}") from None
    return value


def _week(value: object, key: str, *, may_overlap: bool = False) -> tuple[Shifts, ...]:
    days = _mapping(value, key, '{"mon": [["09:00", "17:00"]]}; a day left out is closed')
    for name in days:
        if name not in DAYS:
            raise CalendarError(f"{key}.{name}", f"unknown day; write one of {', '.join(DAYS)}")
    return tuple(_shifts(days.get(name, []), f"{key}.{name}", may_overlap) for name in DAYS)


def _by_date(value: object, key: str, *, may_overlap: bool = False) -> ByDate:
    entries = _mapping(value, key, '{"2026-12-24": [["09:00", "13:00"]]}')
    read = {
        _date(day, f"{key}.{day}"): _shifts(shifts, f"{key}.{day}", may_overlap)
        for day, shifts in entries.items()
    }
    return tuple(sorted(read.items()))


def _dates(value: object) -> tuple[date, ...]:
    entries = _sequence(value, "holidays", "dates")
    return tuple(sorted({_date(entry, f"holidays[{number}]") for number, entry in enumerate(entries)}))


def _shifts(value: object, key: str, may_overlap: bool) -> Shifts:
    entries = _sequence(
        value, key, 'shifts such as [["09:00", "14:00"], ["16:00", "19:00"]], or [] if closed'
    )
    shifts = sorted(_shift(entry, f"{key}[{number}]") for number, entry in enumerate(entries))
    if may_overlap:
        return tuple(union(shifts))
    for (start, end), (following, last) in pairwise(shifts):
        if following < end:
            raise CalendarError(
                key,
                f"{_text(start, end)} and {_text(following, last)} overlap; join them or let one end first",
            )
    return tuple(shifts)


def _shift(entry: object, key: str) -> Span:
    first, second = _pair(entry, key, '["09:00", "14:00"]')
    start, end = _minute(first, f"{key}[0]"), _minute(second, f"{key}[1]", may_be_24=True)
    if start == end:
        raise CalendarError(key, 'starts and ends at the same time; write ["00:00", "24:00"] for a whole day')
    return start, end if end > start else end + MINUTES_A_DAY


def _minute(value: object, key: str, *, may_be_24: bool = False) -> int:
    if may_be_24 and value == "24:00":
        return MINUTES_A_DAY
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        latest = '"24:00" (as an end)' if may_be_24 else '"23:59"'
        raise CalendarError(key, f'{value!r} is not a time; write a text HH:MM from "00:00" to {latest}')
    return int(match[1]) * 60 + int(match[2])


def _refuse_overlap_with_next_day(week: tuple[Shifts, ...]) -> None:
    for day, shifts in enumerate(week):
        following = week[(day + 1) % 7]
        if shifts and following and shifts[-1][1] - MINUTES_A_DAY > following[0][0]:
            raise CalendarError(
                f"week.{DAYS[(day + 1) % 7]}",
                f"{_text(*following[0])} overlaps {_text(*shifts[-1])} of {DAYS[day]}, which runs past "
                "midnight; let one end first",
            )


def _date(value: object, key: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and (day := date.fromisoformat(value)).isoformat() == value:
            return day
    except ValueError:
        pass
    raise CalendarError(key, f'{value!r} is not a date; write YYYY-MM-DD, for example "2026-12-25"')


def _datetime(value: object, key: str) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and len(value) > len("2026-12-25"):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise CalendarError(key, f'{value!r} is not an instant; write it with its offset, "2026-08-01T00:00:00Z"')


def _mapping(value: object, key: str, example: str) -> Mapping[Any, object]:
    if not isinstance(value, Mapping):
        raise CalendarError(key, f"{_short(value)} is not an object; write {example}")
    return value


def _sequence(value: object, key: str, what: str) -> Sequence[object]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise CalendarError(key, f"{_short(value)} is not a list; write a list of {what}")
    return value


def _pair(value: object, key: str, example: str) -> tuple[object, object]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or len(value) != 2:
        raise CalendarError(key, f"{_short(value)} is not a start and an end; write {example}")
    return value[0], value[1]


def _did_you_mean(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _written(shifts: Shifts) -> list[list[str]]:
    return [[_clock(start), _clock(end)] for start, end in shifts]


def _text(start: int, end: int) -> str:
    return f"{_clock(start)}-{_clock(end)}"


def _clock(minute: int) -> str:
    minute = minute - MINUTES_A_DAY if minute > MINUTES_A_DAY else minute
    return f"{minute // 60:02}:{minute % 60:02}"


def _instant_text(at: int) -> str:
    return moment(at).isoformat().replace("+00:00", "Z")
