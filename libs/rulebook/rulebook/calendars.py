"""The rulebook's calendars and absences as worktime's."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from rulebook.models import Absence, Calendar, RepSeed, Rulebook
from worktime import Calendar as OpenHours
from worktime import CalendarError

HOLIDAY_YEARS = range(2024, 2041)
"""Years for which `holidays_of` is written out; a later year is open on public holidays until this moves
on."""


@lru_cache(maxsize=256)
def public_holidays(region: str) -> tuple[str, ...]:
    """ISO dates of the public holidays of a country (ES) or region (ES-MD). Raises CalendarError if
    unknown."""
    country, _, subdivision = region.partition("-")
    example = f"{country} or {country}-.. with a region of it" if subdivision else "ES"
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=HOLIDAY_YEARS)
    except NotImplementedError:
        raise CalendarError(
            "holidays_of",
            f"{region!r} has no public holidays known here; write such as {example}, or list `holidays`",
        ) from None
    return tuple(day.isoformat() for day in sorted(found))


def calendar_document(calendar: Calendar) -> dict[str, Any]:
    """The JSON shape that worktime reads. Raises CalendarError for an unknown `holidays_of`."""
    plain = calendar.model_dump(mode="json", exclude={"holidays_of"})
    if calendar.holidays_of is not None:
        plain["holidays"] = sorted({*plain["holidays"], *public_holidays(calendar.holidays_of)})
    return plain


def open_hours(calendar: Calendar) -> OpenHours:
    """The calendar to calculate with. Raises CalendarError naming the key that is wrong."""
    return OpenHours.from_dict(calendar_document(calendar))


def absence_span(absence: Absence, tz: str) -> tuple[datetime, datetime]:
    """From the first local midnight to the one after the last day, with their offsets."""
    zone = ZoneInfo(tz)
    start = datetime.combine(absence.first_day, time(), zone)
    return start, datetime.combine(absence.last_day + timedelta(days=1), time(), zone)


def rep_hours(rulebook: Rulebook, rep: RepSeed) -> OpenHours:
    """A rep's calendar less their absences. Raises KeyError for a calendar the rulebook lacks."""
    calendar = rulebook.calendars[rep.calendar]
    return open_hours(calendar).without(absence_span(absence, calendar.tz) for absence in rep.absences)
