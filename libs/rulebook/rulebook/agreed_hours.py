"""How much working time a promise has: of which reps, and in how long.

Nothing here knows today: a month is one of the twelve from the agreement's first day on, or of YEAR.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rulebook.calendars import absence_span, open_hours
from rulebook.models import Absence, Agreement, RepSeed, Rulebook
from worktime import Calendar as OpenHours
from worktime import CalendarError, NeverOpens

YEAR = 2026
"""Whose months are measured where the agreement has no first day."""
EARLIEST, LATEST = date(2000, 1, 1), date(2098, 12, 31)
"""Days that calendars answer for."""
_END = date(2099, 12, 31)
NOBODY = timedelta(0)
_WEEK = date(YEAR, 6, 1)
"""A Monday; no clock changes in its week."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose leads a promise is for: those of a `team`, those of a `line`, or with neither all others."""

    team: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a rulebook's calendars, each read once. A calendar that cannot be read has none."""

    rulebook: Rulebook
    _read: dict[str, OpenHours | None] = field(default_factory=dict)
    _months: dict[tuple[str, int, int], timedelta] = field(default_factory=dict)

    def of(self, calendar: str) -> OpenHours | None:
        """The hours of a calendar by name; None where there is none that can be read."""
        if calendar not in self._read:
            self._read[calendar] = self._opened(calendar)
        return self._read[calendar]

    def month_most(self, calendar: str, first: date) -> timedelta:
        """The most working time that one of the twelve months from `first` on has."""
        key = (calendar, first.year, first.month)
        if key not in self._months:
            self._months[key] = max(self.between(calendar, *month) for month in twelve_months(first))
        return self._months[key]

    def between(self, calendar: str, first: date, last: date) -> timedelta:
        """The working time from one day to another, both included, local to the company."""
        hours = self.of(calendar)
        return NOBODY if hours is None else hours.elapsed(*self._span(first, last))

    def working_days(self, calendar: str, first: date, last: date) -> int:
        """Local days on which a calendar opens, of those from one to another."""
        hours = self.of(calendar)
        if hours is None:
            return 0
        zone = ZoneInfo(hours.hours.tz)
        opened = hours.open_intervals(*self._span(first, last))
        days = {day for start, end in opened for day in _days(start.astimezone(zone), end.astimezone(zone))}
        return len(days & {first + timedelta(days=each) for each in range((last - first).days + 1)})

    def day_mean(self, calendar: str) -> timedelta:
        """The mean length of a working day, of a year."""
        year = date(YEAR, 1, 1), date(YEAR, 12, 31)
        days = self.working_days(calendar, *year)
        return self.between(calendar, *year) / days if days else NOBODY

    def week(self, calendar: str) -> timedelta:
        """The working time of a week without holidays."""
        return sum((end - start for start, end in self._week(calendar)), NOBODY)

    def longest_closed(self, calendar: str) -> timedelta:
        """The longest time without an opening in weeks without holidays: the weekend, for most."""
        opened = self._week(calendar)
        if not opened:
            return NOBODY
        starts = [start for start, _ in opened[1:]] + [opened[0][0] + timedelta(weeks=1)]
        return max(start - end for start, (_, end) in zip(starts, opened, strict=True))

    def _week(self, calendar: str) -> list[tuple[datetime, datetime]]:
        """The openings of one week of June, from its local Monday on, as if it had no holidays."""
        known = self.rulebook.calendars.get(calendar)
        if known is None or self.of(calendar) is None or not any(known.week.values()):
            return []
        plain: dict[str, object] = {"holidays": [], "holidays_of": None}
        plain |= {"date_overrides": {}, "date_breaks": {}}
        monday = datetime.combine(_WEEK, time(), ZoneInfo(known.tz)).astimezone(UTC)
        hours = open_hours(known.model_copy(update=plain))
        return list(hours.open_intervals(monday, monday + timedelta(weeks=1)))

    def passes(self, rep: RepSeed, length: timedelta, since: date) -> bool:
        """Whether so much working time of a rep ever passes from a day on, absences left out of it."""
        hours = self.of(rep.calendar)
        if hours is None:
            return False
        tz = hours.hours.tz
        away = (_within_reach(absence) for absence in rep.absences if absence.last_day >= absence.first_day)
        theirs = hours.without(absence_span(absence, tz) for absence in away)
        try:
            theirs.add(self._span(since, since)[0], max(length, timedelta(seconds=1)))
        except NeverOpens:
            return False
        return True

    def _opened(self, calendar: str) -> OpenHours | None:
        known = self.rulebook.calendars.get(calendar)
        try:
            return open_hours(known) if known is not None else None
        except CalendarError:
            return None

    def _span(self, first: date, last: date) -> tuple[datetime, datetime]:
        zone = _zone(self.rulebook.time_zone)
        return (
            datetime.combine(first, time(), zone).astimezone(UTC),
            datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
        )


def measured_from(agreement: Agreement) -> date:
    """The day from which an agreement's months are measured: its first, else its last year's, else YEAR's."""
    ends = agreement.last_day
    return agreement.first_day or date(ends.year if ends is not None else YEAR, 1, 1)


def is_in_reach(agreement: Agreement) -> bool:
    """Whether calendars answer for its days, and they are in order."""
    first, last = measured_from(agreement), agreement.last_day
    return EARLIEST <= first <= LATEST and (last is None or first <= last <= LATEST)


def twelve_months(first: date) -> Iterator[tuple[date, date]]:
    """First and last day of twelve whole months, from that of `first` on."""
    start = first.replace(day=1)
    for _ in range(12):
        following = (start + timedelta(days=31)).replace(day=1)
        yield start, following - timedelta(days=1)
        start = following


def promised_by(rulebook: Rulebook, agreement: Agreement, scope: Scope) -> dict[str, RepSeed]:
    """The reps who take leads under the promises of a scope, by id."""
    return {name: rep for name, rep in rulebook.roster.reps.items() if _is_under(agreement, scope, rep)}


def _is_under(agreement: Agreement, scope: Scope, rep: RepSeed) -> bool:
    if rep.weight < 1 or rep.capacity < 1:
        return False
    if scope.team is not None:
        return rep.team == scope.team
    if rep.team in agreement.sales.teams:
        return False
    if scope.line is not None:
        return scope.line in rep.lines
    return any(line not in agreement.sales.lines for line in rep.lines)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    """The local days that an interval touches, for more than its last moment."""
    day, last = start.date(), (end - timedelta(microseconds=1)).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _within_reach(absence: Absence) -> Absence:
    """An absence as far as calendars answer for it; what is beyond is reported elsewhere."""
    first, last = (min(max(day, EARLIEST), _END) for day in (absence.first_day, absence.last_day))
    return absence.model_copy(update={"first_day": first, "last_day": last})


def _zone(name: str) -> ZoneInfo:
    """The company's zone; one that is wrong is reported elsewhere."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")
