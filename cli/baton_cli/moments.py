"""Moments and lengths of time as people type and read them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from baton_cli.errors import BadUsage
from rulebook.durations import parse_duration

EXAMPLE = "2026-11-26T10:00:00Z"
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)")


def read_moment(text: str, option: str) -> datetime:
    """An instant from ISO 8601 with an offset; of a day its beginning. Raises BadUsage naming the option."""
    day = _DAY.fullmatch(text)
    try:
        moment = datetime.fromisoformat(f"{day[1]}T00:00{day[2]}" if day else text)
    except ValueError:
        raise BadUsage(f"{option}: {text!r} is not a date and time; write for example {EXAMPLE}.") from None
    if moment.tzinfo is None:
        raise BadUsage(f"{option}: {text!r} has no UTC offset; write for example {text}Z, or {text}+01:00.")
    return moment


def read_span(text: str, option: str) -> tuple[datetime, datetime]:
    """Two instants from FROM/TO. Raises BadUsage naming the option."""
    start, slash, end = text.partition("/")
    if not slash:
        raise BadUsage(f"{option}: {text!r} is no span; write FROM/TO, as {EXAMPLE}/2026-11-26T10:30:00Z.")
    return read_moment(start, option), read_moment(end, option)


def read_length(text: str, option: str) -> timedelta:
    """A length such as 1h30m. Raises BadUsage naming the option."""
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise BadUsage(f"{option}: {error}.") from None
    if not isinstance(length, timedelta):
        raise BadUsage(f"{option}: {text!r} is no length of time; write for example 1h30m.")
    return length


def in_utc(moment: datetime) -> str:
    """ISO 8601 in UTC, ending in Z; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_zone(moment: datetime, zone: str) -> str:
    """As a local clock shows it: weekday, date, time, offset."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M:%S %z")


def brief(text: object) -> str:
    """An ISO 8601 text of a service as `2026-11-26 10:00:00` UTC; nothing for None."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return str(text)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def brief_utc(text: object) -> str:
    """The same with UTC said, for where no heading says so; nothing for None."""
    return f"{brief(text)} UTC" if text else ""
