"""A lead's promises brought in line with its facts: the one place where arrival turns into state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import takewhile
from uuid import UUID

from lead_events.ids import timer_id
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.openings import Ending, ending_of, openings
from sla_monitor.domain.pauses import Pause, pauses_of
from sla_monitor.domain.schedule import Schedule
from sla_monitor.domain.terms import Terms
from sla_monitor.domain.timers import (
    SETTLED,
    Timer,
    TimerState,
    judged,
    opened,
    superseded,
    timed,
)


class Why(StrEnum):
    """Why a due time moved."""

    HOURS = "hours"  # the rep's hours or absences changed
    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Move:
    """A due time that moved. `revision` is that of the rep's hours."""

    timer: Timer
    why: Why
    revision: int
    due_before: datetime | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A breach that did not hold: the promise was not broken at `due_at`. `kind` and `at` are of the fact
    that says so: an act, a pause, or a change of hours."""

    timer: Timer
    due_at: datetime
    number: int
    kind: str
    at: datetime


@dataclass(slots=True)
class Reconciled:
    """All promises of a lead as they now stand, and what that changed."""

    timers: list[Timer] = field(default_factory=list)
    changed: list[Timer] = field(default_factory=list)
    settled: list[Timer] = field(default_factory=list)
    ended: list[Timer] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    withdrawn: list[Withdrawal] = field(default_factory=list)
    awaits_versions: list[int] = field(default_factory=list)


TermsOf = Callable[[Fact], Sequence[Terms] | None]
HoursOf = Callable[[Fact], Schedule]


def reconcile(
    lead_id: UUID,
    ordered: Sequence[Fact],
    stored: Mapping[UUID, Timer],
    *,
    terms_of: TermsOf,
    hours_of: HoursOf,
) -> Reconciled:
    """Promises after all facts in `ordered`, given those `stored` before.

    `terms_of` answers what each agreement promises of a handoff, None while its version is not known yet; its
    promises follow once it is. Due times follow from the facts up to a promise's ending, and from the hours
    as they stood then: what happens later moves what still runs only. `settled` are those that now need no
    breach, `ended` those whose ending was not known before, in time or not. `awaits_versions`: those missing,
    the lowest first.
    """
    result = Reconciled()
    missing: set[int] = set()
    for fact in ordered:
        if fact.handoff is None or fact.is_own:
            continue
        terms = terms_of(fact)
        if terms is None:
            missing.add(fact.handoff.rulebook_version)
            continue
        for each in terms:
            _reconcile_round(result, lead_id, fact, ordered, stored, each, hours_of(fact))
    result.awaits_versions = sorted(missing)
    _supersede(result, stored, missing, hours_of)
    return result


def _reconcile_round(
    result: Reconciled,
    lead_id: UUID,
    handoff: Fact,
    ordered: Sequence[Fact],
    stored: Mapping[UUID, Timer],
    terms: Terms,
    hours: Schedule,
) -> None:
    for kind, opening in openings(handoff, ordered, terms):
        promise = opened(lead_id, kind, opening, handoff, terms)
        ending = ending_of(kind, opening, ordered, terms)
        paused = pauses_of(_until(ending, ordered), handoff.round, partial(terms.stops, kind=kind))
        before = _known(stored, promise)
        due = _timed(promise, before, paused, hours if ending is None else hours.as_of(ending.at))
        _note(result, before, judged(due, ending, hours), hours)


def _known(stored: Mapping[UUID, Timer], promise: Timer) -> Timer | None:
    """The promise as it is stored. One from before trials ran apart goes on under its id, as it began."""
    found = stored.get(promise.id)
    if found is None and promise.is_trial:
        former = stored.get(timer_id(promise.lead_id, promise.kind, promise.opened_by))
        found = former if former is not None and former.agreement == promise.agreement else None
    return found


def _until(ending: Ending | None, ordered: Sequence[Fact]) -> Sequence[Fact]:
    return ordered if ending is None else list(takewhile(lambda fact: fact.id != ending.fact, ordered))


def _timed(promise: Timer, before: Timer | None, paused: Sequence[Pause], hours: Schedule) -> Timer:
    pauses = tuple(each.span for each in paused)
    if before is None:
        return timed(replace(promise, pauses=pauses), hours)
    kept = replace(before, pauses=pauses, terms=promise.terms)
    if len(hours.spells) == 1 and before.revision == hours.revision and before.pauses == pauses:
        return kept
    return timed(kept, hours)


def _supersede(
    result: Reconciled, stored: Mapping[UUID, Timer], missing: set[int], hours_of: HoursOf
) -> None:
    derived = {timer.id for timer in result.timers}
    for identity, before in stored.items():
        if identity not in derived and before.handoff.rulebook_version not in missing:
            hours = hours_of(before.opening)
            _note(result, before, superseded(before, hours), hours)


def _note(result: Reconciled, before: Timer | None, now: Timer, hours: Schedule) -> None:
    result.timers.append(now)
    if now == before:
        return
    result.changed.append(now)
    if now.state in SETTLED and (before is None or before.state not in SETTLED):
        result.settled.append(now)
    if now.ending is not None and (before is None or before.ending is None):
        result.ended.append(now)
    if before is None:
        return
    why = _why_moved(before, now)
    if why is not None:
        result.moves.append(Move(now, why, now.revision, before.due_at))
    if now.withdrawals > before.withdrawals:
        result.withdrawn.append(_withdrawal(before, now, hours))


def _why_moved(before: Timer, now: Timer) -> Why | None:
    """None also for a promise that was ended: what was left of it is nobody's business any more."""
    if before.due_at == now.due_at or (now.state is not TimerState.PENDING and now.ending != before.ending):
        return None
    if {start for start, _ in now.pauses} - {start for start, _ in before.pauses}:
        return Why.PAUSED
    return Why.RESUMED if now.pauses != before.pauses else Why.HOURS


def _withdrawal(before: Timer, now: Timer, hours: Schedule) -> Withdrawal:
    said_of = before.said_due_at or before.opened_at
    kind, at = _what_withdraws(before, now, said_of, hours)
    return Withdrawal(now, said_of, now.withdrawals, kind, at)


def _what_withdraws(before: Timer, now: Timer, said_of: datetime, hours: Schedule) -> tuple[str, datetime]:
    if now.ending is not None and now.state in SETTLED:
        return now.ending.kind, now.ending.at
    known = {start for start, _ in before.pauses}
    starts = [start for start, _ in now.pauses if start < said_of and start not in known]
    if starts:
        return Why.PAUSED.value, max(starts)
    return "hours_changed", max(spell.start for spell in hours.spells if spell.start <= said_of)
