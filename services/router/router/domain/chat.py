"""What a rep writes in a chat about themselves: that they are away, or back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from router.domain.moments import read_moment

LONGEST_REASON = 200
"""Characters; what is longer is cut, since nobody types it again."""


@dataclass(frozen=True, slots=True)
class SaysAway:
    """Away until `until`, from `start` or from now; days or moments as in `read_moment`."""

    start: date | datetime | None
    until: date | datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SaysBack:
    """At work again."""


def read_chat(text: str, today: date) -> SaysAway | SaysBack | None:
    """`away [FROM] UNTIL [REASON]` or `back`; None for anything else. `today`: the rep's own day.

    A day is written as 2026-03-06, today or tomorrow, a moment as 2026-03-06T15:00. The first word after the
    days begins the reason.
    """
    words = text.split()
    act = words[0].lower() if words else ""
    if act == "back" and len(words) == 1:
        return SaysBack()
    if act != "away":
        return None
    moments = _leading_moments(words[1:3], today)
    if not moments:
        return None
    reason = " ".join(words[1 + len(moments) :]).replace("\x00", "")[:LONGEST_REASON]
    start = moments[0] if len(moments) > 1 else None
    return SaysAway(start, moments[-1], reason or "away")


def _leading_moments(words: Sequence[str], today: date) -> list[date | datetime]:
    found: list[date | datetime] = []
    for word in words:
        moment = _moment(word, today)
        if moment is None:
            break
        found.append(moment)
    return found


def _moment(word: str, today: date) -> date | datetime | None:
    by_name = {"today": today, "tomorrow": today + timedelta(days=1)}
    if word.lower() in by_name:
        return by_name[word.lower()]
    try:
        return read_moment(word.upper().removesuffix(","))
    except ValueError:
        return None
