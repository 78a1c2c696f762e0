"""Warnings and breaches whose time has come, and handoffs that waited for their rulebook."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from lead_events.sla import SlaBreached, SlaWarned, Stretch
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor import metrics, store
from sla_monitor.domain.charge import charge
from sla_monitor.domain.firing import BREACH, LATE_AFTER, PATIENCE, Outcome, Reading, Step, level_name, steps
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.path import split, totals
from sla_monitor.domain.timers import Timer, TimerState
from sla_monitor.handlers.reconciling import BREACHED_TOPIC, Told, reconcile_leads
from sla_monitor.memory import Memory
from sla_monitor.results import common, said

WARNED_TOPIC = "sla-warned"
_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fired:
    """One level said, and the event that says it; None for a warning left out."""

    saying: store.Saying
    event: SlaWarned | SlaBreached | None


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
    late = step.share is None and unit.now - step.at > LATE_AFTER
    return store.Saying(timer, level_name(step.share), step.outcome.value, step.at, step.unread, late)


async def _say(
    unit: Unit, leads: dict[UUID, Lead], told: Told, due: list[tuple[store.Saying, Step]]
) -> list[Fired]:
    new = await store.insert_sayings(unit.conn, [saying for saying, _ in due], unit.now)
    advanced: dict[UUID, Timer] = {}
    done, fired = [], []
    async for saying, step in in_turns(due):
        advanced[saying.timer.id] = _advanced(advanced.get(saying.timer.id, saying.timer), step)
        if saying.key not in new:
            continue
        event = _event(unit, leads[saying.timer.lead_id], told, saying, step)
        fired.append(Fired(saying, event))
        if event is not None:
            topic = BREACHED_TOPIC if step.share is None else WARNED_TOPIC
            done.append(said(unit, saying, topic, event, 0 if step.share is None else step.level))
    await store.complete_sayings(unit.conn, done)
    await store.upsert_timers(unit.conn, advanced.values())
    return fired


def _advanced(timer: Timer, step: Step) -> Timer:
    if step.share is None:
        return replace(timer, fired=True, state=TimerState.BREACHED)
    return replace(timer, next_level=step.level + 1)


def _event(
    unit: Unit, lead: Lead, told: Told, saying: store.Saying, step: Step
) -> SlaWarned | SlaBreached | None:
    if step.outcome is not Outcome.FIRED:
        return None
    timer = saying.timer
    base = common(timer, lead.take_seq(), unit.now)
    if step.share is not None:
        return SlaWarned(**base, share=step.share, warns_at=step.at)
    facts = told.stories[lead.id].facts
    opening = next(fact for fact in facts if fact.id == timer.opened_by)
    hours = told.hours.of(opening)
    path = split(lead.origin, facts, step.at, told.hours.of)
    own = hours.elapsed(timer.opened_at, step.at, only_active=True)
    since_handoff = split(None, [f for f in facts if f.order >= opening.order], step.at, told.hours.of)
    return SlaBreached(
        **base,
        charged_to=charge(own, timer.target, since_handoff),
        attribution=[
            Stretch(part=part, microseconds=length // _US, detail=detail)
            for part, detail, length in totals(path)
        ],
        late=saying.late,
        unread=step.unread,
    )


def _count(fired: list[Fired]) -> None:
    for each in fired:
        timer, event = each.saying.timer, each.event
        if timer.handoff.is_test:
            continue
        kind, team = timer.kind.value, metrics.team_label(timer.handoff.team)
        if event is None:
            metrics.SKIPPED.labels(kind).inc()
            continue
        level = BREACH if isinstance(event, SlaBreached) else "warning"
        metrics.LATENESS.labels(level).observe((event.fired_at - each.saying.at).total_seconds())
        if isinstance(event, SlaBreached):
            metrics.BREACHED.labels(kind, team, event.charged_to.value).inc()
            if event.unread:
                metrics.UNREAD.labels(kind).inc()
        else:
            metrics.WARNED.labels(kind, team).inc()


async def catch_up(unit: Unit, memory: Memory, *, limit: int) -> int:
    """Start the promises of handoffs whose rulebook version has arrived since. How many leads that were."""
    await memory.agreements.learn(unit.conn)
    ids = await store.lock_waiting_leads(unit.conn, memory.agreements.versions, limit)
    if not ids:
        return 0
    leads = await store.lock_known_leads(unit.conn, ids)
    await reconcile_leads(unit, memory, leads, leads.keys())
    await store.update_leads(unit.conn, leads.values())
    return len(ids)
