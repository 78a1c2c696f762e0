"""A rep's hours as the worktime document that is stored and travels with each handoff."""

from collections.abc import Iterable, Mapping
from typing import Any

from rulebook.calendars import absence_span, calendar_document
from rulebook.models import Absence, Calendar

YEARS = 1, 3
"""Holidays of so many years back and ahead are kept: the document travels with every handoff."""


def hours_document(calendar: Calendar, *, year: int) -> dict[str, Any]:
    """The calendar without absences; `year` is the present one.

    Raises CalendarError for an unknown country.
    """
    document = calendar_document(calendar)
    first, last = str(year - YEARS[0]), str(year + YEARS[1] + 1)
    return {**document, "holidays": sorted(day for day in document["holidays"] if first <= day < last)}


def with_absences(hours: Mapping[str, Any], absences: Iterable[Absence]) -> dict[str, Any]:
    """The document with whole local days taken out, first and last day included."""
    spans = sorted({absence_span(each, hours["tz"]) for each in absences})
    if not spans:
        return dict(hours)
    return {**hours, "absences": [[start.isoformat(), end.isoformat()] for start, end in spans]}
