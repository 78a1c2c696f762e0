"""Lengths as they were written, which only the text shows: bare numbers, and working time in days."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from rulebook.agreed_hours import Hours, promised_by
from rulebook.agreements import MAIN
from rulebook.check_agreements import place_of_agreement
from rulebook.check_promise_lengths import promises_of
from rulebook.documents import Loc
from rulebook.durations import format_hours, parse_duration
from rulebook.models import Agreement, Rulebook
from rulebook.report import Report

_MINUTE = 60
_DAYS = re.compile(r"\s*(\d{1,6})d", re.ASCII | re.IGNORECASE)
_QUARTER = timedelta(minutes=15)


def check_written(value: Mapping[str, Any], rulebook: Rulebook, report: Report) -> None:
    """Warn of lengths without a unit, which are seconds, and of promises in days: `2d` is 48 hours of work,
    about a week and a half. `value`: as the YAML says it."""
    for loc, number in _without_unit((), value, rulebook):
        hint = f"write {number:g}s, or {_in_minutes(number)} if minutes were meant"
        report.warning(loc, f"{number:g} without a unit is {number:g} seconds", hint)
    if report.is_partial("calendars") or report.is_partial("reps"):
        return
    hours = Hours(rulebook)
    written = {MAIN: value.get("agreement"), **_mapping(value.get("agreements"))}
    for name, text in written.items():
        agreement = rulebook.agreement if name == MAIN else rulebook.agreements.get(name)
        if agreement is not None:
            for where, length in _in_days(_mapping(text), agreement):
                calendar = _calendar(rulebook, agreement, hours)
                _tell((*place_of_agreement(name), *where), length, calendar, hours, report)


def _without_unit(loc: Loc, said: object, read: object) -> Iterator[tuple[Loc, float]]:
    """Bare numbers that were read as lengths, with their places. `read`: what became of `said`."""
    if isinstance(read, timedelta):
        if isinstance(said, int | float) and said:
            yield loc, said
    elif isinstance(read, BaseModel):
        by_key = {field.alias or name: name for name, field in type(read).model_fields.items()}
        for key, inner in _mapping(said).items():
            yield from _without_unit((*loc, key), inner, getattr(read, by_key.get(key, key), None))
    elif isinstance(read, Mapping):
        for key, inner in _mapping(said).items():
            yield from _without_unit((*loc, key), inner, read.get(key))
    elif isinstance(read, list) and isinstance(said, list):
        for number, (inner, found) in enumerate(zip(said, read, strict=False)):
            yield from _without_unit((*loc, number), inner, found)


def _in_minutes(number: float) -> str:
    return format_hours(timedelta(seconds=number * _MINUTE))


def _in_days(text: Mapping[str, Any], agreement: Agreement) -> Iterator[tuple[Loc, str]]:
    """The lengths of promises and reminders that name days, with their places."""
    sales = _mapping(text.get("sales"))
    for (_, *keys), _, promises in promises_of(agreement):
        said = sales
        for key in keys:
            said = _mapping(said.get(str(key)))
        for quadrant in promises:
            here = ("sales", *keys, quadrant.value)
            yield from _days_of(here, _mapping(said.get(quadrant.value)))
    reminders = _mapping(sales.get("reminders"))
    if not reminders.get("at_night"):
        yield from _days_of(("sales", "reminders"), reminders)


def _days_of(loc: Loc, said: Mapping[str, Any]) -> Iterator[tuple[Loc, str]]:
    for key, length in said.items():
        if isinstance(length, str) and _DAYS.match(length):
            yield (*loc, key), length
        elif key == "attempts":
            yield from _days_of((*loc, key), _mapping(length))


def _calendar(rulebook: Rulebook, agreement: Agreement, hours: Hours) -> str | None:
    """The agreement's calendar, else that of most reps who promise something."""
    if hours.of(agreement.calendar or "") is not None:
        return agreement.calendar
    reps = [
        rep
        for _, scope, promises in promises_of(agreement)
        if promises
        for rep in promised_by(rulebook, agreement, scope).values()
    ]
    used = [rep.calendar for rep in reps if hours.of(rep.calendar) is not None]
    return max(sorted(set(used)), key=used.count) if used else None


def _tell(loc: Loc, text: str, calendar: str | None, hours: Hours, report: Report) -> None:
    length, days = parse_duration(text), _DAYS.match(text)
    day = hours.day_mean(calendar) if calendar is not None else timedelta(0)
    if not isinstance(length, timedelta) or days is None or not length or day >= timedelta(hours=24):
        return
    number = int(days[1])
    message = f"`{text}` is {format_hours(length)} of working time"
    meant = ""
    if calendar is not None and day:
        message += f", about {length / day:.1f} working days of `{calendar}`"
        wanted = max(round(day * number / _QUARTER), 1) * _QUARTER
        meant = f", or {format_hours(wanted)} if {number} working day{'s' if number > 1 else ''} were meant"
    report.warning(loc, message, f"write {format_hours(length)}{meant}: promises are hours of work")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
