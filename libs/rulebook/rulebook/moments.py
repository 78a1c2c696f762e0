"""The time a vendor claims for the buyer's act."""

from datetime import UTC, datetime, timedelta
from typing import Any

_TRUSTED = timedelta(days=1)
_FIRST, _LAST = 946_684_800, 4_102_444_800  # 2000 to 2100: outside, a number is no time in seconds


def claimed_time(value: Any, received_at: datetime | None) -> tuple[datetime | None, list[str]]:
    """A time in UTC from ISO 8601 with an offset, or from seconds or milliseconds since 1970.

    Flags: `unreadable`, `without_offset` (whose clock?), and with `received_at`: `outside_window` for a time
    after it or more than a day before.
    """
    at = _from_number(value) or _from_text(value)
    if at is None:
        return None, ["unreadable"]
    if at.tzinfo is None:
        return None, ["without_offset"]
    at = at.astimezone(UTC)
    if received_at is not None and not received_at - _TRUSTED <= at <= received_at:
        return None, ["outside_window"]
    return at, []


def _from_number(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    for divisor in (1, 1_000, 1_000_000):
        if _FIRST <= seconds / divisor <= _LAST:
            return datetime.fromtimestamp(seconds / divisor, UTC)
    return None


def _from_text(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and 1970 <= at.year < 2200 else None
