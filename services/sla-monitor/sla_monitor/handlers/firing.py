"""Warnings, breaches and reminders whose time has come, and handoffs that waited for their rulebook."""

from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from prometheus_client import Counter

from lead_events.sla import SlaBreached, SlaReminded, SlaWarned
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor import metrics, store
from sla_monitor.domain.case import Case
from sla_monitor.domain.firing import (
    BREACH,
    LATE_AFTER,
    PATIENCE,
    REMINDER,
    WARNING,
    Outcome,
    Reading,
    Step,
    steps,
)
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.timers import Timer, breach_said
from sla_monitor.handlers.cases import Cases, cases_of
from sla_monitor.handlers.reconciling import BREACHED_TOPIC, reconcile_leads
from sla_monitor.ledger.noting import note_ledger
from sla_monitor.memory import Memory
from sla_monitor.results import common, said

TOPICS = {WARNING: "sla-warned", BREACH: BREACHED_TOPIC, REMINDER: "sla-reminded"}
REMINDERS_AT_MOST = 100
"""More than any agreement may name for one breach: events of different breaches stay apart."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One level said, and the event that says it; None for one left out."""

    saying: store.Saying
    event: SlaWarned | SlaBreached | SlaReminded | None


async def fire_due(unit: Unit, memory: Memory, *, margin: timedelta, limit: int) -> list[Fired]:
    """Say what is due now, for up to `limit` timers. Safe to run anywhere, any number of times, side by side.

    Locks the leads first and reads everything about them after that, so an act stored before is seen: whoever
    stores one brings the promises in line with it before letting the lead go.
    """
    started = memory.started_by(unit.now)
    leads = await store.lock_due_leads(
        unit.conn, now=unit.now, started=started, margin=margin, patience=PATIENCE, limit=limit
    )
    if not leads:
        return []
    await memory.books.learn(unit.conn)
    timers = await _due_timers(unit, memory, leads)
    progress = await store.read_progress(unit.conn)
    found: list[tuple[store.Due, Step]] = []
    for due in timers:
        partition = leads[due.timer.lead_id].partition
        readings = [progress.get((topic, partition or 0), Reading()) for topic in store.GATES]
        levels = steps(due.timer, readings, now=unit.now, started=started, margin=margin)
        found.extend((due, step) for step in levels)
    return await _say(unit, memory, leads, found)


async def _due_timers(unit: Unit, memory: Memory, leads: dict[UUID, Lead]) -> list[store.Due]:
    """What is due of leads that are locked. Where a rep's hours have changed since, it is computed anew."""
    due = await store.read_due_timers(unit.conn, leads, unit.now)
    stale = {each.timer.lead_id: leads[each.timer.lead_id] for each in due if each.is_stale}
    if not stale:
        return due
    await reconcile_leads(unit, memory, stale, stale.keys())
    await store.update_leads(unit.conn, stale.values())
    return await store.read_due_timers(unit.conn, leads, unit.now)


async def _say(
    unit: Unit, memory: Memory, leads: dict[UUID, Lead], found: list[tuple[store.Due, Step]]
) -> list[Fired]:
    cases = await cases_of(unit, memory, [due.timer for due, step in found if step.what == BREACH])
    advanced: dict[UUID, Timer] = {}
    said_now, fired, judged = [], [], []
    async for due, step in in_turns(found):
        timer = advanced.get(due.timer.id, due.timer)
        advanced[timer.id] = _advanced(timer, step, cases, unit.now)
        if step.name in due.said:
            continue
        lead = leads[timer.lead_id]
        case = cases.of(timer.id, lead, step.at) if step.what == BREACH else None
        if case is not None and _may_turn_out_otherwise(case):
            judged.append(case)
        event = _event(unit, lead, due.timer, step, case, cases)
        saying = _saying(unit, due.timer, step)
        fired.append(Fired(saying, event))
        topic = TOPICS[step.what]
        said_now.append(said(unit, saying, topic, event, _ordinal(step)) if event else store.Said(saying))
    await store.advance_timers(unit.conn, advanced.values())
    await store.update_next_seqs(
        unit.conn, [leads[lead] for lead in {each.saying.timer.lead_id for each in fired}]
    )
    await store.keep_charges(unit.conn, judged)
    await store.insert_firings(unit.conn, said_now, unit.now)
    unit.after_commit(partial(_count, fired))
    return fired


def _may_turn_out_otherwise(case: Case) -> bool:
    """Whether what is said does not tell all: with another place in the volume somebody else answers, or
    something is kept of an earlier breach of the promise."""
    return case.timer.breaches > 0 or case.charged_within is not case.charged_above


def _saying(unit: Unit, timer: Timer, step: Step) -> store.Saying:
    late = step.what == BREACH and unit.now - step.at > LATE_AFTER
    return store.Saying(timer, step.name, step.outcome.value, step.at, step.unread, late)


def _ordinal(step: Step) -> int:
    """Which event of its topic it is for its timer."""
    if step.what == WARNING:
        return step.level
    return step.breach - 1 if step.what == BREACH else step.breach * REMINDERS_AT_MOST + step.number


def _advanced(timer: Timer, step: Step, cases: Cases, now: datetime) -> Timer:
    if step.what == BREACH:
        known = cases.timers[timer.id]
        if known.next_level != timer.next_level:
            known = replace(known, next_level=timer.next_level)
        return breach_said(known, cases.hours.of(timer.opening), now)
    return replace(timer, next_level=step.level + 1)


def _event(
    unit: Unit, lead: Lead, timer: Timer, step: Step, case: Case | None, cases: Cases
) -> SlaWarned | SlaBreached | SlaReminded | None:
    if step.outcome is not Outcome.FIRED:
        return None
    base = common(timer, lead.take_seq(), unit.now)
    if step.share is not None:
        return SlaWarned(**base, share=step.share, warns_at=step.at)
    if case is None:
        return SlaReminded(**base, number=step.number, at_most=len(timer.reminds_at), reminds_at=step.at)
    return SlaBreached(
        **base,
        charged_to=cases.charged_to(case),
        attribution=case.attribution,
        late=unit.now - step.at > LATE_AFTER,
        unread=step.unread,
    )


def _count(fired: list[Fired]) -> None:
    """By what is counted together: thousands may be said at once."""
    counted: Tally[tuple[Counter, tuple[str, ...]]] = Tally()
    for each in fired:
        if not each.saying.timer.handoff.is_test:
            counted.update(_counts(each))
            if each.event is not None:
                level = each.saying.level.partition(":")[0]
                lateness = (each.event.fired_at - each.saying.at).total_seconds()
                metrics.LATENESS.labels(level).observe(lateness)
    for (counter, labels), times in counted.items():
        counter.labels(*labels).inc(times)


def _counts(fired: Fired) -> Iterator[tuple[Counter, tuple[str, ...]]]:
    timer, event = fired.saying.timer, fired.event
    kind, team, trial = metrics.of_timer(timer)
    match event:
        case None:
            yield metrics.SKIPPED, (kind,)
        case SlaBreached():
            yield metrics.BREACHED, (kind, team, event.charged_to.value, trial)
            if event.unread:
                yield metrics.UNREAD, (kind,)
        case SlaReminded():
            yield metrics.REMINDED, (kind, team, trial)
        case SlaWarned():
            yield metrics.WARNED, (kind, team, trial)


async def catch_up(unit: Unit, memory: Memory, *, limit: int) -> int:
    """Start the promises of handoffs whose rulebook version has arrived since. How many leads that were."""
    await memory.books.learn(unit.conn)
    ids = await store.lock_waiting_leads(unit.conn, memory.books.versions, limit)
    if not ids:
        return 0
    leads = await store.lock_known_leads(unit.conn, ids)
    told = await reconcile_leads(unit, memory, leads, leads.keys())
    await note_ledger(unit, memory, leads, told)
    await store.update_leads(unit.conn, leads.values())
    return len(ids)
