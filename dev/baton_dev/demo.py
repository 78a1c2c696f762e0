"""What `make run` changes in the rulebook so that a visitor sees everything within two minutes, at any hour.

Offices are open round the clock, except those in Romania, which keep the hours as written: at night and on
weekends their leads show what holding looks like. The agreement's minutes are seconds.
"""

import copy
from datetime import timedelta
from typing import Any

from rulebook.durations import format_duration, parse_duration

_KEEPS_ITS_HOURS = "Europe/Bucharest"
_ALWAYS = [["00:00", "24:00"]]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST = timedelta(seconds=5)


def for_a_visitor(rulebook: dict[str, Any]) -> dict[str, Any]:
    """Return the rulebook (as JSON) with the demo's hours and seconds; the one given is left as it is."""
    changed = copy.deepcopy(rulebook)
    for calendar in changed["calendars"].values():
        if calendar["tz"] != _KEEPS_ITS_HOURS:
            calendar["week"] = dict.fromkeys(_DAYS, _ALWAYS)
            calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for promise in changed["agreement"]["sales"]["promises"].values():
        for name, target in promise.items():
            if name.endswith("_within") and target is not None:
                promise[name] = _minutes_as_seconds(target)
    return changed


def _minutes_as_seconds(target: str) -> str:
    length = parse_duration(target)
    if not isinstance(length, timedelta):
        raise TypeError(f"{target!r} is not a length of time")
    return format_duration(max(length / 60, _SHORTEST))
