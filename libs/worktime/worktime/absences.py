"""Real instants taken out of a calendar: a rep's absences, a timer's pauses.

They are laid over the positions of a shared timeline instead of being cut into a copy of it, so that the
calendar of one rep or one timer costs a few integers and no year of shifts is built twice.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate

from worktime.instants import HORIZON_END, HORIZON_START
from worktime.spans import Span, clip
from worktime.timeline import Timeline, never_opens

BEYOND = 1 << 62
"""A position no calendar reaches: where an absence without return ends."""


class Absences:
    """Translates positions of the timeline to positions that leave absences out, and back."""

    __slots__ = ("_begin", "_kept", "_removed", "_size", "_spans", "_starts")

    def __init__(self, spans: tuple[Span, ...], line: Timeline) -> None:
        """`spans` in microseconds, as `spans.union` returns them."""
        self._spans = clip(list(spans), HORIZON_START, HORIZON_END)
        self._starts = [start for start, _ in self._spans]
        taken = [(line.position(start, "absences"), _return(end, line)) for start, end in self._spans]
        taken = [(start, end) for start, end in taken if end > start]
        self._begin = [start for start, _ in taken]
        self._size = [end - start for start, end in taken]
        self._removed = list(accumulate(self._size, initial=0))
        self._kept = [start - gone for start, gone in zip(self._begin, self._removed, strict=False)]

    def kept(self, position: int) -> int:
        """Open time up to a position, absences left out."""
        index = bisect_right(self._begin, position) - 1
        if index < 0:
            return position
        return position - self._removed[index] - min(position - self._begin[index], self._size[index])

    def earliest(self, kept: int) -> int:
        """The first position with that much kept: at an absence, its beginning."""
        return self._reachable(kept + self._removed[bisect_left(self._kept, kept)])

    def latest(self, kept: int) -> int:
        """The last position with that much kept: at an absence, its end."""
        return self._reachable(kept + self._removed[bisect_right(self._kept, kept)])

    def next_start(self, at: int) -> int | None:
        """When the next absence begins, at `at` or later."""
        index = bisect_left(self._starts, at)
        return self._starts[index] if index < len(self._starts) else None

    def cover(self, at: int) -> bool:
        """Whether the instant lies in an absence."""
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._spans[index][1]

    def _reachable(self, position: int) -> int:
        if position > HORIZON_END - HORIZON_START:
            raise never_opens(0)
        return position


def _return(end: int, line: Timeline) -> int:
    """The position at which an absence ends; one without return does not need the years until then built."""
    return BEYOND if end >= HORIZON_END else line.position(end, "absences")
