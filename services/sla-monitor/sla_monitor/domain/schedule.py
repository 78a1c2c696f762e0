"""A rep's working time during one round: the calendar of the handoff, then each change from its moment on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from worktime import Calendar, NeverOpens


@dataclass(frozen=True, slots=True)
class Change:
    """A rep's hours as they stand from `at` on."""

    revision: int
    at: datetime
    calendar: Calendar
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch with one calendar; `end` None is open-ended."""

    start: datetime
    end: datetime | None
    calendar: Calendar
    is_active: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """Working time made of spells that follow one another.

    A change never reaches back: time before it stays as the rep worked it, so a promise that was broken
    before the change stays broken and one that was kept stays kept. `revision` is the last one taken in.
    """

    spells: tuple[Spell, ...]
    revision: int = 0

    def add(self, start: datetime, budget: timedelta) -> datetime | None:
        """When `budget` of working time has passed since `start`; None when that never happens."""
        for spell in self.spells:
            begin = max(start, spell.start)
            if spell.end is not None:
                if spell.end <= begin:
                    continue
                within = spell.calendar.elapsed(begin, spell.end)
                if within < budget:
                    budget -= within
                    continue
            try:
                return spell.calendar.add(begin, budget)
            except NeverOpens:
                return None
        return None

    def elapsed(self, start: datetime, end: datetime, *, only_active: bool = False) -> timedelta:
        """Working time from `start` to `end`, zero when `end` is earlier.

        `only_active` leaves out the time after a rep has left.
        """
        total = timedelta(0)
        for spell, begin, finish in self._cut(start, end):
            if spell.is_active or not only_active:
                total += spell.calendar.elapsed(begin, finish)
        return total

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open intervals from `start` to `end`, in order."""
        for spell, begin, finish in self._cut(start, end):
            yield from spell.calendar.open_intervals(begin, finish)

    def _cut(self, start: datetime, end: datetime) -> Iterator[tuple[Spell, datetime, datetime]]:
        for number, spell in enumerate(self.spells):
            begin = start if number == 0 else max(start, spell.start)
            finish = end if spell.end is None else min(end, spell.end)
            if begin < finish:
                yield spell, begin, finish


def schedule(
    calendar: Calendar, *, revision: int, opened_at: datetime, changes: Iterable[Change] = ()
) -> Schedule:
    """The schedule of a round that opened at `opened_at` under `revision` of the rep's hours.

    Only later revisions count, in the order of their numbers, each from its own moment, at the earliest from
    the handoff.
    """
    marks: list[tuple[datetime, Calendar, bool]] = [(opened_at, calendar, True)]
    newest = revision
    for change in sorted(changes, key=lambda each: each.revision):
        if change.revision > revision:
            marks.append((max(change.at, marks[-1][0]), change.calendar, change.is_active))
            newest = change.revision
    ends: list[datetime | None] = [start for start, _, _ in marks[1:]]
    return Schedule(
        tuple(
            Spell(start, end, hours, active)
            for (start, hours, active), end in zip(marks, [*ends, None], strict=True)
        ),
        newest,
    )
