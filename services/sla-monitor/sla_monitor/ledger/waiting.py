"""What waits for people of either side: objections without a decision, months without a signature."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.ledger.book import SIDES, Side
from sla_monitor.ledger.books import Book, Books, book_for
from sla_monitor.ledger.closing import signs_from
from sla_monitor.ledger.periods import Period, parse_period, period_of

_q = load_queries("sla_monitor.ledger", "queries/waiting.sql")
MOST_MONTHS = 24
"""So many months are looked at; whoever signs none for longer does without."""


@dataclass(frozen=True, slots=True)
class UnsignedMonth:
    """A month that may be signed, and the sides that have not."""

    period: str
    sides: Sequence[Side]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`objections`: how many nobody has decided. `months`: the oldest first, in the order of signing."""

    objections: int
    months: Sequence[UnsignedMonth]


async def what_waits(conn: Connection, books: Books, now: datetime) -> Waiting:
    """All that waits now. Before the first rulebook no month does."""
    objections = await conn.fetchval(_q.count_open_objections)
    book = books.at(now)
    if book is None:
        return Waiting(objections, ())
    rows = {parse_period(row["period"], book.zone): row for row in await conn.fetch(_q.signed_months)}
    open_months = reversed(list(_open_months(books, book, rows, now)))
    found = [UnsignedMonth(each.name, _missing(rows.get(each))) for each in open_months]
    return Waiting(objections, tuple(found))


def _open_months(books: Books, book: Book, rows: Mapping[Period, Any], now: datetime) -> Iterator[Period]:
    """Months that may be signed, the newest first: those behind the last closed one, and where none is closed
    those with a day that an agreement binds."""
    is_any_closed = any(row["closed_at"] is not None for row in rows.values())
    period = period_of(now, book.zone)
    for _ in range(MOST_MONTHS):
        period = period.previous
        row = rows.get(period)
        if (books.begin and period.end <= books.begin) or (row is not None and row["closed_at"] is not None):
            return
        judging = book_for(books, period, now)
        _, day = signs_from(period, judging)
        if not (is_any_closed or any(judging.agreed_on(each).id for each in period.days())):
            return
        if day is not None and period.local_day(now) >= day:
            yield period


def _missing(row: Any) -> tuple[Side, ...]:
    return SIDES if row is None else tuple(side for side in SIDES if row[f"{side}_at"] is None)
