"""Leads brought in line with their facts, and breaches withdrawn that were none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from lead_events.ids import event_id
from lead_events.sla import SlaWithdrawn
from lead_events.words import ProgressKind, TimerKind
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor import metrics, store
from sla_monitor.domain.case import Case, case_of
from sla_monitor.domain.firing import WITHDRAWAL, Outcome, level_name
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.story import Move, Reconciled, Withdrawal, reconcile
from sla_monitor.domain.timers import Timer, TimerState
from sla_monitor.hours import HoursBook, hours_of
from sla_monitor.memory import Memory
from sla_monitor.results import common, said

WITHDRAWN_TOPIC, BREACHED_TOPIC = "sla-withdrawn", "sla-breached"


@dataclass(slots=True)
class Told:
    """Leads after reconciling: their stories, hours and promises, by lead."""

    stories: dict[UUID, store.Story]
    hours: HoursBook
    results: dict[UUID, Reconciled] = field(default_factory=dict)


async def reconcile_leads(
    unit: Unit, memory: Memory, leads: Mapping[UUID, Lead], touched: Collection[UUID]
) -> Told:
    """Bring the promises of `touched` in line with all their facts; the leads are locked by this transaction.

    Writes promises, moves, withdrawals and how breaches are judged now, and notes on the leads, which the
    caller writes back. A constant number of statements.
    """
    stories = await store.read_stories(unit.conn, touched)
    facts = [fact for story in stories.values() for fact in story.facts]
    told = Told(stories, await hours_of(unit.conn, memory.calendars, facts))
    async for lead_id, story in in_turns(stories.items()):
        result = reconcile(
            lead_id,
            story.facts,
            story.timers,
            terms_of=memory.agreements.terms_of,
            hours_of=told.hours.of,
        )
        leads[lead_id].note_facts(story.facts)
        leads[lead_id].awaits_versions = result.awaits_versions
        told.results[lead_id] = result
    await _write(unit, leads, told)
    return told


async def _write(unit: Unit, leads: Mapping[UUID, Lead], told: Told) -> None:
    results = told.results.values()
    moves: list[Move] = [move for result in results for move in result.moves]
    await store.upsert_timers(unit.conn, [timer for result in results for timer in result.changed])
    await store.insert_moves(unit.conn, moves, unit.now)
    await store.keep_charges(unit.conn, await _judged(leads, told))
    await _withdraw(unit, leads, [each for result in results for each in result.withdrawn])
    unit.after_commit(partial(_count, told, moves))


async def _judged(leads: Mapping[UUID, Lead], told: Told) -> list[Case]:
    """The cases of broken promises, by all facts that are known now."""
    broken = [
        timer
        for result in told.results.values()
        for timer in result.timers
        if timer.state is TimerState.BREACHED
    ]
    found = []
    async for timer in in_turns(broken):
        facts = told.stories[timer.lead_id].facts
        if timer.due_at is not None:
            found.append(case_of(timer, leads[timer.lead_id], facts, told.hours.of, timer.due_at))
    return found


async def _withdraw(unit: Unit, leads: Mapping[UUID, Lead], found: Collection[Withdrawal]) -> None:
    known = await store.levels_said(unit.conn, {withdrawal.timer.id for withdrawal in found})
    done = []
    for withdrawal in found:
        timer, level = withdrawal.timer, level_name(WITHDRAWAL, number=withdrawal.number)
        if (timer.id, level) in known:
            continue
        saying = store.Saying(timer, level, Outcome.FIRED.value, withdrawal.at)
        event = _withdrawn(unit, leads[timer.lead_id], withdrawal)
        done.append(said(unit, saying, WITHDRAWN_TOPIC, event, withdrawal.number - 1))
        if not timer.handoff.is_test:
            unit.after_commit(metrics.WITHDRAWN.labels(*metrics.of_timer(timer)).inc)
    await store.insert_firings(unit.conn, done, unit.now)


def _withdrawn(unit: Unit, lead: Lead, withdrawal: Withdrawal) -> SlaWithdrawn:
    timer = withdrawal.timer
    base = common(timer, lead.take_seq(), unit.now) | {"due_at": withdrawal.due_at}
    return SlaWithdrawn(
        **base,
        act_kind=withdrawal.kind,
        act_at=withdrawal.at,
        withdraws=event_id(timer.id, BREACHED_TOPIC, timer.lead_id, withdrawal.number - 1),
    )


def _count(told: Told, moves: Collection[Move]) -> None:
    for move in moves:
        if not move.timer.handoff.is_test:
            metrics.MOVED.labels(move.why.value).inc()
    opened = (timer.handoff for result in told.results.values() for timer in result.changed)
    metrics.create_series_of_teams({handoff.team for handoff in opened if not handoff.is_test})
    for result in told.results.values():
        for timer in result.settled:
            if not timer.handoff.is_test:
                metrics.ENDED.labels(timer.kind.value, timer.state.value, metrics.trial(timer)).inc()
        for timer in result.ended:
            if not timer.handoff.is_test and not timer.is_trial:
                _observe_work(told.hours, timer)


def _observe_work(hours: HoursBook, timer: Timer) -> None:
    ending = timer.ending
    if ending is None or timer.kind not in (TimerKind.FIRST_RESPONSE, TimerKind.ACCEPT):
        return
    worked = timer.hours(hours.of(timer.opening)).elapsed(timer.opened_at, ending.at).total_seconds()
    if timer.kind is TimerKind.FIRST_RESPONSE and ending.kind == ProgressKind.CONTACTED:
        metrics.RESPONSE.observe(worked)
        metrics.RESPONSE_WALL.observe(max(0.0, (ending.at - timer.opened_at).total_seconds()))
    if timer.kind is TimerKind.ACCEPT and ending.kind == ProgressKind.ACCEPTED:
        metrics.ACCEPTANCE.observe(worked)
