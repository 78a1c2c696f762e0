"""`python -m sla_monitor.reports.child`: one report in a process of its own, so that firing never waits.

In comes a Question as JSON, out the report as it is sent; with exit status 3 a Refusal.
"""

import asyncio
import contextlib
import sys
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from service_kit.postgres import Connection
from sla_monitor.child_process import one_moment, read_question, run_child, write_answer
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


def main() -> None:
    """Read stdin to its end, and answer."""
    question = read_question(Question)
    try:
        answer, status = asyncio.run(_answered(question)), 0
    except CannotBe as error:
        answer, status = error.refusal.model_dump_json(), REFUSED
    write_answer(answer)
    sys.exit(status)


async def _answered(question: Question) -> str:
    async with one_moment(question, "baton-sla-monitor-report") as conn:
        if question.asked.proposal:
            return (await proposal_for(conn, question.asked)).model_dump_json()
        found = await read_asked(conn, question.asked)
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
    run_child(main)
