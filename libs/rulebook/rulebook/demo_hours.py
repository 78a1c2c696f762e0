"""The hours of the stack that `make run` starts, so that a visitor sees everything within two minutes.

Offices are open round the clock, except those in Romania, which keep the hours as written: at night and on
weekends their leads show what holding looks like. The minutes of the agreement and of the pools are seconds.
"""

import copy
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rulebook.agreements import MAIN
from rulebook.durations import format_hours, parse_duration

SPOKEN = "its minutes are seconds, and offices never close, except those in Romania"
"""The demo's hours, after `with the demo's hours:`."""

_KEEPS_ITS_HOURS = "Europe/Bucharest"
_ALWAYS = [["00:00", "24:00"]]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LENGTHS = ("promises", "lines", "teams", "reminders")
_SHORTEST = timedelta(seconds=5)


def with_demo_hours(rulebook: Mapping[str, Any]) -> dict[str, Any]:
    """The rulebook (as JSON) with the demo's hours and seconds; the one given is left as it is."""
    changed = copy.deepcopy(dict(rulebook))
    for calendar in changed["calendars"].values():
        if calendar["tz"] != _KEEPS_ITS_HOURS:
            calendar["week"] = dict.fromkeys(_DAYS, _ALWAYS)
            calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for agreement in _agreements(changed).values():
        _hurry(agreement["sales"])
    for pool in changed["routing"]["pools"].values():
        for name in ("answer_takes", "relax_after"):
            if pool.get(name) is not None:
                pool[name] = _minutes_as_seconds(pool[name])
    return changed


def is_promised_otherwise(published: Mapping[str, Any], demo: Mapping[str, Any]) -> bool:
    """Whether an agreement that both rulebooks have (as JSON) promises other lengths in one than in the
    other."""
    ours, theirs = _agreements(published), _agreements(demo)
    return any(_promised(ours[name]) != _promised(theirs[name]) for name in ours.keys() & theirs.keys())


def _agreements(rulebook: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {**rulebook.get("agreements", {}), MAIN: rulebook["agreement"]}


def _promised(agreement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: agreement["sales"].get(key) or {} for key in _LENGTHS}


def _hurry(sales: dict[str, Any]) -> None:
    """Minutes as seconds in every promise of sales: the general ones, those of lines and of teams."""
    of_others = [*sales.get("lines", {}).values(), *sales.get("teams", {}).values()]
    for promises in (sales.get("promises", {}), *of_others):
        for promise in promises.values():
            for name, target in promise.items():
                if name.endswith("_within") and target is not None:
                    promise[name] = _minutes_as_seconds(target)
            if promise.get("attempts"):
                promise["attempts"] = _hurried_tries(promise["attempts"])
    reminders = sales.get("reminders")
    if reminders:
        reminders["every"] = _minutes_as_seconds(reminders["every"])


def _hurried_tries(tries: Mapping[str, Any]) -> dict[str, Any]:
    """Tries in seconds. What is shortened no further leaves room for all of them."""
    found = {**tries, "within": _minutes_as_seconds(tries["within"])}
    if tries.get("apart") is not None:
        found["apart"] = _minutes_as_seconds(tries["apart"])
        needed = _length(found["apart"]) * (tries["count"] - 1)
        found["within"] = format_hours(max(_length(found["within"]), needed))
    return found


def _minutes_as_seconds(target: str) -> str:
    return format_hours(max(_length(target) / 60, _SHORTEST))


def _length(text: str) -> timedelta:
    length = parse_duration(text)
    if not isinstance(length, timedelta):
        raise TypeError(f"{text!r} is not a length of time")
    return length
