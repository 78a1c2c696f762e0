"""`python -m sla_monitor.ledger.child`: what is booked when a month is closed, computed in a process of its
own, so that firing never waits.

In comes a Question as JSON; out comes a row a line, as COPY reads them, of the moment that its snapshot sees.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from service_kit.postgres import Connection, Database
from sla_monitor.ledger.book import Correction, MonthBook
from sla_monitor.ledger.books import Books, readable
from sla_monitor.ledger.corrections import closed_periods, open_corrections
from sla_monitor.ledger.entries import entries
from sla_monitor.ledger.gathering import Gathering

NICER = 5
"""Who fires goes first."""
STATEMENT_TIMEOUT_MS = 60_000
Row = tuple[str, str, str, UUID, str, Decimal]


class Question(BaseModel):
    """Where the store is, the snapshot to read it in, which month, and the database's time."""

    dsn: str
    schema_name: str
    snapshot: str = Field(pattern=r"^[0-9A-Fa-f-]+$")
    period: str
    now: datetime


def main() -> None:
    """Read stdin to its end, and answer."""
    os.nice(NICER)
    gc.disable()  # it ends with the answer, and its rows have no cycles
    asyncio.run(_answer(Question.model_validate_json(sys.stdin.buffer.read())))


async def _answer(question: Question) -> None:
    database = Database(
        question.dsn,
        schema=question.schema_name,
        application_name="baton-sla-monitor-closing",
        max_size=1,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    await database.open()
    try:
        async with (
            database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            await conn.execute(f"SET TRANSACTION SNAPSHOT '{question.snapshot}'")
            found = await booked(conn, question.period, question.now)
    finally:
        await database.close()
    for row in found:
        sys.stdout.write("\t".join(map(str, row)) + "\n")
    sys.stdout.flush()


async def booked(conn: Connection, name: str, now: datetime) -> Iterator[Row]:
    """Each part of the month's figures, and the corrections to months closed before."""
    books = Books()
    await books.learn(conn)
    period, _ = readable(books, name, now)
    closed = await closed_periods(conn, period.zone)
    later = await open_corrections(conn, books, closed, now)
    whole = await Gathering(conn, period, now, books).whole()
    return _rows(name, whole, later)


def _rows(name: str, whole: MonthBook, later: Sequence[Correction]) -> Iterator[Row]:
    for each in later:
        yield name, each.of, each.measure, each.subject, each.goal or "", each.amount
    for entry in entries(whole):
        yield name, name, entry.measure, entry.subject, entry.goal, entry.amount


if __name__ == "__main__":
    main()
