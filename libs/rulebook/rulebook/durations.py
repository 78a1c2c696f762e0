"""Lengths of working time as people write them: 90s, 15m, 1h30m, 2d (a day is 24 hours of working time)."""

import re
from collections.abc import Mapping
from datetime import timedelta

_PART = re.compile(r"(\d{1,12})(d|h|m|s)", re.ASCII)
LONGEST = timedelta(days=36_500)
"""A century: no calendar answers for more."""
_BOUNDS = f"write a length of time from 0s to {LONGEST.days}d"
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(value: object) -> object:
    """A timedelta from text such as `15m` or `1h30m`; anything else passes through for pydantic to judge.

    Raises ValueError saying what to write instead.
    """
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"write a length of time such as 15m, 1h30m or 90s instead of {value!r}")
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{_BOUNDS} instead of {value!r}")
    return timedelta(seconds=seconds)


def check_bounds(value: timedelta) -> timedelta:
    """The same length. Raises ValueError for one below zero or above LONGEST, or of no whole seconds, as bare
    numbers may be."""
    if not timedelta(0) <= value <= LONGEST:
        raise ValueError(f"{_BOUNDS} instead of {value.total_seconds():.0f} seconds")
    if value.microseconds:
        raise ValueError(f"write whole seconds, such as 90s, instead of {value.total_seconds():g} seconds")
    return value


def format_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back; whole seconds only."""
    return _in_units(value, _SECONDS)


def format_hours(value: timedelta) -> str:
    """The same without days, as `60h` and not `2d12h`: nobody works a day of 24 hours."""
    return _in_units(value, {unit: seconds for unit, seconds in _SECONDS.items() if unit != "d"})


def _in_units(value: timedelta, units: Mapping[str, int]) -> str:
    left = int(value.total_seconds())
    parts = []
    for unit, seconds in units.items():
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
