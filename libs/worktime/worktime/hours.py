"""The wall-clock rules of a calendar, and the instants at which they open and close."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worktime.instants import DAY, EPOCH_ORDINAL, SECOND
from worktime.spans import Span, clip, difference, union

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 1440
WHOLE_DAY: Span = (0, MINUTES_A_DAY)

Shifts = tuple[Span, ...]
"""Minutes from a date's midnight on the wall clock; an end above 1440 lies on the next date."""
ByDate = tuple[tuple[date, Shifts], ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a calendar is open by the wall clock of `tz`. Tuples are sorted, so equal rules are equal values.

    A shift belongs to the date on which it begins. `overrides` replace the weekday's shifts and breaks, and
    win over a holiday. Nothing is open on any part of a holiday. Breaks are taken out of whatever is open.
    """

    tz: str
    week: tuple[Shifts, ...]
    breaks: tuple[Shifts, ...]
    holidays: tuple[date, ...]
    overrides: ByDate
    date_breaks: ByDate
    _zone: ZoneInfo = field(init=False, compare=False, repr=False)
    _overrides: dict[date, Shifts] = field(init=False, compare=False, repr=False)
    _date_breaks: dict[date, Shifts] = field(init=False, compare=False, repr=False)
    _holidays: frozenset[date] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.tz))
        object.__setattr__(self, "_overrides", dict(self.overrides))
        object.__setattr__(self, "_date_breaks", dict(self.date_breaks))
        object.__setattr__(self, "_holidays", frozenset(self.holidays))

    def open_spans(self, low: int, high: int) -> list[Span]:
        """Open spans from `low` to `high` (microseconds), sorted and disjoint. Costs time per day."""
        opening: list[Span] = []
        closing: list[Span] = []
        # A local date begins up to 14 h before and ends up to 12 h after its UTC namesake, and a shift may
        # run into the next date.
        for ordinal in range(low // DAY - 3 + EPOCH_ORDINAL, high // DAY + 2 + EPOCH_ORDINAL):
            day = date.fromordinal(ordinal)
            opening.extend(self._on_the_clock(ordinal, self._shifts_on(day)))
            closing.extend(self._on_the_clock(ordinal, self._closures_on(day)))
        return clip(difference(union(opening), union(closing)), low, high)

    def _shifts_on(self, day: date) -> Shifts:
        override = self._overrides.get(day)
        if override is not None:
            return override
        return () if day in self._holidays else self.week[day.weekday()]

    def _closures_on(self, day: date) -> Shifts:
        once = self._date_breaks.get(day, ())
        if day in self._overrides:
            return once
        if day in self._holidays:
            return (WHOLE_DAY,)
        return self.breaks[day.weekday()] + once

    def _on_the_clock(self, ordinal: int, shifts: Shifts) -> Iterator[Span]:
        for start, end in shifts:
            yield edge(self._zone, ordinal, start), edge(self._zone, ordinal, end)


def edge(zone: ZoneInfo, ordinal: int, minute: int) -> int:
    """The first instant (microseconds) at which the zone's clock reads that date and minute, or later.

    A time that exists twice (autumn) gives its first occurrence, one that does not exist (spring) the end of
    the gap. Never decreases in (ordinal, minute), so no shift can end before it starts.
    """
    wall = datetime.fromordinal(ordinal) + timedelta(minutes=minute)
    seconds = (wall.toordinal() - EPOCH_ORDINAL) * 86_400 + wall.hour * 3600 + wall.minute * 60
    before = _offset(wall.replace(tzinfo=zone))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    if before >= after:
        return (seconds - before) * SECOND
    return _end_of_gap(zone, seconds - after, seconds - before) * SECOND


def _end_of_gap(zone: ZoneInfo, low: int, high: int) -> int:
    """The clock change after `low` and not after `high` (seconds), found by halving."""
    old = _offset(datetime.fromtimestamp(low, zone))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == old:
            low = middle
        else:
            high = middle
    return high


def _offset(at: datetime) -> int:
    """Seconds east of UTC; time zones since 1970 use whole seconds."""
    offset = at.utcoffset() or timedelta()
    return offset.days * 86_400 + offset.seconds
