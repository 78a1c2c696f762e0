"""The figures of a page, read from the store, and the words of one that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery.message import Attachment
from rulebook.models import Rulebook, TextLanguage
from service_kit.postgres import Connection
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.periods import Period
from sla_monitor.ledger.reading import read_month
from sla_monitor.reports.figures.month import month_report
from sla_monitor.reports.page.month import month_page
from sla_monitor.rhythm.asked import Figured
from sla_monitor.rhythm.letters import Letter
from sla_monitor.rhythm.monthly import MonthlyFigures, monthly_figures
from sla_monitor.rhythm.monthly_letter import monthly_letter
from sla_monitor.rhythm.schedule import PageKind
from sla_monitor.rhythm.store import Made, open_matters
from sla_monitor.rhythm.weekly import WeeklyFigures, weekly_figures
from sla_monitor.rhythm.weekly_letter import weekly_letter
from sla_monitor.rhythm.weeks import Week

ATTACHED_AT_MOST = 4_000_000
"""Bytes of a report that still goes with a letter; a mail server takes some ten million, encoded."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A read of one moment of the store, the rulebook in force, and the versions known."""

    conn: Connection
    now: datetime
    rulebook: Rulebook
    books: Books


async def weekly_page(reading: Reading, week: Week) -> Figured:
    """The page of a week, as its rows stand now."""
    conn, now, rulebook = reading.conn, reading.now, reading.rulebook
    months = dict.fromkeys([*week.previous.months(), *week.months()])
    books = [await read_month(conn, month, now=now, books=reading.books) for month in months]
    figures = weekly_figures(week, books, rulebook, await open_matters(conn), now)
    return Figured(company=rulebook.company, figures=figures.model_dump(mode="json"), reports={})


async def monthly_page(reading: Reading, month: Period, languages: Sequence[TextLanguage]) -> Figured:
    """Management's page of a month, as its rows stand now, and the whole report in these languages."""
    report, before = [
        month_report(await read_month(reading.conn, each, now=reading.now, books=reading.books))
        for each in (month, month.previous)
    ]
    figures = monthly_figures(report, before).model_dump(mode="json")
    pages = {each: month_page(report, each) for each in languages}
    return Figured(company=reading.rulebook.company, figures=figures, reports=pages)


def letter_of(made: Made, language: str, *, by_mail: bool) -> tuple[Letter, Sequence[Attachment]]:
    """A page that is kept, in words, and the files that go with it by e-mail."""
    if made.kind is PageKind.WEEKLY:
        figures = WeeklyFigures.model_validate(made.figures)
        return weekly_letter(figures, made.company, language), ()
    content = (made.report or "").encode()
    name = f"{made.period}.html" if by_mail and 0 < len(content) <= ATTACHED_AT_MOST else None
    letter = monthly_letter(MonthlyFigures.model_validate(made.figures), language, name)
    return letter, [Attachment(name, "text/html", content)] if name is not None else ()
