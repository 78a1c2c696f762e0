"""`python -m sla_monitor.rhythm.child`: one page's figures in a process of its own, so that firing never
waits. In comes a Question as JSON, out comes what is Figured."""

import asyncio

from service_kit.postgres import Connection
from sla_monitor.child_process import one_moment, read_question, run_child, write_answer
from sla_monitor.ledger.books import Books, NoRulebook
from sla_monitor.rhythm.asked import Figured, Question
from sla_monitor.rhythm.figuring import Reading, monthly_page, weekly_page
from sla_monitor.rhythm.schedule import period_named
from sla_monitor.rhythm.weeks import Week


def main() -> None:
    """Read stdin to its end, and answer."""
    question = read_question(Question)
    write_answer(asyncio.run(_answered(question)).model_dump_json())


async def _answered(question: Question) -> Figured:
    async with one_moment(question, "baton-sla-monitor-page") as conn:
        return await figured(conn, question)


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
    run_child(main)
