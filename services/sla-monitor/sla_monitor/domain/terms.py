"""What an agreement promises of one handoff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lead_events.words import TimerKind
from rulebook.agreements import MAIN
from sla_monitor.domain.schedule import Schedule

SPEED = frozenset({TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE})
"""The promises of speed: they hold up to the agreed volume."""


@dataclass(frozen=True, slots=True)
class Reminding:
    """How often it is said that a promise was broken and there is still no act."""

    every: timedelta
    at_most: int
    at_night: bool = False

    def moments(self, due_at: datetime, hours: Schedule) -> tuple[datetime | None, ...]:
        """When each reminder of a promise due at `due_at` is due; None: the rep never works so long again."""
        lengths = [self.every * (number + 1) for number in range(self.at_most)]
        if self.at_night:
            return tuple(due_at + length for length in lengths)
        return tuple(hours.add(due_at, length) for length in lengths)


@dataclass(frozen=True, slots=True)
class VolumeLimit:
    """Up to how many deliveries of a local day and month in `zone` the promises of speed hold."""

    per_day: int | None
    per_month: int | None
    zone: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one agreement promises of a handoff: targets in working time, when to warn.

    The target of a next attempt is the time from one try to the next, and `tries` how many are made in all.
    `only_talks_count`: a try is no response, only a conversation is. `pauses`: by reason, the promises that
    then stand still.
    """

    targets: Mapping[TimerKind, timedelta]
    shares: tuple[float, ...]
    only_talks_count: bool = False
    agreement: str = MAIN
    is_trial: bool = False
    tries: int = 0
    pauses: Mapping[str, frozenset[TimerKind]] = field(default_factory=dict)
    reminding: Reminding | None = None
    volume: VolumeLimit | None = None

    def stops(self, code: str | None, kind: TimerKind) -> bool:
        """Whether a promise of `kind` stands still while its lead is paused for `code`."""
        return kind in self.pauses.get(code or "", ())
