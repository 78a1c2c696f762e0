"""Which pages are due at a moment. Pure: the store says which of them are made already."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from rulebook.models import Page, Pages
from sla_monitor.domain.firing import Reading
from sla_monitor.ledger.periods import Period, parse_period, period_of, working_days
from sla_monitor.rhythm.weeks import Week, parse_week, week_of
from worktime import Calendar


class PageKind(StrEnum):
    """Which page. The last two are management's: of a month as it ended, and as both sides closed it."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CLOSED = "closed"

    @property
    def key(self) -> Literal["weekly", "monthly"]:
        """Under which key of `pages` its receivers stand."""
        return "weekly" if self is PageKind.WEEKLY else "monthly"


LATEST = {
    PageKind.WEEKLY: timedelta(days=3),
    PageKind.MONTHLY: timedelta(days=7),
    PageKind.CLOSED: timedelta(days=7),
}
"""How late a page that nobody sent in time still goes out: later it is no news any more."""
PATIENCE = timedelta(minutes=10)
"""How long a page waits for news that does not come."""


@dataclass(frozen=True, slots=True)
class Due:
    """A page about a period, `2026-W48` or `2026-11`, and the moment from which it is due."""

    kind: PageKind
    period: str
    at: datetime


def due_pages(
    pages: Pages,
    zone: ZoneInfo,
    calendar: Calendar | None,
    now: datetime,
    closed: Mapping[str, datetime],
) -> list[Due]:
    """Pages whose moment has come, and is not longer ago than LATEST allows.

    `calendar` has the working days of the month; without it Monday to Friday. `closed`: months that both
    sides signed, and when the second did. A local time that the clock skips counts as one after the jump.
    """
    found: list[Due] = []
    if pages.weekly is not None:
        found.append(_weekly(pages.weekly, zone, now))
    if pages.monthly is not None:
        found += _monthly(pages.monthly, zone, calendar, now)
        found += [Due(PageKind.CLOSED, month, at) for month, at in sorted(closed.items())]
    return [each for each in found if timedelta(0) <= now - each.at <= LATEST[each.kind]]


def is_read(readings: Collection[Reading], at: datetime, started: datetime, now: datetime) -> bool:
    """Whether a page that is due `at` may be made: all news up to then is read, or reading has stood still
    for PATIENCE since the latest of then, this monitor's start and the last progress. So a monitor that comes
    up after an outage tells the whole week."""
    return all(
        (each.read_up_to is not None and each.read_up_to >= at)
        or now - max(at, started, each.moved_at or at) >= PATIENCE
        for each in readings or (Reading(),)
    )


def _weekly(page: Page, zone: ZoneInfo, now: datetime) -> Due:
    """That of this Monday; the one before it is too late in any case."""
    week = week_of(now, zone)
    at = _moment(week.monday, page.at, zone)
    return Due(PageKind.WEEKLY, week.previous.name, at)


def _monthly(page: Page, zone: ZoneInfo, calendar: Calendar | None, now: datetime) -> Iterator[Due]:
    month = period_of(now, zone)
    first = next(iter(working_days(month, calendar)), None)
    if first is not None:
        yield Due(PageKind.MONTHLY, month.previous.name, _moment(first, page.at, zone))


def _moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)


def period_named(kind: PageKind, name: str, zone: ZoneInfo) -> Week | Period:
    """The week or month of a page. Raises ValueError saying what to write instead."""
    if kind is PageKind.WEEKLY:
        return parse_week(name, zone)
    return parse_period(name, zone)


def still_named(then: Iterable[str], now: Iterable[str]) -> list[str]:
    """Receivers named when a page was due and still named: who was added later gets the next one, who was
    taken off gets none."""
    still = set(now)
    return [each for each in dict.fromkeys(then) if each in still]
