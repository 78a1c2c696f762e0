"""The promises on a lead: which handoff opens them, which fact ends them, when they are due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lead_events.ids import timer_id
from lead_events.words import Contact, ProgressKind, RoutedKind, TimerKind
from sla_monitor.domain.facts import Fact, FactKind, Handoff
from sla_monitor.domain.schedule import Schedule


class TimerState(StrEnum):
    """What became of a promise."""

    PENDING = "pending"  # no act yet, or the news up to the due time is not all read
    KEPT = "kept"  # answered at the due time or before
    BREACHED = "breached"  # ran out, and it was said
    WITHDRAWN = "withdrawn"  # was said to be breached, and an act in time turned up
    CANCELLED = "cancelled"  # the round ended before the due time without an answer: nobody's breach


SETTLED = frozenset({TimerState.KEPT, TimerState.WITHDRAWN, TimerState.CANCELLED})
"""Nobody broke the promise, and no later news can change that."""

_ANSWERS = {ProgressKind.CONTACTED, ProgressKind.REJECTED, ProgressKind.RECYCLED, ProgressKind.OUTCOME}
ANSWERED_BY: Mapping[TimerKind, frozenset[FactKind]] = {
    TimerKind.ACCEPT: frozenset(_ANSWERS | {ProgressKind.ACCEPTED}),
    TimerKind.FIRST_RESPONSE: frozenset(_ANSWERS),
}
"""The acts that keep each kind of promise, by a rep in the round of the promise."""

_ENDS_ROUND: frozenset[FactKind] = frozenset({ProgressKind.DECLINED, RoutedKind.TAKEN_BACK})
_ENDS_ALL_BEFORE: frozenset[FactKind] = frozenset({RoutedKind.ASSIGNED, RoutedKind.CLOSED})


@dataclass(frozen=True, slots=True)
class Terms:
    """What one version of the agreement promises for a quadrant: targets in working time, when to warn.

    `only_talks_count`: a try to reach the buyer is no first response, only a conversation is.
    """

    targets: Mapping[TimerKind, timedelta]
    shares: tuple[float, ...]
    only_talks_count: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """The fact that ended a promise, and as what it counts if it came in time."""

    fact: UUID
    kind: str
    at: datetime
    state: TimerState


@dataclass(frozen=True, slots=True)
class Timer:
    """One promise. `due_at` None: this rep never works long enough again, and nothing will be said.

    `next_level` counts what is done with: the warnings in order of their shares, then the breach.
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
    fired: bool = False

    @property
    def opening(self) -> Fact:
        """The fact that opened it, as far as its hours are concerned."""
        return Fact(
            self.opened_by,
            "",
            0,
            RoutedKind.ASSIGNED,
            self.opened_at,
            self.round,
            self.rep_id,
            handoff=self.handoff,
        )

    @property
    def availability_revision(self) -> int:
        """The revision of the rep's hours that the handoff carried."""
        return self.handoff.availability_revision

    @property
    def next_at(self) -> datetime | None:
        """When the next warning or the breach is due; None when nothing is to come."""
        if self.state is not TimerState.PENDING:
            return None
        return (*self.warns_at, self.due_at)[self.next_level]


def opened_by(fact: Fact, lead_id: UUID, terms: Terms) -> list[Timer]:
    """The promises that a handoff starts, still without their moments.

    None where the agreement promises nothing for the quadrant of the lead.
    """
    if fact.handoff is None:
        return []
    return [
        Timer(
            id=timer_id(lead_id, kind, fact.id),
            lead_id=lead_id,
            kind=kind,
            round=fact.round,
            rep_id=fact.rep_id or "",
            opened_by=fact.id,
            opened_at=fact.at,
            handoff=fact.handoff,
            target=target,
            shares=terms.shares,
            due_at=None,
            warns_at=(),
        )
        for kind, target in terms.targets.items()
    ]


def timed(timer: Timer, hours: Schedule) -> Timer:
    """The timer with its moments by `hours`. What never falls due is not warned of either."""
    due_at = hours.add(timer.opened_at, timer.target)
    moments = (hours.add(timer.opened_at, timer.target * share) for share in timer.shares)
    return replace(timer, due_at=due_at, warns_at=tuple(None if due_at is None else at for at in moments))


def ending_of(timer: Timer, ordered: Iterable[Fact], *, only_talks_count: bool = False) -> Ending | None:
    """The first fact, in the order that decides, that ends this promise.

    An act belongs to a round by its number. A closing, or another handoff, ends what was opened before it.
    """
    opening_seen = False
    for fact in ordered:
        if fact.id == timer.opened_by:
            opening_seen = True
        elif fact.round == timer.round and _answers(timer.kind, fact, only_talks_count=only_talks_count):
            return Ending(fact.id, fact.kind.value, fact.at, TimerState.KEPT)
        elif (fact.round == timer.round and fact.kind in _ENDS_ROUND) or (
            opening_seen and fact.kind in _ENDS_ALL_BEFORE
        ):
            return Ending(fact.id, fact.kind.value, fact.at, TimerState.CANCELLED)
    return None


def _answers(kind: TimerKind, fact: Fact, *, only_talks_count: bool) -> bool:
    is_no_talk = kind is TimerKind.FIRST_RESPONSE and fact.contact is Contact.ATTEMPT
    return fact.kind in ANSWERED_BY[kind] and not (only_talks_count and is_no_talk)


def judged(timer: Timer, ordered: Sequence[Fact], *, only_talks_count: bool = False) -> Timer:
    """The timer in the light of all facts known. An act at the due time itself is still in time.

    `only_talks_count` as in the Terms of its handoff.
    """
    ending = ending_of(timer, ordered, only_talks_count=only_talks_count)
    in_time = ending is not None and (timer.due_at is None or ending.at <= timer.due_at)
    if ending is not None and in_time:
        return replace(timer, ending=ending, state=TimerState.WITHDRAWN if timer.fired else ending.state)
    state = TimerState.BREACHED if timer.fired else TimerState.PENDING
    return replace(timer, ending=ending, state=state)
