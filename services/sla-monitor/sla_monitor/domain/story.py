"""A lead's promises brought in line with its facts: the one place where arrival turns into state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sla_monitor.domain.facts import Fact, Handoff
from sla_monitor.domain.schedule import Schedule
from sla_monitor.domain.timers import SETTLED, Terms, Timer, TimerState, judged, opened_by, timed


@dataclass(frozen=True, slots=True)
class Move:
    """A due time that moved because the rep's hours changed."""

    timer: Timer
    revision: int
    due_before: datetime | None


@dataclass(slots=True)
class Reconciled:
    """All promises of a lead as they now stand, and what that changed."""

    timers: list[Timer] = field(default_factory=list)
    changed: list[Timer] = field(default_factory=list)
    settled: list[Timer] = field(default_factory=list)
    ended: list[Timer] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    withdrawn: list[Timer] = field(default_factory=list)
    awaits_version: int | None = None


def reconcile(
    lead_id: UUID,
    ordered: Sequence[Fact],
    stored: Mapping[UUID, Timer],
    *,
    terms_of: Callable[[Handoff], Terms | None],
    hours_of: Callable[[Fact], Schedule],
) -> Reconciled:
    """Promises after all facts in `ordered`, given those `stored` before.

    `terms_of` answers None for an agreement version that is not known yet; its promises follow once it is.
    Due times move only while a promise is pending; what was fired or ended keeps the due time it was judged
    by. `settled` are those that now need no breach, `ended` those whose ending was not known before, in time
    or not. Of several versions missing, `awaits_version` is the lowest.
    """
    result = Reconciled()
    for fact in ordered:
        if fact.handoff is None or fact.is_own:
            continue
        terms = terms_of(fact.handoff)
        if terms is None:
            missing = fact.handoff.rulebook_version
            result.awaits_version = min(result.awaits_version or missing, missing)
            continue
        hours = hours_of(fact)
        for promise in opened_by(fact, lead_id, terms):
            before = stored.get(promise.id)
            due = _timed(promise, before, hours, result)
            now = judged(due, ordered, only_talks_count=terms.only_talks_count)
            result.timers.append(now)
            _note(result, before, now)
    return result


def _timed(promise: Timer, before: Timer | None, hours: Schedule, result: Reconciled) -> Timer:
    if before is None:
        return timed(promise, hours)
    if before.state is not TimerState.PENDING or hours.revision == promise.availability_revision:
        return before
    moved = timed(before, hours)
    if moved.due_at != before.due_at:
        result.moves.append(Move(moved, hours.revision, before.due_at))
    return moved


def _note(result: Reconciled, before: Timer | None, now: Timer) -> None:
    if now == before:
        return
    result.changed.append(now)
    if now.state in SETTLED and (before is None or before.state not in SETTLED):
        result.settled.append(now)
    if now.ending is not None and (before is None or before.ending is None):
        result.ended.append(now)
    if now.state is TimerState.WITHDRAWN and (before is None or before.state is not TimerState.WITHDRAWN):
        result.withdrawn.append(now)
