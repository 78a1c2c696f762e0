"""Weeks and ramp-ups as people type them."""

import re
from collections.abc import Sequence
from typing import Any

from baton_cli.errors import BadUsage

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def read_week(words: Sequence[str]) -> dict[str, list[list[str]]]:
    """A week of words such as mon-thu 09:00-14:00 fri,sat 10:00-12:00. Raises BadUsage."""
    week: dict[str, list[list[str]]] = {}
    days: list[str] = []
    for word in words:
        shift = _SHIFT.fullmatch(word)
        if shift is None:
            days = _days(word)
            week.update({day: [] for day in days})
        elif not days:
            raise BadUsage(f"{word}: write the days first, as mon-fri {word}.")
        else:
            for day in days:
                week[day].append([shift[1], shift[2]])
    closed = [day for day, shifts in week.items() if not shifts]
    if closed:
        raise BadUsage(f"{closed[0]}: write its shifts, as {closed[0]} 09:00-18:00, or leave the day out.")
    return week


def _days(word: str) -> list[str]:
    found: list[str] = []
    for part in word.lower().split(","):
        first, _, last = part.partition("-")
        last = last or first
        if first not in DAYS or last not in DAYS or DAYS.index(last) < DAYS.index(first):
            raise BadUsage(f"{word} is neither days nor a shift; write as mon-fri, tue,thu or 09:00-14:00.")
        found += DAYS[DAYS.index(first) : DAYS.index(last) + 1]
    return found


def read_ramp_up(text: str) -> dict[str, Any] | None:
    """A ramp-up of a word such as 2026-03-02/4/0.25; None for `none`. Raises BadUsage."""
    if text == "none":
        return None
    day, _, rest = text.partition("/")
    weeks, _, start = rest.partition("/")
    try:
        found: dict[str, Any] = {"first_day": day}
        if weeks:
            found["weeks"] = int(weeks)
        if start:
            found["start"] = float(start)
    except ValueError:
        raise BadUsage(f"--ramp-up {text}: write DAY/WEEKS/START, as 2026-03-02/4/0.25, or none.") from None
    return found


def read_way(word: str) -> dict[str, str]:
    """A way of telling somebody, as CHANNEL[:TO][#SECRET], in Slack also slack:CHANNEL@MEMBER; the router
    says what one of them lacks."""
    rest, _, secret = word.partition("#")
    channel, _, to = rest.partition(":")
    to, _, member = to.partition("@") if channel == "slack" else (to, "", "")
    found = {"channel": channel, "to": to, "secret": secret, "member": member}
    return {name: value for name, value in found.items() if value}
