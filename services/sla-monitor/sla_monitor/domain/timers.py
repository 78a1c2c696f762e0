"""The promises on a lead: their moments, and what the facts make of them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lead_events.ids import timer_id
from lead_events.words import RoutedKind, TimerKind
from rulebook.agreements import MAIN
from sla_monitor.domain.facts import Fact, Handoff
from sla_monitor.domain.openings import SUPERSEDED, EndedAs, Ending
from sla_monitor.domain.pauses import Span, is_paused
from sla_monitor.domain.schedule import Schedule
from sla_monitor.domain.terms import Terms


class TimerState(StrEnum):
    """What became of a promise."""

    PENDING = "pending"  # no act yet, or the news up to the due time is not all read
    KEPT = "kept"  # answered at the due time or before
    BREACHED = "breached"  # ran out, and it was said
    WITHDRAWN = "withdrawn"  # was said to be breached, and an act in time turned up
    CANCELLED = "cancelled"  # the round ended before the due time without an answer: nobody's breach


SETTLED = frozenset({TimerState.KEPT, TimerState.WITHDRAWN, TimerState.CANCELLED})
"""Nobody broke the promise, as far as is known."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One promise. `due_at` None: it stands still, or this rep never works long enough again.

    `next_level` counts what is done with: the warnings in order of their shares, the breach, the reminders.
    `breaches` and `withdrawals` count what was said; a breach that holds is one more than were withdrawn, and
    was said of `said_due_at`. `pauses` are those that stop it. `terms` is what its agreement promises: None
    as it comes from the store.
    """

    id: UUID
    lead_id: UUID
    kind: TimerKind
    round: int
    rep_id: str
    opened_by: UUID
    opened_at: datetime
    handoff: Handoff
    target: timedelta
    shares: tuple[float, ...]
    due_at: datetime | None
    warns_at: tuple[datetime | None, ...]
    state: TimerState = TimerState.PENDING
    next_level: int = 0
    ending: Ending | None = None
    agreement: str = MAIN
    is_trial: bool = False
    pauses: tuple[Span, ...] = ()
    revision: int = 0
    breaches: int = 0
    withdrawals: int = 0
    said_due_at: datetime | None = None
    reminds_at: tuple[datetime | None, ...] = ()
    terms: Terms | None = field(default=None, compare=False)

    @property
    def opening(self) -> Fact:
        """The fact that opened it, as far as its hours are concerned."""
        told = RoutedKind.ASSIGNED, self.opened_at, self.round, self.rep_id
        return Fact(self.opened_by, "", 0, *told, handoff=self.handoff)

    @property
    def moments(self) -> tuple[datetime | None, ...]:
        """When each level is due: warnings, breach, reminders."""
        return (*self.warns_at, self.due_at, *self.reminds_at)

    @property
    def next_at(self) -> datetime | None:
        """When the next warning, the breach or a reminder is due; None when nothing is to come."""
        if self.state is TimerState.PENDING:
            return self.moments[self.next_level]
        if self.state is not TimerState.BREACHED or self.ending is not None:
            return None
        to_come = self.moments[self.next_level :]
        return to_come[0] if to_come else None

    def is_paused(self, at: datetime) -> bool:
        """Whether it stands still at `at`."""
        return self.state is TimerState.PENDING and is_paused(self.pauses, at)

    def hours(self, hours_of_rep: Schedule) -> Schedule:
        """The working time that counts for it."""
        return hours_of_rep.without(self.pauses)


def opened(lead_id: UUID, kind: TimerKind, by: Fact, handoff: Fact, terms: Terms) -> Timer:
    """A promise, still without its moments. Raises ValueError where `handoff` is none."""
    if handoff.handoff is None:
        raise ValueError(f"{handoff.kind} hands nothing over; ask with an assigned fact")
    return Timer(
        id=timer_id(lead_id, kind, by.id, terms.agreement if terms.is_trial else None),
        lead_id=lead_id,
        kind=kind,
        round=handoff.round,
        rep_id=handoff.rep_id or "",
        opened_by=by.id,
        opened_at=by.at,
        handoff=handoff.handoff,
        target=terms.targets[kind],
        shares=terms.shares,
        due_at=None,
        warns_at=(),
        agreement=terms.agreement,
        is_trial=terms.is_trial,
        terms=terms,
    )


def timed(timer: Timer, hours_of_rep: Schedule) -> Timer:
    """The timer with its moments. What never falls due is not warned of either."""
    hours = timer.hours(hours_of_rep)
    due_at = hours.add(timer.opened_at, timer.target)
    moments = (hours.add(timer.opened_at, timer.target * share) for share in timer.shares)
    warns_at = tuple(None if due_at is None else at for at in moments)
    return replace(timer, due_at=due_at, warns_at=warns_at, revision=hours_of_rep.revision)


def judged(timer: Timer, ending: Ending | None, hours_of_rep: Schedule) -> Timer:
    """The timer in the light of all facts known. An act at the due time itself is still in time.

    A breach holds that was said of this due time or a later one; one said of an earlier time, when the
    promise was not broken yet, is withdrawn, and the promise may run out again.
    """
    due = timer.due_at
    in_time = ending is not None and (due is None or ending.at <= due)
    said_of = timer.said_due_at if timer.breaches > timer.withdrawals else None
    if said_of is not None and not in_time and due is not None and due <= said_of:
        return _broken(replace(timer, ending=ending), hours_of_rep)
    state = TimerState.PENDING
    if ending is not None and in_time:
        state = TimerState.WITHDRAWN if timer.breaches else TimerState(ending.counts_as.value)
    again = len(timer.shares) if said_of is not None else timer.next_level
    return replace(
        timer, ending=ending, state=state, withdrawals=timer.breaches, next_level=again, reminds_at=()
    )


def _broken(timer: Timer, hours_of_rep: Schedule) -> Timer:
    level = max(timer.next_level, len(timer.shares) + 1)
    reminds_at = _reminders(timer, hours_of_rep)
    return replace(timer, state=TimerState.BREACHED, next_level=level, reminds_at=reminds_at)


def _reminders(timer: Timer, hours_of_rep: Schedule) -> tuple[datetime | None, ...]:
    reminding = timer.terms.reminding if timer.terms else None
    if reminding is None or timer.due_at is None or timer.ending is not None:
        return ()
    return reminding.moments(timer.due_at, timer.hours(hours_of_rep))


def breach_said(timer: Timer, hours_of_rep: Schedule, now: datetime) -> Timer:
    """The timer after its breach was said at `now`. Reminders due by then are left out: it just was said."""
    reminds_at = _reminders(timer, hours_of_rep)
    past = sum(at is not None and at <= now for at in reminds_at)
    return replace(
        timer,
        state=TimerState.BREACHED,
        next_level=max(timer.next_level, len(timer.shares) + 1) + past,
        breaches=timer.breaches + 1,
        said_due_at=timer.due_at,
        reminds_at=reminds_at,
    )


def superseded(timer: Timer, hours_of_rep: Schedule) -> Timer:
    """A promise that the facts, as they are known now, do not open."""
    ending = Ending(timer.opened_by, SUPERSEDED, timer.opened_at, EndedAs.CANCELLED)
    return judged(timer, ending, hours_of_rep)
