"""Attainment and pace of the running month as gauges: counted in groups by the store, never lead by lead."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lead_events.words import Quadrant, TimerKind
from rulebook.models import Agreement, Goal, MarketingSide
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from sla_monitor.domain.terms import SPEED
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger import metrics
from sla_monitor.ledger.book import LeadGroup
from sla_monitor.ledger.books import Book, Books
from sla_monitor.ledger.periods import Period, period_of, working_days
from sla_monitor.ledger.shaping import STATES
from sla_monitor.reports.figures.frame import counting, fits, part_taken_off
from sla_monitor.reports.figures.sales import OF_SALES, was_kept

_q = load_queries("sla_monitor.ledger", "queries/gauges.sql")


@dataclass(frozen=True, slots=True)
class Counted:
    """The groups of a month that the store counted."""

    delivered: Sequence[LeadGroup]
    given_back: Sequence[LeadGroup]
    promises: Sequence[Any]
    work: Sequence[Any]


async def export_month(database: Database, books: Books) -> None:
    """Goals, pace and promises of the month that runs; nothing while no agreement binds."""
    async with database.transaction() as conn:
        now = await database.clock.now(conn)
        await books.learn(conn)
        book = books.at(now)
        if book is None:
            return
        period = period_of(now, book.zone)
        counted = await _counted(conn, books, period, now)
    metrics.forget()
    agreement = book.agreed_at(now).agreement
    _export_goals(book, agreement, period, now, counted)
    _export_promises(counted.promises)
    _export_work(agreement.marketing, counted.work)


async def _counted(conn: Connection, books: Books, period: Period, now: datetime) -> Counted:
    span = period.start, min(now, period.end)
    agreed = [(version, name, each.per_day, each.per_month) for version, name, each in books.volumes()]
    volumes = [[row[column] for row in agreed] for column in range(4)]
    speed = [kind.value for kind in SPEED]
    return Counted(
        [_group(row) for row in await conn.fetch(_q.deliveries_by_group, period.start, period.end)],
        [_group(row) for row in await conn.fetch(_q.given_back_by_group, period.start, period.end)],
        await conn.fetch(_q.promises_by_outcome, *span, list(STATES), *volumes, speed, period.zone.key),
        await conn.fetch(_q.work_by_outcome, *span),
    )


def _group(row: Any) -> LeadGroup:
    """A row of deliveries_by_group or given_back_by_group."""
    quadrant = Quadrant(row["quadrant"])
    return LeadGroup(quadrant, row["line"], row["segments"], row["source"], row["code"], row["leads"])


def _export_goals(book: Book, agreement: Agreement, period: Period, now: datetime, counted: Counted) -> None:
    side, days = agreement.marketing, working_days(period, book.paces(agreement))
    over = sum(day < period.local_day(now) for day in days)
    for name, goal in side.all_goals().items():
        metrics.GOAL.labels(name).set(goal.goal)
        metrics.PLANNED.labels(name).set(goal.goal * over / len(days) if days else 0)
        metrics.DELIVERED.labels(name).set(float(delivered_of(goal, side, counted.delivered)))
        metrics.TAKEN_OFF.labels(name).set(float(taken_off_of(goal, side, counted.given_back)))


def delivered_of(goal: Goal, side: MarketingSide, groups: Iterable[LeadGroup]) -> Decimal:
    """What groups of deliveries count towards a goal, in its unit."""
    count = counting(goal, side)
    return sum((count(each) * each.leads for each in groups if fits(goal, each)), Decimal(0))


def taken_off_of(goal: Goal, side: MarketingSide, groups: Iterable[LeadGroup]) -> Decimal:
    """What groups of leads given back take off a goal, in its unit."""
    count, fitting = counting(goal, side), (each for each in groups if fits(goal, each))
    return sum((count(each) * each.leads * part_taken_off(side, each.code) for each in fitting), Decimal(0))


def _export_promises(groups: Iterable[Any]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for group in groups:
        outcome = outcome_of(group)
        if outcome is not None:
            counts[group["kind"], outcome] += group["promises"]
    for kind in TimerKind:
        for outcome in metrics.OUTCOMES:
            metrics.PROMISES.labels(kind.value, outcome).set(counts[kind.value, outcome])
        kept, broken = counts[kind.value, "kept"], counts[kind.value, "broken_by_sales"]
        if kept + broken:
            metrics.KEPT_SHARE.labels(kind.value).set(kept / (kept + broken))


def outcome_of(group: Any) -> str | None:
    """What became of promises; None of those that are open or were cancelled."""
    state = TimerState(group["state"])
    if state is TimerState.BREACHED and group["is_excused"]:
        return "excused"
    if state is not TimerState.BREACHED and not was_kept(state, group["ended_kind"]):
        return None
    if group["is_above_volume"]:
        return "above_volume"
    return _broken_by(group["charged_to"]) if state is TimerState.BREACHED else "kept"


def _broken_by(charged_to: str | None) -> str:
    return "broken_by_sales" if charged_to in OF_SALES else "broken_by_others"


def _export_work(side: MarketingSide, groups: Iterable[Any]) -> None:
    counts: Counter[str] = Counter()
    for group in groups:
        if side.part_taken_off(group["code"]) < 1:
            counts["worked" if group["is_worked"] else "not_worked"] += group["leads"]
    for outcome in metrics.WORKED:
        metrics.WORK.labels(outcome).set(counts[outcome])
