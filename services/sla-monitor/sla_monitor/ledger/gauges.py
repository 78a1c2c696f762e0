"""Attainment and pace of the running month as gauges: counted in groups by the store, never lead by lead."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lead_events.words import ChargedTo, Quadrant, TimerKind
from rulebook.models import Agreement, Goal, MarketingSide
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries
from sla_monitor.domain.terms import SPEED
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger import metrics
from sla_monitor.ledger.books import Book, Books
from sla_monitor.ledger.periods import Period, period_of, working_days
from sla_monitor.ledger.shaping import STATES
from sla_monitor.reports.figures.sales import ANSWERS

_q = load_queries("sla_monitor.ledger")
_OF_SALES = frozenset({ChargedTo.REP.value, ChargedTo.SALES_TEAM.value})


@dataclass(frozen=True, slots=True)
class Counted:
    """The groups of a month that the store counted."""

    delivered: Sequence[Any]
    given_back: Sequence[Any]
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
        await conn.fetch(_q.deliveries_by_group, period.start, period.end),
        await conn.fetch(_q.given_back_by_group, period.start, period.end),
        await conn.fetch(_q.promises_by_outcome, *span, list(STATES), *volumes, speed, period.zone.key),
        await conn.fetch(_q.work_by_outcome, *span),
    )


def _export_goals(book: Book, agreement: Agreement, period: Period, now: datetime, counted: Counted) -> None:
    side, days = agreement.marketing, working_days(period, book.paces(agreement))
    over = sum(day < period.local_day(now) for day in days)
    for name, goal in side.all_goals().items():
        metrics.GOAL.labels(name).set(goal.goal)
        metrics.PLANNED.labels(name).set(goal.goal * over / len(days) if days else 0)
        metrics.DELIVERED.labels(name).set(float(delivered_of(goal, side, counted.delivered)))
        metrics.TAKEN_OFF.labels(name).set(float(taken_off_of(goal, side, counted.given_back)))


def delivered_of(goal: Goal, side: MarketingSide, groups: Iterable[Any]) -> Decimal:
    """What groups of deliveries count towards a goal, in its unit."""
    return sum((_worth(goal, side, each) for each in groups if fits(goal, each)), Decimal(0))


def taken_off_of(goal: Goal, side: MarketingSide, groups: Iterable[Any]) -> Decimal:
    """What groups of leads given back take off a goal, in its unit."""
    found = Decimal(0)
    for each in groups:
        if fits(goal, each):
            found += _worth(goal, side, each) * Decimal(str(side.part_taken_off(each["code"])))
    return found


def fits(goal: Goal, group: Any) -> bool:
    """Whether a group counts towards a goal; a list that is left out holds for all."""
    return (
        (not goal.quadrants or Quadrant(group["quadrant"]) in goal.quadrants)
        and (not goal.lines or group["line"] in goal.lines)
        and (not goal.sources or group["source"] in goal.sources)
        and (not goal.segments or not set(goal.segments).isdisjoint(group["segments"]))
    )


def _worth(goal: Goal, side: MarketingSide, group: Any) -> Decimal:
    quadrant, leads = Quadrant(group["quadrant"]), Decimal(group["leads"])
    if goal.counted_in == "points":
        return leads * side.points.get(quadrant, 0)
    if goal.counted_in == "money":
        return leads * side.value_minor.get(quadrant, 0)
    return leads


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
    ended_well = state is TimerState.WITHDRAWN and group["ended_kind"] in ANSWERS
    if state is TimerState.BREACHED and group["is_excused"]:
        return "excused"
    if state is not TimerState.BREACHED and state is not TimerState.KEPT and not ended_well:
        return None
    if group["is_above_volume"]:
        return "above_volume"
    return _broken_by(group["charged_to"]) if state is TimerState.BREACHED else "kept"


def _broken_by(charged_to: str | None) -> str:
    return "broken_by_sales" if charged_to in _OF_SALES else "broken_by_others"


def _export_work(side: MarketingSide, groups: Iterable[Any]) -> None:
    counts: Counter[str] = Counter()
    for group in groups:
        if side.part_taken_off(group["code"]) < 1:
            counts["worked" if group["is_worked"] else "not_worked"] += group["leads"]
    for outcome in metrics.WORKED:
        metrics.WORK.labels(outcome).set(counts[outcome])
