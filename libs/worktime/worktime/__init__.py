"""Working-time arithmetic: when is it due, how much open time has passed, when does somebody open."""

from worktime.calendar import Calendar
from worktime.errors import CalendarError, NeverOpens
from worktime.hours import DAYS

__all__ = ["ALWAYS_OPEN", "Calendar", "CalendarError", "NeverOpens"]

ALWAYS_OPEN = Calendar.from_dict({"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in DAYS}})
"""Around the clock, in UTC."""
