"""Months of the company, and their working days."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worktime import Calendar

_MONTH = re.compile("[0-9]{4}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month in a time zone, from its first local midnight to that of the next month."""

    year: int
    month: int
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """As `2026-11`."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def first_day(self) -> date:
        """The first local day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last local day."""
        return self.next.first_day - timedelta(days=1)

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first_day, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is not in it any more."""
        return self.next.start

    @property
    def next(self) -> "Period":
        """The month after."""
        return Period(self.year + self.month // 12, self.month % 12 + 1, self.zone)

    @property
    def previous(self) -> "Period":
        """The month before."""
        return Period(self.year - (self.month == 1), (self.month - 2) % 12 + 1, self.zone)

    def contains(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= at < self.end

    def days(self) -> Iterator[date]:
        """Its local days in order."""
        for number in range((self.last_day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=number)

    def local_day(self, at: datetime) -> date:
        """The company's local day of a moment."""
        return at.astimezone(self.zone).date()


def period_of(at: datetime, zone: ZoneInfo) -> Period:
    """The month that a moment lies in."""
    local = at.astimezone(zone)
    return Period(local.year, local.month, zone)


def parse_period(text: str, zone: ZoneInfo) -> Period:
    """The month called `2026-11`. Raises ValueError saying what to write instead."""
    if not _MONTH.fullmatch(text):
        raise ValueError(f"write a month as 2026-11 instead of {text!r}")
    year, month = text.split("-")
    if not (1970 <= int(year) <= 2098 and 1 <= int(month) <= 12):
        raise ValueError(f"write a month from 1970-01 to 2098-12 instead of {text!r}")
    return Period(int(year), int(month), zone)


def working_days(period: Period, calendar: Calendar | None) -> list[date]:
    """The local days of the month on which `calendar` opens at all; without one Monday to Friday."""
    if calendar is None:
        return [day for day in period.days() if day.weekday() < 5]
    found = []
    for day in period.days():
        start = datetime.combine(day, time(), period.zone)
        end = datetime.combine(day + timedelta(days=1), time(), period.zone)
        if calendar.elapsed(start, end) > timedelta(0):
            found.append(day)
    return found
