"""Company and calendars: can the time zone and the hours be meant."""

from zoneinfo import ZoneInfo, available_timezones

from rulebook.calendars import open_hours
from rulebook.documents import Loc
from rulebook.models import Calendar, Rulebook
from rulebook.report import Report, did_you_mean
from worktime import CalendarError

LONGEST_NIGHT = 12
"""Hours of a shift past midnight; a longer one has its two ends changed over."""


def check_hours(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with the company's zone and the calendars."""
    _check_zone(rulebook, report)
    _check_calendars(rulebook, report)


def _check_zone(rulebook: Rulebook, report: Report) -> None:
    try:
        ZoneInfo(rulebook.time_zone)
    except (ValueError, OSError, LookupError):
        known = [name for name in available_timezones() if "/" in name]
        hint = did_you_mean(rulebook.time_zone, known)
        report.error(
            ("time_zone",),
            f"`{rulebook.time_zone}` is no time zone",
            hint if len(hint) < 60 else "write an IANA name such as Europe/Madrid",
        )


def _check_calendars(rulebook: Rulebook, report: Report) -> None:
    for name, calendar in rulebook.calendars.items():
        for part in (calendar.model_copy(update={"holidays_of": None}), calendar):
            problem = _problem(part)
            if problem is not None:
                key = problem.key.split(".")[0].split("[")[0]
                message, _, hint = problem.problem.partition("; ")
                loc = ("calendars", name, key, *_day(problem.key))
                report.error(loc, message, hint or 'write hours such as mon: [["09:00", "17:00"]]')
            if problem is not None and calendar.holidays_of is None:
                break
        _check_week(name, calendar, report)


def _check_week(name: str, calendar: Calendar, report: Report) -> None:
    """Hours that can be meant, and are more likely a slip."""
    loc: Loc = ("calendars", name)
    if calendar.date_overrides and not any(calendar.week.values()):
        message = f"opens on {len(calendar.date_overrides)} single days only"
        report.warning((*loc, "week"), message, 'add hours such as mon: [["09:00", "17:00"]]')
    for day, shifts in calendar.week.items():
        for number, (start, end) in enumerate(shifts):
            hours = _hours_past_midnight(start, end)
            if hours is not None and hours > LONGEST_NIGHT:
                message = f"ends {end}, before it starts: {hours:g} hours, to the next day"
                hint = f'write ["{end}", "{start}"], or two shifts'
                report.warning((*loc, "week", day, number), message, hint)


def _hours_past_midnight(start: str, end: str) -> float | None:
    """Hours of a shift that ends on the next day; None for others, and for what is no time."""
    try:
        low, high = (int(hour) * 60 + int(minute) for hour, minute in (start.split(":"), end.split(":")))
    except ValueError:
        return None
    return (24 * 60 - low + high) / 60 if high < low else None


def _problem(calendar: Calendar) -> CalendarError | None:
    try:
        open_hours(calendar)
    except CalendarError as error:
        return error
    return None


def _day(key: str) -> tuple[str, ...]:
    inner = key.partition(".")[2].split("[")[0]
    return (inner,) if inner else ()
