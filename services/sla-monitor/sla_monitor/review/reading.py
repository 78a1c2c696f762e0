"""The proposal for a month, read from the store."""

from datetime import datetime
from itertools import dropwhile
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from rulebook.agreements import Agreed
from service_kit.postgres import Connection
from sla_monitor.ledger.book import MonthBook
from sla_monitor.ledger.books import Book, Books, NoRulebook, book_for
from sla_monitor.ledger.periods import Period, parse_period, period_of, working_days
from sla_monitor.ledger.reading import read_month
from sla_monitor.reports.asked import Asked, CannotBe, Refusal
from sla_monitor.review.proposing import Proposal, propose, text_of
from sla_monitor.review.rates import rates_of

MONTHS = 3
"""So many months that are over are looked at."""
NEXT = "next"
"""The month after the one that runs."""


class ChangeFigure(BaseModel):
    """A value that would change, its path as in the agreement's YAML, and why."""

    model_config = ConfigDict(frozen=True)

    path: str
    before: float | str
    after: float | str
    because: str


class ProposalFigures(BaseModel):
    """A draft that nobody has signed. `based_on`: the months it was made from; `of`: the id of the agreement
    it changes; `agreement`: what its file would say."""

    model_config = ConfigDict(frozen=True)

    month: str
    working_days: int
    based_on: list[str]
    of: str
    changes: list[ChangeFigure]
    remarks: list[str]
    agreement: dict[str, object]


async def proposal_for(conn: Connection, asked: Asked) -> ProposalFigures:
    """Of the last months that are over and have anything to go by. Raises CannotBe."""
    books = Books()
    await books.learn(conn)
    book = _newest(books, asked.now)
    running = period_of(asked.now, book.zone)
    month = running.next if asked.period == NEXT else parse_period(asked.period, book.zone)
    _refuse_past(month, running)
    found = await _months(conn, books, running, asked.now)
    if not found:
        first = running.previous.previous.previous.name
        why = f"no lead was delivered from {first} to {running.previous.name}: ask after a month with leads"
        raise CannotBe(Refusal(why="nothing_to_go_by", detail=why))
    agreed = _agreed(book, month, asked.now)
    days = len(working_days(month, book.paces(agreed.agreement)))
    return _figures(propose(agreed, rates_of(found, agreed), month, days), found, month, days)


def _refuse_past(month: Period, running: Period) -> None:
    """Raises CannotBe for a month that is over: nobody agrees on it any more."""
    if month.first_day < running.first_day:
        later = f"ask for {running.name} or a later month, or for `next`, which is {running.next.name}"
        raise CannotBe(Refusal(why="is_over", detail=f"{month.name} is over: {later}"))


def _newest(books: Books, now: datetime) -> Book:
    try:
        return book_for(books, period_of(now, ZoneInfo("UTC")), now)
    except NoRulebook as error:
        raise CannotBe(Refusal(why="no_rulebook", detail=str(error))) from error


async def _months(conn: Connection, books: Books, running: Period, now: datetime) -> list[MonthBook]:
    """From the first one with deliveries on, the oldest first: a month without any since then counts too."""
    found: list[MonthBook] = []
    period = running
    for _ in range(MONTHS):
        period = period.previous
        found.insert(0, await read_month(conn, period, now=now, books=books))
    return list(dropwhile(lambda month: not _has_deliveries(month), found))


def _has_deliveries(month: MonthBook) -> bool:
    contains = month.period.contains
    return any(lead.is_ours and lead.delivered_at and contains(lead.delivered_at) for lead in month.leads)


def _agreed(book: Book, month: Period, now: datetime) -> Agreed:
    """The agreement that would bind the month, else the one that binds now. Raises CannotBe for neither."""
    for day in (month.first_day, month.last_day, now.astimezone(book.zone).date()):
        agreed = book.agreed_on(day)
        if agreed.id:
            return agreed
    why = "no agreement is active, now or then: publish one with state: active and both signatures first"
    raise CannotBe(Refusal(why="nothing_to_go_by", detail=why))


def _figures(proposal: Proposal, found: list[MonthBook], month: Period, days: int) -> ProposalFigures:
    return ProposalFigures(
        month=month.name,
        working_days=days,
        based_on=[book.period.name for book in found],
        of=proposal.of,
        changes=[ChangeFigure.model_validate(change, from_attributes=True) for change in proposal.changes],
        remarks=list(proposal.remarks),
        agreement=text_of(proposal.agreement),
    )
