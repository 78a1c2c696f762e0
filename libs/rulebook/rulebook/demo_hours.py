"""The hours of the stack that `make run` starts, so that a visitor sees everything within two minutes.

Offices are open round the clock, except those in Romania, which keep the hours as written: at night and on
weekends their leads show what holding looks like. The minutes of the agreement and of the pools are seconds.
"""

import copy
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rulebook.durations import format_duration, parse_duration

SPOKEN = "its minutes are seconds, and offices never close, except those in Romania"
"""The demo's hours, after `with the demo's hours:`."""

_KEEPS_ITS_HOURS = "Europe/Bucharest"
_ALWAYS = [["00:00", "24:00"]]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST = timedelta(seconds=5)


def with_demo_hours(rulebook: Mapping[str, Any]) -> dict[str, Any]:
    """The rulebook (as JSON) with the demo's hours and seconds; the one given is left as it is."""
    changed = copy.deepcopy(dict(rulebook))
    for calendar in changed["calendars"].values():
        if calendar["tz"] != _KEEPS_ITS_HOURS:
            calendar["week"] = dict.fromkeys(_DAYS, _ALWAYS)
            calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for promise in changed["agreement"]["sales"]["promises"].values():
        for name, target in promise.items():
            if name.endswith("_within") and target is not None:
                promise[name] = _minutes_as_seconds(target)
    for pool in changed["routing"]["pools"].values():
        for name in ("answer_takes", "relax_after"):
            if pool.get(name) is not None:
                pool[name] = _minutes_as_seconds(pool[name])
    return changed


def _minutes_as_seconds(target: str) -> str:
    length = parse_duration(target)
    if not isinstance(length, timedelta):
        raise TypeError(f"{target!r} is not a length of time")
    return format_duration(max(length / 60, _SHORTEST))
