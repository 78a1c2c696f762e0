"""When a form has been silent for too long: measured in what would usually have come meanwhile.

Hours of the night and the weekend in which nothing usually comes add nothing to a silence, whatever the clock
says. A silence is as long as the number of submissions that the form's own pattern (by weekday and hour of
the company, over the last four to eight weeks) expects in it. The usual silence of a weekday is the median,
over its dates, of the longest one that ended on it; a form is silent when three times that has passed.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

SLOT = timedelta(minutes=15)
"""Submissions are counted by quarters of an hour."""
HISTORY = timedelta(weeks=8)
LEAST_HISTORY = timedelta(weeks=4)
LEAST_A_WEEK = 3
"""A form with fewer submissions a week is too rare to be missed."""
LEAST_DATES = 3
"""A weekday with fewer dates on which anything came takes the usual silence of all days."""
TIMES = 3
SHORTEST = timedelta(minutes=30)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What usually comes: submissions an hour by weekday and hour, and the usual silence by weekday."""

    zone: ZoneInfo
    rates: Mapping[tuple[int, int], float]
    usual: Mapping[int, float]
    any_day: float

    def expected(self, start: datetime, end: datetime) -> float:
        """How many submissions would usually come from `start` to `end`; of eight weeks at most."""
        total, at = 0.0, max(start, end - HISTORY)
        while at < end:
            local = at.astimezone(self.zone)
            following = min(end, at + (_HOUR - (at - at.replace(minute=0, second=0, microsecond=0))))
            total += self.rates.get((local.weekday(), local.hour), 0.0) * ((following - at) / _HOUR)
            at = following
        return total

    def usual_on(self, at: datetime) -> float:
        """The usual longest silence of that weekday, in submissions."""
        return self.usual.get(at.astimezone(self.zone).weekday(), self.any_day)


@dataclass(frozen=True, slots=True)
class Silence:
    """A form that has been silent for too long: since when, and how many would usually have come."""

    since: datetime
    expected: float
    usual: float


def pattern_of(slots: Sequence[tuple[datetime, int]], zone: ZoneInfo) -> Pattern | None:
    """The pattern of a form whose submissions came in these quarters of an hour, oldest first.

    None for a form that is too young, or too rare.
    """
    if not slots:
        return None
    last = slots[-1][0]
    kept = [each for each in slots if each[0] >= last - HISTORY]
    span = last - kept[0][0]
    weeks = span / timedelta(weeks=1)
    if span < LEAST_HISTORY - timedelta(days=1) or sum(n for _, n in kept) < LEAST_A_WEEK * weeks:
        return None
    sums: dict[tuple[int, int], float] = defaultdict(float)
    for slot, submissions in kept:
        local = slot.astimezone(zone)
        sums[local.weekday(), local.hour] += submissions
    rates = {hour: total / max(weeks, 1.0) for hour, total in sums.items()}
    return _with_usual(Pattern(zone, rates, {}, 1.0), [slot for slot, _ in kept])


def _with_usual(plain: Pattern, slots: Sequence[datetime]) -> Pattern:
    longest: dict[date, float] = {}
    measure = _Measure(plain, slots[0], slots[-1])
    for before, after in pairwise(slots):
        day = after.astimezone(plain.zone).date()
        longest[day] = max(longest.get(day, 0.0), measure.between(before, after))
    by_weekday: dict[int, list[float]] = defaultdict(list)
    for day, gap in longest.items():
        by_weekday[day.weekday()].append(gap)
    usual = {
        weekday: max(1.0, median(gaps)) for weekday, gaps in by_weekday.items() if len(gaps) >= LEAST_DATES
    }
    any_day = max(1.0, median(longest.values())) if longest else 1.0
    return Pattern(plain.zone, plain.rates, usual, any_day)


class _Measure:
    """`Pattern.expected` for thousands of stretches of one time, each looked up instead of added up."""

    def __init__(self, pattern: Pattern, start: datetime, end: datetime) -> None:
        self._starts: list[datetime] = []
        self._sums: list[float] = []
        self._rates: list[float] = []
        at, total = start.replace(minute=0, second=0, microsecond=0), 0.0
        while at <= end:
            local = at.astimezone(pattern.zone)
            rate = pattern.rates.get((local.weekday(), local.hour), 0.0)
            self._starts.append(at)
            self._sums.append(total)
            self._rates.append(rate)
            at, total = at + _HOUR, total + rate

    def between(self, start: datetime, end: datetime) -> float:
        return self._up_to(end) - self._up_to(start)

    def _up_to(self, at: datetime) -> float:
        place = bisect_right(self._starts, at) - 1
        return self._sums[place] + self._rates[place] * ((at - self._starts[place]) / _HOUR)


def silence_of(pattern: Pattern | None, last_at: datetime, read_up_to: datetime) -> Silence | None:
    """Whether the form has been silent for too long, by what has been read up to a moment."""
    if pattern is None or read_up_to - last_at < SHORTEST:
        return None
    expected, usual = pattern.expected(last_at, read_up_to), pattern.usual_on(read_up_to)
    return Silence(last_at, expected, usual) if expected >= TIMES * usual - 1e-9 else None
