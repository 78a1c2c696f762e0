"""Weeks of the company, Monday to Sunday, as ISO 8601 numbers them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.ledger.periods import Period, period_of

_NAME = re.compile(r"(\d{4})-W(\d{2})")
_EARLIEST, _LATEST = 1970, 2098


@dataclass(frozen=True, slots=True)
class Week:
    """A week from its local Monday, midnight, to the next one's."""

    monday: date
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """As `2026-W48`."""
        year, number, _ = self.monday.isocalendar()
        return f"{year:04}-W{number:02}"

    @property
    def number(self) -> int:
        """Of its year, from 1."""
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def start(self) -> datetime:
        """Its first moment, UTC."""
        return datetime.combine(self.monday, time(), self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not in it any more, UTC."""
        return self.next.start

    @property
    def next(self) -> "Week":
        """The week after."""
        return Week(self.monday + timedelta(days=7), self.zone)

    @property
    def previous(self) -> "Week":
        """The week before."""
        return Week(self.monday - timedelta(days=7), self.zone)

    def contains(self, at: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return at is not None and self.start <= at < self.end

    def touches(self, first: date, last: date) -> bool:
        """Whether one of the days from `first` to `last`, both included, lies in it."""
        return first <= self.sunday and last >= self.monday

    def months(self) -> list[Period]:
        """The months that it lies in, one or two, in order."""
        both = (period_of(self.start, self.zone), _month_of(self.sunday, self.zone))
        return list(dict.fromkeys(both))


def _month_of(day: date, zone: ZoneInfo) -> Period:
    return Period(day.year, day.month, zone)


def week_of(at: datetime, zone: ZoneInfo) -> Week:
    """The week that a moment lies in."""
    local = at.astimezone(zone).date()
    return Week(local - timedelta(days=local.weekday()), zone)


def parse_week(text: str, zone: ZoneInfo) -> Week:
    """The week called `2026-W48`. Raises ValueError saying what to write instead."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise ValueError(f"write a week as 2026-W48 instead of {text!r}")
    year, number = int(match[1]), int(match[2])
    if not _EARLIEST <= year <= _LATEST:
        raise ValueError(f"write a week from {_EARLIEST}-W01 to {_LATEST}-W52 instead of {text!r}")
    try:
        return Week(date.fromisocalendar(year, number, 1), zone)
    except ValueError:
        last = date(year, 12, 28).isocalendar().week
        raise ValueError(f"{year} has weeks 01 to {last}: write one of them instead of {text!r}") from None
