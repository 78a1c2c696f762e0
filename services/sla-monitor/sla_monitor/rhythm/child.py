"""`python -m sla_monitor.rhythm.child`: one page's figures in a process of its own, so that firing never
waits. In comes a Question as JSON, out comes what is Figured."""

import asyncio
import os
import sys

from service_kit.postgres import Connection, Database
from sla_monitor.ledger.books import Books, NoRulebook
from sla_monitor.reports.child import NICER, STATEMENT_TIMEOUT_MS
from sla_monitor.rhythm.asked import Figured, Question
from sla_monitor.rhythm.figuring import Reading, monthly_page, weekly_page
from sla_monitor.rhythm.schedule import period_named
from sla_monitor.rhythm.weeks import Week


def main() -> None:
    """Read stdin to its end, and answer."""
    os.nice(NICER)
    question = Question.model_validate_json(sys.stdin.buffer.read())
    answer = asyncio.run(_answered(question)).model_dump_json()
    sys.stdout.buffer.write(answer.encode())
    sys.stdout.buffer.flush()


async def _answered(question: Question) -> Figured:
    database = Database(
        question.dsn,
        schema=question.schema_name,
        application_name="baton-sla-monitor-page",
        max_size=1,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    await database.open()
    try:
        async with (
            database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await figured(conn, question)
    finally:
        await database.close()


async def figured(conn: Connection, question: Question) -> Figured:
    """The page as the rows of this transaction have it. Raises ValueError for a period that is none."""
    books = Books()
    await books.learn(conn)
    book = books.at(question.now)
    if book is None:
        raise NoRulebook
    period = period_named(question.kind, question.period, book.zone)
    reading = Reading(conn, question.now, book.rulebook, books)
    if isinstance(period, Week):
        return await weekly_page(reading, period)
    return await monthly_page(reading, period, question.languages)


if __name__ == "__main__":
    main()
