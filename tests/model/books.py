"""The month as the monitor's ledger reads it, beside the model's."""

from collections import Counter
from typing import Any

from sla_monitor.ledger.book import LeadRow, MonthBook, PromiseRow
from sla_monitor.ledger.periods import Period
from sla_monitor.ledger.reading import read_month
from sla_monitor.reports.figures.month import month_report
from tests.integration.sla_monitor.worlds import World
from tests.model.comparison import SUPERSEDED, Minutes, expected, key_of, minutes
from tests.model.delivered import Delivery, deliveries, given_back, is_above
from tests.model.figures import bounds, figures_of, is_excused, won
from tests.model.flat import of_model, of_report
from tests.model.history import History
from tests.model.minutes import charged
from tests.model.months import Month
from tests.model.promises import Kept
from tests.model.segments import holds
from tests.model.working import to_be_worked

ROUNDED = 1e-6
Judged = tuple[bool, str | None, bool, Minutes]


async def read_book(world: World, month: Month) -> MonthBook:
    """The month's book at the world's present moment."""
    start = month.company.start
    period = Period(start.year, start.month, month.company.zone)
    async with world.database.acquire() as conn, conn.transaction(isolation="repeatable_read"):
        return await read_month(conn, period, now=world.clock.now())


def misread(month: Month, history: History, book: MonthBook) -> list[str]:
    """What the ledger says otherwise than the model, in words."""
    return [*_deliveries_misread(month, history, book), *_promises_misread(month, history, book)]


def misreported(month: Month, history: History, book: MonthBook) -> list[str]:
    """Figures of the report that are not the model's."""
    start = month.company.start
    figures = figures_of(history, start.year, start.month, month.now)
    mine = of_model(figures)
    theirs = of_report(month_report(book).model_dump(mode="json"))
    return [
        f"{name}: {mine.get(name, 0)} by the model, {theirs.get(name, 0)} in the report"
        for name in sorted(mine.keys() | theirs.keys())
        if abs(mine.get(name, 0) - theirs.get(name, 0)) > ROUNDED
    ]


def _deliveries_misread(month: Month, history: History, book: MonthBook) -> list[str]:
    start, end = bounds(history, month.company.start.year, month.company.start.month)
    model = deliveries(history)
    rows = {row.id: row for row in book.leads}
    due = {
        lead for lead, each in model.items() if (w := to_be_worked(history, each)) and start <= w.due < end
    }
    wanted = {lead for lead, each in model.items() if start <= each.at < end} | due
    found = [f"lead {lead}: the book of the month has no row" for lead in sorted(wanted - rows.keys())]
    for lead, row in rows.items():
        if lead not in model:
            if row.delivered_at is not None and row.is_ours:
                found.append(f"lead {lead}: no delivery by the model, delivered at {row.delivered_at}")
            continue
        mine, theirs = _by_model(history, model[lead]), _by_row(row)
        if mine != theirs:
            apart = {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}
            found.append(f"lead {lead}: model and book differ in {apart}")
    return found


def _by_model(history: History, each: Delivery) -> dict[str, Any]:
    work, back, sold = to_be_worked(history, each), given_back(history, each.lead), won(history, each.lead)
    segments = history.rulebook_at(each.at).routing.segments
    rounds = [fact for fact in history.facts.get(each.lead, ()) if fact.kind == "assigned"]
    return {
        "delivered": each.at,
        "quadrant": each.score.quadrant,
        "segments": {name for name in segments if holds(segments, name, each.score)},
        "source": each.source,
        "handed": rounds[0].at if rounds else None,
        "due": work.due if work else None,
        "worked": work.worked_at if work and rounds else None,
        "given back": (back.id, back.at) if back else None,
        "won": sold.at if sold else None,
    }


def _by_row(row: LeadRow) -> dict[str, Any]:
    back = row.given_back
    return {
        "delivered": row.delivered_at,
        "quadrant": row.quadrant,
        "segments": set(row.segments),
        "source": row.last_source,
        "handed": row.handed_at,
        "due": row.work_due_at,
        "worked": row.worked_at if row.work_due_at else None,
        "given back": (back.fact, back.at) if back else None,
        "won": row.won.at if row.won else None,
    }


def _promises_misread(month: Month, history: History, book: MonthBook) -> list[str]:
    start, end = bounds(history, month.company.start.year, month.company.start.month)
    tests = {lead for lead, scores in history.scores.items() if scores[0].is_test}
    model = {
        key: kept
        for key, kept in expected(month).items()
        if kept.due is not None and start <= kept.due < end and kept.each.lead not in tests
    }
    rows = {_key(row): row for row in book.promises if row.due_at is not None and start <= row.due_at < end}
    rows = {key: row for key, row in rows.items() if row.ended_kind != SUPERSEDED}
    found = [f"{key}: only in the book" for key in sorted(rows.keys() - model.keys())]
    found += [f"{key}: not in the book" for key in sorted(model.keys() - rows.keys())]
    for key in sorted(rows.keys() & model.keys()):
        mine, theirs = _counted(history, model[key]), _counted_by(rows[key])
        if mine != theirs:
            found.append(f"{key}: the model counts {mine}, the book {theirs}")
    return found


def _key(row: PromiseRow) -> tuple[str, str, int, str, str]:
    return key_of(
        {
            "lead_id": row.lead_id,
            "kind": str(row.kind),
            "round": row.round,
            "opened_at": row.opened_at,
            "agreement": row.agreement,
        }
    )


def _counted(history: History, kept: Kept) -> Judged:
    """Whether it is broken, who answers for it, whether that is excused, and whose minutes they were."""
    if kept.state != "broken":
        return False, None, False, Counter()
    who = charged(history, kept, is_above=is_above(history, kept))
    return True, who, is_excused(history, kept), minutes(history, kept)


def _counted_by(row: PromiseRow) -> Judged:
    is_broken = str(row.state) in ("breached", "broken")
    who = str(row.charged_to) if is_broken and row.charged_to else None
    spent: Minutes = Counter()
    for part, detail, microseconds in row.parts if is_broken else ():
        spent[part, None if part == "paused" else detail] += microseconds
    return is_broken, who, is_broken and row.excused is not None, spent
