"""Warnings, breaches and reminders whose time has come, and handoffs that waited for their rulebook."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from lead_events.sla import SlaBreached, SlaReminded, SlaWarned, Stretch
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor import metrics, store
from sla_monitor.domain.case import case_of
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
from sla_monitor.domain.path import totals
from sla_monitor.domain.terms import VolumeLimit
from sla_monitor.domain.timers import Timer, breach_said
from sla_monitor.handlers.reconciling import BREACHED_TOPIC, Told, reconcile_leads
from sla_monitor.ledger.noting import note_ledger
from sla_monitor.memory import Memory
from sla_monitor.results import common, said

TOPICS = {WARNING: "sla-warned", BREACH: BREACHED_TOPIC, REMINDER: "sla-reminded"}
REMINDERS_AT_MOST = 100
"""More than any agreement may name for one breach: events of different breaches stay apart."""
_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fired:
    """One level said, and the event that says it; None for one left out."""

    saying: store.Saying
    event: SlaWarned | SlaBreached | SlaReminded | None


async def fire_due(unit: Unit, memory: Memory, *, margin: timedelta, limit: int) -> list[Fired]:
    """Say what is due now, for up to `limit` timers. Safe to run anywhere, any number of times, side by side.

    Locks the leads first and reads everything about them after that, so an act stored before is seen.
    """
    started = memory.started_by(unit.now)
    ids = await store.lock_due_leads(
        unit.conn, now=unit.now, started=started, margin=margin, patience=PATIENCE, limit=limit
    )
    if not ids:
        return []
    await memory.agreements.learn(unit.conn)
    leads = await store.lock_known_leads(unit.conn, ids)
    told = await reconcile_leads(unit, memory, leads, leads.keys())
    progress = await store.read_progress(unit.conn)
    due: list[tuple[store.Saying, Step]] = []
    for lead_id, result in told.results.items():
        partition = leads[lead_id].partition
        readings = [progress.get((topic, partition or 0), Reading()) for topic in store.GATES]
        for timer in result.timers:
            found = steps(timer, readings, now=unit.now, started=started, margin=margin)
            due.extend((_saying(unit, timer, step), step) for step in found)
    fired = await _say(unit, leads, told, due)
    await store.update_leads(unit.conn, leads.values())
    unit.after_commit(partial(_count, fired))
    return fired


def _saying(unit: Unit, timer: Timer, step: Step) -> store.Saying:
    late = step.what == BREACH and unit.now - step.at > LATE_AFTER
    return store.Saying(timer, step.name, step.outcome.value, step.at, step.unread, late)


async def _say(
    unit: Unit, leads: dict[UUID, Lead], told: Told, due: list[tuple[store.Saying, Step]]
) -> list[Fired]:
    new = await store.insert_sayings(unit.conn, [saying for saying, _ in due], unit.now)
    above = await _above_volume(unit, [saying for saying, step in due if step.what == BREACH])
    advanced: dict[UUID, Timer] = {}
    done, fired = [], []
    async for saying, step in in_turns(due):
        timer = advanced.get(saying.timer.id, saying.timer)
        advanced[timer.id] = _advanced(timer, step, told, unit.now)
        if saying.key not in new:
            continue
        event = _event(unit, leads[timer.lead_id], told, saying, step, is_above=timer.id in above)
        fired.append(Fired(saying, event))
        if event is not None:
            done.append(said(unit, saying, TOPICS[step.what], event, _ordinal(step)))
    await store.complete_sayings(unit.conn, done)
    await store.upsert_timers(unit.conn, advanced.values())
    return fired


def _ordinal(step: Step) -> int:
    """Which event of its topic it is for its timer."""
    if step.what == WARNING:
        return step.level
    return step.breach - 1 if step.what == BREACH else step.breach * REMINDERS_AT_MOST + step.number


async def _above_volume(unit: Unit, sayings: Iterable[store.Saying]) -> set[UUID]:
    """Of timers that ran out, those of leads above the volume of their agreement: by agreement one look."""
    timers = [saying.timer for saying in sayings]
    by_limit: dict[VolumeLimit, list[Timer]] = {}
    for timer in timers:
        if timer.terms is not None and timer.terms.volume is not None:
            by_limit.setdefault(timer.terms.volume, []).append(timer)
    found: set[UUID] = set()
    for limit, of_limit in by_limit.items():
        leads = await store.above_volume(unit.conn, {timer.lead_id: limit for timer in of_limit})
        found |= {timer.id for timer in of_limit if timer.lead_id in leads}
    return found


def _advanced(timer: Timer, step: Step, told: Told, now: datetime) -> Timer:
    if step.what == BREACH:
        return breach_said(timer, told.hours.of(timer.opening), now)
    return replace(timer, next_level=step.level + 1)


def _event(
    unit: Unit, lead: Lead, told: Told, saying: store.Saying, step: Step, *, is_above: bool
) -> SlaWarned | SlaBreached | SlaReminded | None:
    if step.outcome is not Outcome.FIRED:
        return None
    timer = saying.timer
    base = common(timer, lead.take_seq(), unit.now)
    if step.share is not None:
        return SlaWarned(**base, share=step.share, warns_at=step.at)
    if step.what == REMINDER:
        return SlaReminded(**base, number=step.number, at_most=len(timer.reminds_at), reminds_at=step.at)
    case = case_of(timer, lead, told.stories[lead.id].facts, told.hours.of, step.at)
    return SlaBreached(
        **base,
        charged_to=case.charge(is_above_volume=is_above).to,
        attribution=[
            Stretch(part=part, microseconds=length // _US, detail=detail)
            for part, detail, length in totals(case.path)
        ],
        late=saying.late,
        unread=step.unread,
    )


def _count(fired: list[Fired]) -> None:
    for each in fired:
        timer, event = each.saying.timer, each.event
        if timer.handoff.is_test:
            continue
        if event is None:
            metrics.SKIPPED.labels(timer.kind.value).inc()
            continue
        _count_said(each.saying, event)


def _count_said(saying: store.Saying, event: SlaWarned | SlaBreached | SlaReminded) -> None:
    timer = saying.timer
    kind, team, trial = metrics.of_timer(timer)
    level = saying.level.partition(":")[0]
    metrics.LATENESS.labels(level).observe((event.fired_at - saying.at).total_seconds())
    match event:
        case SlaBreached():
            metrics.BREACHED.labels(kind, team, event.charged_to.value, trial).inc()
            if event.unread:
                metrics.UNREAD.labels(kind).inc()
        case SlaReminded():
            metrics.REMINDED.labels(kind, team, trial).inc()
        case SlaWarned():
            metrics.WARNED.labels(kind, team, trial).inc()


async def catch_up(unit: Unit, memory: Memory, *, limit: int) -> int:
    """Start the promises of handoffs whose rulebook version has arrived since. How many leads that were."""
    await memory.agreements.learn(unit.conn)
    ids = await store.lock_waiting_leads(unit.conn, memory.agreements.versions, limit)
    if not ids:
        return 0
    leads = await store.lock_known_leads(unit.conn, ids)
    await memory.books.learn(unit.conn)
    told = await reconcile_leads(unit, memory, leads, leads.keys())
    await note_ledger(unit, memory, leads, told)
    await store.update_leads(unit.conn, leads.values())
    return len(ids)
