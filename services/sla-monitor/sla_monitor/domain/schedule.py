"""A rep's working time during one round: the calendar of the handoff, then each change from its moment on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from worktime import Calendar, NeverOpens

FOREVER = datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
"""A pause that ends later has no end: no calendar answers for much later."""


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
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Working time made of spells that follow one another.

    A change never reaches back: time before it stays as the rep worked it, so a promise that was broken
    before the change stays broken and one that was kept stays kept.
    """

    spells: tuple[Spell, ...]

    @property
    def revision(self) -> int:
        """The last one taken in."""
        return self.spells[-1].revision

    def as_of(self, moment: datetime) -> "Schedule":
        """As it stood at `moment`: without the changes from then on."""
        known = self.spells[:1] + tuple(spell for spell in self.spells[1:] if spell.start < moment)
        if len(known) == len(self.spells):
            return self
        return Schedule((*known[:-1], replace(known[-1], end=None)))

    def without(self, pauses: Sequence[tuple[datetime, datetime | None]]) -> "Schedule":
        """With real time taken out: each interval half-open, None without an end."""
        if not pauses:
            return self
        ends_at = min((start for start, end in pauses if end is None or end > FOREVER), default=None)
        spans = [(start, end) for start, end in pauses if end is not None and end <= FOREVER]
        spells = tuple(replace(s, calendar=s.calendar.without(spans)) for s in self.spells)
        return Schedule(spells if ends_at is None else _up_to(spells, ends_at))

    def is_open(self, at: datetime) -> bool:
        """Whether the rep, if they have not left, works at `at`."""
        spell = next((s for s in reversed(self.spells) if s.start <= at), self.spells[0])
        is_over = spell.end is not None and spell.end <= at
        return spell.is_active and not is_over and spell.calendar.is_open(at)

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


def _up_to(spells: tuple[Spell, ...], moment: datetime) -> tuple[Spell, ...]:
    """Without all that follows: no calendar is asked what it holds in seventy years."""
    kept = spells[:1] + tuple(spell for spell in spells[1:] if spell.start < moment)
    last = kept[-1]
    return (*kept[:-1], replace(last, end=moment if last.end is None else min(last.end, moment)))


def schedule(
    calendar: Calendar, *, revision: int, opened_at: datetime, changes: Iterable[Change] = ()
) -> Schedule:
    """The schedule of a round that opened at `opened_at` under `revision` of the rep's hours.

    Only later revisions count, in the order of their numbers, each from its own moment, at the earliest from
    the handoff.
    """
    spells = [Spell(opened_at, None, calendar, True, revision)]
    for change in sorted(changes, key=lambda each: each.revision):
        if change.revision > revision:
            start = max(change.at, spells[-1].start)
            spells[-1] = replace(spells[-1], end=start)
            spells.append(Spell(start, None, change.calendar, change.is_active, change.revision))
    return Schedule(tuple(spells))
