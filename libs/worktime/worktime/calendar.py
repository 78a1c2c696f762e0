"""The calendar: due times, elapsed time and openings, answered from the shared timeline of its hours."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from worktime.absences import Absences
from worktime.document import absence_spans, read_absences, read_hours, write
from worktime.errors import CalendarError, NeverOpens
from worktime.hours import Hours
from worktime.instants import (
    DAY,
    FIRST_YEAR,
    HORIZON_END,
    HORIZON_START,
    LAST_YEAR,
    instant,
    micros,
    moment,
    outside_horizon,
    year_start,
)
from worktime.spans import Span, clip, difference, union
from worktime.timeline import Timeline, timeline


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works. Immutable and hashable; calendars with equal content are equal.

    Every datetime passed in must carry an offset and lie in the years 1970 to 2099, every datetime returned
    is in UTC; all are exact to the microsecond. CalendarError says what is wrong with an argument, NeverOpens
    that the answer would lie beyond 2099. Open intervals are half-open: a calendar is open at its opening,
    closed at its closing.
    """

    hours: Hours
    absences: tuple[Span, ...] = ()
    _line: Timeline = field(init=False, compare=False, repr=False)
    _away: Absences | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_line", timeline(self.hours))
        object.__setattr__(self, "_away", Absences(self.absences, self._line) if self.absences else None)

    def __reduce__(self) -> tuple[type[Self], tuple[Hours, tuple[Span, ...]]]:
        return type(self), (self.hours, self.absences)

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Self:
        """Read the JSON shape that the README describes.

        Raises CalendarError naming the key that is wrong, and for a calendar that is never open before 2100.
        """
        hours = read_hours(document)
        absences = read_absences(document)
        if not _ever_opens(hours, absences):
            raise CalendarError(
                "week" if not absences else "absences",
                f"no open time from {FIRST_YEAR} to {LAST_YEAR}; write at least one shift that no holiday, "
                'break or absence takes out, as {"mon": [["09:00", "17:00"]]}',
            )
        return cls(hours, absences)

    def to_dict(self) -> dict[str, Any]:
        """The JSON-ready document that `from_dict` reads back as an equal calendar."""
        return write(self.hours, self.absences)

    def without(self, absences: Iterable[tuple[datetime, datetime]]) -> Self:
        """This calendar with more real instants taken out (half-open): absences of a rep, pauses of a timer.

        Cheap: the shifts are shared. What is left may never open: then is_open is false, elapsed zero, and
        the others raise NeverOpens.
        """
        spans = absence_spans(absences)
        return replace(self, absences=tuple(union(self.absences + spans))) if spans else self

    def add(self, start: datetime, budget: timedelta) -> datetime:
        """When `budget` of open time has passed since `start`.

        A budget that ends exactly at closing is due at closing; a zero budget is due at the next opening.
        Raises CalendarError for a negative budget.
        """
        position = self._line.position(instant(start, "start"), "start")
        wanted = micros(budget)
        if wanted <= 0:
            if wanted < 0:
                raise CalendarError("budget", f"{budget} is negative; pass zero or more")
            return moment(self._latest(position))
        away = self._away
        if away is None:
            return moment(self._line.earliest(position + wanted))
        return moment(self._line.earliest(away.earliest(away.kept(position) + wanted)))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Real time inside open intervals from `start` to `end`. Raises CalendarError if `end` is earlier."""
        low, high = _ordered(start, end)
        since, until = self._line.position(low, "start"), self._line.position(high, "end")
        away = self._away
        if away is not None:
            since, until = away.kept(since), away.kept(until)
        return timedelta(0, 0, until - since)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself if open, else the next opening. Raises NeverOpens if there is none before 2100."""
        return moment(self._latest(self._line.position(instant(at, "at"), "at")))

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in an open interval; false at its closing."""
        point = instant(at, "at")
        if self._line.closing(point, "at") is None:
            return False
        return self._away is None or not self._away.cover(point)

    def open_until(self, at: datetime) -> datetime | None:
        """When the interval open at `at` ends, 2100 at the latest; None if closed at `at`."""
        if not self.is_open(at):
            return None
        return moment(self._closing(instant(at, "at"), HORIZON_END))

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open intervals from `start` to `end`, cut to them, in order; none touches the next."""
        low, high = _ordered(start, end)
        for key, point in (("start", low), ("end", high)):
            if not HORIZON_START <= point <= HORIZON_END:
                raise outside_horizon(point, key)
        return self._walk(low, high)

    def _latest(self, position: int) -> int:
        away = self._away
        if away is not None:
            position = away.latest(away.kept(position))
        return self._line.latest(position)

    def _walk(self, low: int, high: int) -> Iterator[tuple[datetime, datetime]]:
        while low < high:
            try:
                opening = self._latest(self._line.position(low, "start"))
            except NeverOpens:
                return
            if opening >= high:
                return
            low = self._closing(opening, high)
            yield moment(opening), moment(low)

    def _closing(self, opening: int, high: int) -> int:
        """When the interval open at `opening` ends, `high` at the latest, across the seams between years."""
        absence = self._away.next_start(opening) if self._away is not None else None
        limit = high if absence is None else min(high, absence)
        closing = opening
        while closing < limit and (following := self._line.closing(closing, "end")) is not None:
            closing = following
        return min(closing, limit)


def _ordered(start: datetime, end: datetime) -> Span:
    low, high = instant(start, "start"), instant(end, "end")
    if high < low:
        raise CalendarError("end", f"{end.isoformat()} is before start {start.isoformat()}; swap the two")
    return low, high


@lru_cache(maxsize=256)
def _ever_opens(hours: Hours, absences: tuple[Span, ...]) -> bool:
    """Whether anything is open in the horizon. Looks first where an ordinary calendar is open."""
    if not any(hours.week) and not any(shifts for _, shifts in hours.overrides):
        return False
    holes = clip(list(absences), HORIZON_START, HORIZON_END)
    week = 8 * DAY
    likely = [HORIZON_START, *(end for _, end in holes), *(start - week for start, _ in holes)]
    windows = [(low, low + week) for low in likely]
    windows += [(year_start(year), year_start(year + 1)) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    return any(
        difference(hours.open_spans(low, high), holes)
        for low, high in windows
        if low >= HORIZON_START and high <= HORIZON_END
    )
