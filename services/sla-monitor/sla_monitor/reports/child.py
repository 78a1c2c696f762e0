"""`python -m sla_monitor.reports.child`: one report in a process of its own, so that firing never waits.

In comes a Question as JSON, out the report as it is sent; with exit status 3 a Refusal.
"""

import asyncio
import contextlib
import gc
import os
import sys
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from service_kit.postgres import Connection, Database
from sla_monitor.ledger.book import MonthBook
from sla_monitor.ledger.books import Books, NoRulebook, book_for
from sla_monitor.ledger.reading import kept_report, read_month
from sla_monitor.reports.asked import REFUSED, Asked, CannotBe, Question, Refusal, named, refuse_future
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.figures.touches import SourceReport, UnknownSource, source_report
from sla_monitor.reports.page.month import month_page
from sla_monitor.reports.page.source import source_page
from sla_monitor.reports.tidy import month_csv, source_csv
from sla_monitor.review.reading import proposal_for

NICER = 5
"""Who fires goes first."""
STATEMENT_TIMEOUT_MS = 60_000


def main() -> None:
    """Read stdin to its end, and answer."""
    os.nice(NICER)
    gc.disable()  # it ends with the report: looking for garbage takes half of the time of reading
    question = Question.model_validate_json(sys.stdin.buffer.read())
    try:
        answer, status = asyncio.run(_answered(question)), 0
    except CannotBe as error:
        answer, status = error.refusal.model_dump_json(), REFUSED
    sys.stdout.buffer.write(answer.encode())
    sys.stdout.buffer.flush()
    sys.exit(status)


async def _answered(question: Question) -> str:
    database = Database(
        question.dsn,
        schema=question.schema_name,
        application_name="baton-sla-monitor-report",
        max_size=1,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    await database.open()
    try:
        async with (
            database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            if question.asked.proposal:
                return (await proposal_for(conn, question.asked)).model_dump_json()
            found = await read_asked(conn, question.asked)
    finally:
        await database.close()
    return made(found, question.asked)


async def read_asked(conn: Connection, asked: Asked) -> MonthBook | MonthReport:
    """The rows of the month in the company's own time zone; of a closed one the report as it was signed,
    unless a source is asked for. Raises CannotBe."""
    books = Books()
    await books.learn(conn)
    now = asked.now
    try:
        in_force = book_for(books, named(asked.period, now, ZoneInfo("UTC")), now)
    except NoRulebook as error:
        raise CannotBe(Refusal(why="no_rulebook", detail=str(error))) from error
    period = named(asked.period, now, in_force.zone)
    refuse_future(period, now)
    kept = await kept_report(conn, period) if asked.source is None else None
    if kept is not None:
        with contextlib.suppress(ValidationError):  # kept by a release with other figures: made anew
            return MonthReport.model_validate_json(kept)
    return await read_month(conn, period, now=now, books=books)


def made(found: MonthBook | MonthReport, asked: Asked) -> str:
    """The report in the form that is asked for. Raises CannotBe for a source that is not there."""
    if isinstance(found, MonthBook) and asked.source is not None:
        return _source(found, asked, asked.source)
    report = month_report(found) if isinstance(found, MonthBook) else found
    if asked.format == "html":
        return month_page(report, asked.language)
    return month_csv(report) if asked.format == "csv" else report.model_dump_json()


def _source(book: MonthBook, asked: Asked, name: str) -> str:
    try:
        report: SourceReport = source_report(Frame.of(book), name)
    except UnknownSource as error:
        raise CannotBe(Refusal(why="no_source", detail=str(error))) from error
    if asked.format == "html":
        return source_page(report, asked.language)
    return source_csv(report) if asked.format == "csv" else report.model_dump_json()


if __name__ == "__main__":
    main()
