"""When a form has been silent for too long: measured in what would usually have come meanwhile.

Hours of the night and the weekend in which nothing usually comes add nothing to a silence, whatever the clock
says. A silence is as long as the number of submissions that the form's own pattern (by weekday and hour of
the company, over the last four to eight weeks) expects in it. The usual silence of a weekday is the median,
over its dates, of the longest one that ended on it; a form is silent when three times that has passed, and at
least as much as chance alone brings about once in two years.

That least length keeps forms that rarely bring anything quiet. Measured this way, the silences of a form
that people fill in independently of each other are distributed exponentially with mean 1, so of `a` silences
a year `a * exp(-x)` are longer than x. The mean is an estimate from n submissions; with that counted in (a
gamma estimate of the rate, so a Lomax distribution of the next silence) a silence exceeds x with probability
`(1 + x/n) ** -n`, which is below 1/(2a) from `x = n * ((2a) ** (1/n) - 1)` on: 6.5 for three submissions a
week, that is about fifteen days, and 8.4 for eight a working day, about one day. Of a form with many
submissions that come more evenly than by chance this shrinks with the spread of its silences, to nothing
where they are all alike.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import log
from statistics import median
from zoneinfo import ZoneInfo

SLOT = timedelta(minutes=15)
"""Submissions are counted by quarters of an hour."""
HISTORY = timedelta(weeks=8)
LEAST_HISTORY = timedelta(weeks=4)
LEAST_A_WEEK = 2
"""A form with fewer submissions a week, over the weeks looked at, is too rare to be missed."""
LEAST_DATES = 3
"""A weekday with fewer dates on which anything came takes the usual silence of all days."""
TIMES = 3
SHORTEST = timedelta(minutes=30)
BY_CHANCE_A_YEAR = 0.5
"""So often a year chance alone may make a form silent for as long as is told."""
ENOUGH_FOR_SPREAD = 100
"""Silences from which their spread is taken; with fewer it is that of pure chance."""
_SPREAD_OF_CHANCE = log(5.0)
"""Between the median and the ninth decile of an exponential distribution with mean 1."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What usually comes: submissions an hour by weekday and hour, the usual silence by weekday, and what no
    silence is told before, in submissions.
    """

    zone: ZoneInfo
    rates: Mapping[tuple[int, int], float]
    usual: Mapping[int, float]
    any_day: float
    least: float = 0.0

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

    def too_long_on(self, at: datetime) -> float:
        """From which length on a silence is told on that weekday, in submissions."""
        return max(TIMES * self.usual_on(at), self.least)


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
    count = sum(n for _, n in kept)
    if span < LEAST_HISTORY - timedelta(days=1) or count < LEAST_A_WEEK * weeks:
        return None
    sums: dict[tuple[int, int], float] = defaultdict(float)
    for slot, submissions in kept:
        local = slot.astimezone(zone)
        sums[local.weekday(), local.hour] += submissions
    rates = {hour: total / max(weeks, 1.0) for hour, total in sums.items()}
    chance = longest_by_chance(count, count / weeks * 52)
    return _with_usual(Pattern(zone, rates, {}, 1.0), [slot for slot, _ in kept], chance)


def longest_by_chance(count: int, a_year: float) -> float:
    """The silence that a form with so many submissions a year exceeds by chance BY_CHANCE_A_YEAR times, in
    submissions, where their rate is known from `count` of them. See the head of this module.
    """
    wanted: float = (max(a_year, 1.0) / BY_CHANCE_A_YEAR) ** (1 / count)
    return count * (wanted - 1)


def _spread(gaps: Sequence[float]) -> float:
    """The spread of silences as a share of that of pure chance, 0 to 1."""
    if len(gaps) < ENOUGH_FOR_SPREAD:
        return 1.0
    ordered = sorted(gaps)
    middle, ninth = ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10]
    return min(1.0, (ninth - middle) / _SPREAD_OF_CHANCE)


def _with_usual(plain: Pattern, slots: Sequence[datetime], chance: float) -> Pattern:
    longest: dict[date, float] = {}
    measure = _Measure(plain, slots[0], slots[-1])
    gaps: list[float] = []
    for before, after in pairwise(slots):
        day, gap = after.astimezone(plain.zone).date(), measure.between(before, after)
        longest[day] = max(longest.get(day, 0.0), gap)
        gaps.append(gap)
    by_weekday: dict[int, list[float]] = defaultdict(list)
    for day, gap in longest.items():
        by_weekday[day.weekday()].append(gap)
    usual = {
        weekday: max(1.0, median(gaps)) for weekday, gaps in by_weekday.items() if len(gaps) >= LEAST_DATES
    }
    any_day = max(1.0, median(longest.values())) if longest else 1.0
    return Pattern(plain.zone, plain.rates, usual, any_day, chance * _spread(gaps))


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
    too_long = pattern.too_long_on(read_up_to)
    return Silence(last_at, expected, usual) if expected >= too_long - 1e-9 else None
