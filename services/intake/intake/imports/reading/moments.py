"""Moments as files write them. Whose clock, and which of two numbers is the month, is never guessed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from rulebook.moments import claimed_time

Order = Literal["day_first", "month_first"]
_NUMERIC = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})"
    r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?\s*"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """By what a file's moments are read: the zone of those without an offset, the order of day and month."""

    zone: ZoneInfo | None = None
    order: Order | None = None


@dataclass(slots=True)
class Orders:
    """What a column's dates prove about the order of day and month."""

    day_first: int = 0
    month_first: int = 0
    ambiguous: int = 0
    without_offset: int = 0

    def look_at(self, text: str) -> None:
        """Take one cell into account."""
        found = _NUMERIC.fullmatch(text.strip())
        if found is None:
            _, flags = claimed_time(text.strip(), None)
            self.without_offset += "without_offset" in flags
            return
        self.without_offset += 1
        first, second = int(found[1]), int(found[2])
        self.day_first += first > 12
        self.month_first += second > 12
        self.ambiguous += first <= 12 and second <= 12 and first != second

    @property
    def settled(self) -> Order | None:
        """The order that the file itself proves; None when nothing does, or when it contradicts itself."""
        if bool(self.day_first) == bool(self.month_first):
            return None
        return "day_first" if self.day_first else "month_first"


def read_moment(text: str, clock: Clock) -> tuple[datetime | None, str | None]:
    """The moment in UTC, or why there is none: `unreadable`, `without_offset`, `ambiguous`."""
    text = text.strip()
    found = _NUMERIC.fullmatch(text)
    if found is not None:
        return _numeric(found, clock)
    at, flags = claimed_time(text, None)
    if at is not None or "without_offset" not in flags:
        return at, None if at is not None else "unreadable"
    if clock.zone is None:
        return None, "without_offset"
    return datetime.fromisoformat(text).replace(tzinfo=clock.zone).astimezone(UTC), None


def _numeric(found: "re.Match[str]", clock: Clock) -> tuple[datetime | None, str | None]:
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    order = clock.order
    if order is None and first != second:
        if first <= 12 and second <= 12:
            return None, "ambiguous"
        order = "day_first" if first > 12 else "month_first"
    day, month = (first, second) if order != "month_first" else (second, first)
    if clock.zone is None:
        return None, "without_offset"
    hour, minute, second_ = int(found[4] or 0), int(found[5] or 0), int(found[6] or 0)
    if found[7]:
        hour = hour % 12 + (12 if found[7] in "Pp" else 0)
    try:
        at = datetime(year, month, day, hour, minute, second_, tzinfo=clock.zone)
    except ValueError:
        return None, "unreadable"
    return at.astimezone(UTC), None
