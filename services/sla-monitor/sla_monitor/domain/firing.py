"""Which warnings and breaches are to be said now, and which are not, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sla_monitor.domain.timers import Timer, TimerState

PATIENCE = timedelta(seconds=30)
"""So long reading may stand still before a timer fires without the news."""
LATE_AFTER = timedelta(seconds=60)
"""A breach said later than this after its due time is marked late."""

BREACH, WITHDRAWAL, WARNING, REMINDER = "breach", "withdrawal", "warning", "reminder"


def level_name(what: str, detail: object = None, number: int = 1) -> str:
    """How a level is called where it is unique: `warning:0.8`, `breach`, `reminder:2`, `withdrawal`.

    `number`: of the breach that it is or follows; from the second on it stands behind, as `breach:2` and
    `reminder:1:2`.
    """
    parts = [what, *([detail] if detail is not None else []), *([number] if number > 1 else [])]
    return ":".join(map(str, parts))


class News(StrEnum):
    """Whether all news up to a moment is known."""

    READ = "read"
    WAIT = "wait"
    UNREAD = "unread"  # reading stands still: decide without


class Outcome(StrEnum):
    """What happens to a level whose time has come."""

    FIRED = "fired"
    SKIPPED_BREACHED = "skipped_breached"  # a warning nobody needs: the promise is already broken
    SKIPPED_REMINDED = "skipped_reminded"  # a reminder whose time came unseen, as did that of a later one


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one topic has been read at the lead's partition, and when that last moved. None: never."""

    read_up_to: datetime | None = None
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One level of a timer: a warning with its share, the breach, or a reminder with its number. `breach`:
    which breach of the timer that is, or which it follows."""

    what: str
    level: int
    at: datetime
    outcome: Outcome
    unread: bool
    share: float | None = None
    number: int = 0
    breach: int = 1

    @property
    def name(self) -> str:
        """Unique among the levels of its timer."""
        if self.what == WARNING:
            return level_name(WARNING, self.share)
        return level_name(self.what, self.number or None, self.breach)


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
    an act that was in time. Of several reminders whose time has come only the last is said.
    """
    if timer.next_at is None:
        return []
    broken = timer.state is TimerState.PENDING and timer.due_at is not None and timer.due_at <= now
    found: list[Step] = []
    for level, at in enumerate(timer.moments[timer.next_level :], start=timer.next_level):
        if at is None or at > now:
            break
        gate = timer.due_at if broken and timer.due_at is not None else at
        news = news_up_to(gate, readings, now=now, started=started, margin=margin)
        if news is News.WAIT:
            break
        found.append(_step(timer, level, at, broken=broken, unread=news is News.UNREAD))
    return _last_reminder_only(found)


def _step(timer: Timer, level: int, at: datetime, *, broken: bool, unread: bool) -> Step:
    warnings = len(timer.shares)
    if level < warnings:
        outcome = Outcome.SKIPPED_BREACHED if broken else Outcome.FIRED
        return Step(WARNING, level, at, outcome, unread, share=timer.shares[level])
    if level == warnings:
        return Step(BREACH, level, at, Outcome.FIRED, unread, breach=timer.breaches + 1)
    return Step(
        REMINDER, level, at, Outcome.FIRED, unread, number=level - warnings, breach=max(1, timer.breaches)
    )


def _last_reminder_only(found: list[Step]) -> list[Step]:
    return [
        replace(step, outcome=Outcome.SKIPPED_REMINDED)
        if step.what == REMINDER and step is not found[-1]
        else step
        for step in found
    ]
