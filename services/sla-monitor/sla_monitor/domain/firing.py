"""Which warnings and breaches are to be said now, and which are not, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla_monitor.domain.timers import Timer, TimerState

PATIENCE = timedelta(seconds=30)
"""So long reading may stand still before a timer fires without the news."""
LATE_AFTER = timedelta(seconds=60)
"""A breach said later than this after its due time is marked late."""

BREACH, WITHDRAWAL = "breach", "withdrawal"


def level_name(share: float | None) -> str:
    """How a level is called where it is unique: `warning:0.8`, or the breach for None."""
    return BREACH if share is None else f"warning:{share}"


class News(StrEnum):
    """Whether all news up to a moment is known."""

    READ = "read"
    WAIT = "wait"
    UNREAD = "unread"  # reading stands still: decide without


class Outcome(StrEnum):
    """What happens to a level whose time has come."""

    FIRED = "fired"
    SKIPPED_BREACHED = "skipped_breached"  # a warning nobody needs: the promise is already broken


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one topic has been read at the lead's partition, and when that last moved. None: never."""

    read_up_to: datetime | None = None
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One level of a timer: a share, or None for the breach."""

    level: int
    share: float | None
    at: datetime
    outcome: Outcome
    unread: bool


def news_up_to(
    moment: datetime, readings: Sequence[Reading], *, now: datetime, started: datetime, margin: timedelta
) -> News:
    """Whether every topic has been read up to `moment`.

    `margin` is what an act needs from its own time to its record's. The patience of 30 s counts from the
    latest of `moment`, this monitor's start and the last progress.
    """
    found = News.READ
    for reading in readings:
        if reading.read_up_to is not None and reading.read_up_to >= moment + margin:
            continue
        moved = reading.moved_at or started
        if now - max(moment, started, moved) < PATIENCE:
            return News.WAIT
        found = News.UNREAD
    return found


def steps(
    timer: Timer, readings: Sequence[Reading], *, now: datetime, started: datetime, margin: timedelta
) -> list[Step]:
    """What is to be done with a timer at `now`, in order of its levels.

    From the due time on only the breach matters: warnings wait for it and are then skipped, or vanish with
    an act that was in time.
    """
    if timer.state is not TimerState.PENDING:
        return []
    moments = [*zip(timer.shares, timer.warns_at, strict=True), (None, timer.due_at)]
    broken = timer.due_at is not None and timer.due_at <= now
    found: list[Step] = []
    for level, (share, at) in enumerate(moments[timer.next_level :], start=timer.next_level):
        if at is None or at > now:
            break
        gate = timer.due_at if broken and timer.due_at is not None else at
        news = news_up_to(gate, readings, now=now, started=started, margin=margin)
        if news is News.WAIT:
            break
        outcome = Outcome.SKIPPED_BREACHED if broken and share is not None else Outcome.FIRED
        found.append(Step(level, share, at, outcome, news is News.UNREAD))
    return found
