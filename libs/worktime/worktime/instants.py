"""Instants as whole microseconds since 1970-01-01T00:00:00Z, and the horizon that calendars cover."""

from datetime import UTC, date, datetime, timedelta

from worktime.errors import CalendarError

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Every answer lies in these years (UTC). Time-zone rules for later years are those known today."""


def year_start(year: int) -> int:
    """First instant of a UTC year, in microseconds."""
    return (date(year, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY


HORIZON_START, HORIZON_END = year_start(FIRST_YEAR), year_start(LAST_YEAR + 1)


def micros(span: timedelta) -> int:
    """The span in microseconds, exactly."""
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def instant(at: datetime, key: str) -> int:
    """The instant in microseconds, wherever it lies.

    Raises CalendarError naming `key` for a datetime without an offset, and for anything else that is not one.
    """
    try:
        span = at - EPOCH
    except TypeError:
        raise CalendarError(key, f"{at!r} has no UTC offset; pass a timezone-aware datetime") from None
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def moment(at: int) -> datetime:
    """The UTC datetime of an instant in microseconds."""
    return EPOCH + timedelta(0, 0, at)


def outside_horizon(at: int, key: str) -> CalendarError:
    """The error for an instant that no calendar covers."""
    shown = moment(min(max(at, EARLIEST), LATEST)).isoformat()
    return CalendarError(
        key, f"{shown} is not covered; pass an instant in the years {FIRST_YEAR} to {LAST_YEAR}"
    )


EARLIEST = instant(datetime.min.replace(tzinfo=UTC), "earliest")
LATEST = instant(datetime.max.replace(tzinfo=UTC), "latest")
"""The bounds of what a datetime in UTC can show."""
