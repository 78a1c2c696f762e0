"""The rulebook's calendars as worktime documents: public holidays as dates, absences as instants."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from rulebook.models import Absence, Calendar

YEARS_AHEAD = 3
"""Public holidays are written out from last year to this many years on."""


def hours_document(calendar: Calendar, *, year: int) -> dict[str, Any]:
    """The calendar without absences. `year` is the present one; raises ValueError for an unknown country."""
    days = set(calendar.holidays)
    if calendar.holidays_of is not None:
        days |= _public_holidays(calendar.holidays_of, year)
    return {
        "tz": calendar.tz,
        "week": {day: [list(shift) for shift in shifts] for day, shifts in calendar.week.items()},
        "holidays": [day.isoformat() for day in sorted(days)],
        "date_overrides": _by_date(calendar.date_overrides),
        "date_breaks": _by_date(calendar.date_breaks),
    }


def with_absences(hours: Mapping[str, Any], absences: Iterable[Absence]) -> dict[str, Any]:
    """The document with whole local days taken out, first and last day included."""
    zone = ZoneInfo(hours["tz"])
    spans = sorted(
        {(_midnight(each.first_day, zone), _midnight(_next(each.last_day), zone)) for each in absences}
    )
    if not spans:
        return dict(hours)
    return {**hours, "absences": [[start.isoformat(), end.isoformat()] for start, end in spans]}


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _by_date(shifts: Mapping[date, list[tuple[str, str]]]) -> dict[str, list[list[str]]]:
    return {day.isoformat(): [list(shift) for shift in spans] for day, spans in sorted(shifts.items())}


@lru_cache(maxsize=64)
def _public_holidays(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    years = range(year - 1, year + YEARS_AHEAD + 1)
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError as error:
        raise ValueError(
            f"holidays_of: no public holidays are known for {region}; list them as dates"
        ) from error
    return frozenset(found)
