"""One month as its report reads it."""

from dataclasses import replace
from datetime import datetime

from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.ledger.book import SIDES, Booked, Closing, Correction, MonthBook
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.corrections import closed_periods, open_corrections
from sla_monitor.ledger.gathering import Gathering
from sla_monitor.ledger.periods import Period

_q = load_queries("sla_monitor.ledger", "queries/reading.sql")


async def read_month(
    conn: Connection, period: Period, *, now: datetime, books: Books | None = None
) -> MonthBook:
    """Everything about a month as the caller's transaction sees it.

    Make that one repeatable read, so that all statements see one moment. `now`: the database's time; `books`:
    what the process remembers. Raises NoRulebook where nothing has been published.
    """
    known = books or Books()
    await known.learn(conn)
    book = await Gathering(conn, period, now, known).whole()
    closing = await closing_of(conn, period)
    later = await _corrections(conn, known, period, closing, now)
    booked = [Booked(*row) for row in await conn.fetch(_q.booked_of, period.name)]
    return replace(book, closing=closing, corrections=later, booked=tuple(booked))


async def kept_report(conn: Connection, period: Period) -> str | None:
    """The whole report of a closed month as JSON, as both sides signed it; None of others."""
    found: str | None = await conn.fetchval(_q.kept_report, period.name)
    return found


async def closing_of(conn: Connection, period: Period) -> Closing:
    """Who signed a month."""
    row = await conn.fetchrow(_q.month_row, period.name)
    if row is None:
        return Closing()
    sides = ((row[f"{side}_name"], row[f"{side}_at"]) if row[f"{side}_at"] else None for side in SIDES)
    return Closing(*sides)


async def _corrections(
    conn: Connection, books: Books, period: Period, closing: Closing, now: datetime
) -> tuple[Correction, ...]:
    """Of a closed month those booked in it; of the one after the last closed those found until now."""
    if closing.is_closed:
        return tuple(Correction(*row) for row in await conn.fetch(_q.corrections_of, period.name))
    closed = await closed_periods(conn, period.zone)
    if not closed or closed[-1].next != period:
        return ()
    return tuple(await open_corrections(conn, books, closed, now))
