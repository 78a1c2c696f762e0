"""Open time as one number line: `position(t)` counts the open microseconds up to the instant `t`.

Adding a budget and measuring a span are then a search in sorted arrays, at a cost that does not depend on how
long the span is. The arrays are built a UTC year at a time, from the first year asked for outwards.
"""

from array import array
from bisect import bisect_left, bisect_right
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from typing import NamedTuple

from worktime.errors import NeverOpens
from worktime.hours import Hours
from worktime.instants import (
    FIRST_YEAR,
    HORIZON_END,
    HORIZON_START,
    LAST_YEAR,
    moment,
    outside_horizon,
    year_start,
)


class Table(NamedTuple):
    """Open spans from instant `low` to `high`: span i opens at `opens[i]`, at position `positions[i]`, and
    closes at position `positions[i + 1]`, where the next one opens. Positions are strictly rising."""

    low: int
    high: int
    opens: "array[int]"
    positions: "array[int]"


class Timeline:
    """Maps instants to positions and back. Positions are counted from an arbitrary fixed instant.

    Safe to share between threads. Grows by about 16 bytes a shift: two shifts on five days a week take
    8 KiB a year, and 1.1 MiB at most, for the whole horizon.
    """

    __slots__ = ("_hours", "_lock", "_table")

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._lock = Lock()
        self._table = Table(0, -1, array("q"), array("q", [0]))

    def position(self, at: int, key: str) -> int:
        """Open microseconds up to `at`. Raises CalendarError naming `key` outside the horizon."""
        low, high, opens, positions = self._table
        if not low <= at <= high:
            low, high, opens, positions = self._cover(at, key)
        index = bisect_right(opens, at) - 1
        if index < 0:
            return positions[0]
        return min(positions[index] + at - opens[index], positions[index + 1])

    def earliest(self, position: int) -> int:
        """The first instant with that position: at the end of a span its closing. Must be right of one known.

        Raises NeverOpens when the horizon ends before.
        """
        _, _, opens, positions = self._table
        while position > positions[-1]:
            _, _, opens, positions = self._grow(position - positions[-1])
        index = bisect_left(positions, position) - 1
        return opens[index] + position - positions[index]

    def latest(self, position: int) -> int:
        """The last instant with that position: at the end of a span the next opening.

        Raises NeverOpens when nothing opens before the horizon ends.
        """
        _, _, opens, positions = self._table
        while position >= positions[-1]:
            _, _, opens, positions = self._grow(position - positions[-1])
        index = bisect_right(positions, position) - 1
        return opens[index] + position - positions[index]

    def closing(self, at: int, key: str) -> int | None:
        """When the span open at `at` closes (a span may be cut at a year's end); None if `at` is not open."""
        low, high, opens, positions = self._table
        if not low <= at < high:
            low, high, opens, positions = self._cover(at, key)
        index = bisect_right(opens, at) - 1
        if index < 0:
            return None
        closing = opens[index] + positions[index + 1] - positions[index]
        return closing if at < closing else None

    def _cover(self, at: int, key: str) -> Table:
        """The table with the year of `at` in it."""
        if not HORIZON_START <= at <= HORIZON_END:
            raise outside_horizon(at, key)
        year = min(moment(at).year, LAST_YEAR)
        with self._lock:
            if self._table.high < self._table.low:
                self._table = self._append(
                    Table(year_start(year), year_start(year), array("q"), array("q", [0]))
                )
            while self._table.low > at:
                self._table = self._prepend(self._table)
            while self._table.high <= at and self._table.high < HORIZON_END:
                self._table = self._append(self._table)
            return self._table

    def _grow(self, missing: int) -> Table:
        """The table with one more year at its end, of which `missing` more open microseconds are needed."""
        with self._lock:
            if self._table.high >= HORIZON_END or missing > HORIZON_END - self._table.high:
                raise never_opens(missing)
            self._table = self._append(self._table)
            return self._table

    def _append(self, table: Table) -> Table:
        high = year_start(moment(table.high).year + 1)
        opens, lengths = self._year(table.high, high)
        positions = array("q", accumulate(lengths, initial=table.positions[-1]))
        return Table(table.low, high, table.opens + opens, table.positions[:-1] + positions)

    def _prepend(self, table: Table) -> Table:
        low = year_start(max(moment(table.low).year - 1, FIRST_YEAR))
        opens, lengths = self._year(low, table.low)
        positions = array("q", accumulate(lengths, initial=table.positions[0] - sum(lengths)))
        return Table(low, table.high, opens + table.opens, positions[:-1] + table.positions)

    def _year(self, low: int, high: int) -> tuple["array[int]", list[int]]:
        spans = self._hours.open_spans(low, high)
        return array("q", [start for start, _ in spans]), [end - start for start, end in spans]


def never_opens(missing: int) -> NeverOpens:
    """The error for a question whose answer lies beyond the horizon."""
    lacking = f", {timedelta(microseconds=missing)} short" if 0 < missing < HORIZON_END else ""
    return NeverOpens(
        "calendar",
        f"no more open time before the end of {LAST_YEAR}{lacking}; "
        "add shifts to week or date_overrides, end the absence, or ask for less",
    )


@lru_cache(maxsize=256)
def timeline(hours: Hours) -> Timeline:
    """The one timeline of equal rules: calendars of equal content share it, however often they are loaded.

    The 256 used last are kept, which bounds the memory of calendars nobody holds to 280 MiB if every one has
    been asked about all 130 years, 4 MiB if about two.
    """
    return Timeline(hours)
