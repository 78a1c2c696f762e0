"""`python -m sla_monitor.ledger.child`: what is booked when a month is closed, computed in a process of its
own, so that firing never waits.

In comes a Question as JSON; out comes a row a line, as COPY reads them, of the moment that its snapshot sees,
and behind REPORT the month's whole report as JSON, in one line.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from service_kit.postgres import Connection
from sla_monitor.child_process import StoreQuestion, one_moment, read_question, run_child
from sla_monitor.ledger.book import Booked, Closing, MonthBook
from sla_monitor.ledger.books import Books, readable
from sla_monitor.ledger.corrections import closed_periods, open_corrections
from sla_monitor.ledger.entries import entries
from sla_monitor.ledger.gathering import Gathering
from sla_monitor.reports.figures.month import month_report

REPORT = b"\x1e"
"""Stands before the report; no row has it."""
Row = tuple[str, str, str, UUID, str, Decimal]
"""Booked in which month, of which month, measure, subject, goal, amount."""


class Question(StoreQuestion):
    """The snapshot to read the store in, which month, who signs it, and the database's time."""

    snapshot: str = Field(pattern=r"^[0-9A-Fa-f-]+$")
    period: str
    marketing: tuple[str, datetime]
    sales: tuple[str, datetime]
    now: datetime


def main() -> None:
    """Read stdin to its end, and answer."""
    asyncio.run(_answer(read_question(Question)))


async def _answer(question: Question) -> None:
    async with one_moment(question, "baton-sla-monitor-closing") as conn:
        await conn.execute(f"SET TRANSACTION SNAPSHOT '{question.snapshot}'")
        book = await book_to_close(conn, question)
    figures: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in _rows(book):
        _, of, measure, _, goal, amount = row
        if of == question.period:
            figures[measure, goal] += amount
        sys.stdout.write("\t".join(map(str, row)) + "\n")
    sys.stdout.write(REPORT.decode() + report_of(book, figures) + "\n")
    sys.stdout.flush()


async def book_to_close(conn: Connection, question: Question) -> MonthBook:
    """The month with both signatures, and the corrections to months closed before."""
    books = Books()
    await books.learn(conn)
    period, _ = readable(books, question.period, question.now)
    closed = await closed_periods(conn, period.zone)
    later = await open_corrections(conn, books, closed, question.now)
    whole = await Gathering(conn, period, question.now, books).whole()
    return replace(whole, corrections=tuple(later), closing=Closing(question.marketing, question.sales))


def _rows(book: MonthBook) -> Iterator[Row]:
    name = book.period.name
    for each in book.corrections:
        yield name, each.of, each.measure, each.subject, each.goal or "", each.amount
    for entry in entries(book):
        yield name, name, entry.measure, entry.subject, entry.goal, entry.amount


def report_of(book: MonthBook, figures: Mapping[tuple[str, str], Decimal]) -> str:
    """The report as it reads once the month is closed; `figures`: what is booked, by measure and goal."""
    booked = tuple(Booked(measure, goal or None, amount) for (measure, goal), amount in figures.items())
    return month_report(replace(book, booked=booked)).model_dump_json()


if __name__ == "__main__":
    run_child(main)
