"""The rows of a month: set-based, a constant number of statements, a few thousand rows at a time."""

import asyncio
import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import LeadRow, MonthBook, ObjectionRow, PromiseRow, TouchRow
from sla_monitor.ledger.books import Book, Books, book_for
from sla_monitor.ledger.periods import Period, period_of
from sla_monitor.ledger.shaping import (
    DELIVERED_AT,
    ID,
    IS_OURS,
    STATES,
    Place,
    credited,
    lead_row,
    marked,
    promise_row,
    round_row,
    touch_row,
)

_q = load_queries("sla_monitor.ledger", "queries/month.sql")
_AT_ONCE = 1_000
"""Rows between two turns of others: some milliseconds."""
T = TypeVar("T")


class Gathering:
    """The statements of one book. Raises NoRulebook where nothing has been published."""

    def __init__(self, conn: Connection, period: Period, now: datetime, books: Books) -> None:
        self._conn, self._period, self._now, self._books = conn, period, now, books
        self._book = book_for(books, period, now)
        self._span = (period.start, period.end)

    async def whole(self) -> MonthBook:
        """The book of the month."""
        with no_cycles():
            return await self._whole()

    async def _whole(self) -> MonthBook:
        start, end = self._span
        leads, touches = await self._leads(_q.leads_of_month, *self._span, list(STATES))
        merged = await self._rows(touch_row, _q.merged_touches, *self._span)
        promises = await self._promises(None)
        subjects = [lead.given_back.fact for lead in leads if lead.given_back is not None]
        subjects += [row.id for row in promises if row.state is TimerState.BREACHED]
        return MonthBook(
            period=self._period,
            now=self._now,
            rulebook=self._book.rulebook,
            leads=tuple(leads),
            promises=tuple(marked(promises, leads, self._books.volume_of)),
            rounds=tuple(await self._rows(round_row, _q.rounds_of_month, *self._span)),
            touches=(*(touch for touch in touches if start <= touch.at < end), *merged),
            objections=tuple(await self._objections(subjects)),
            names=names_of(self._book),
        )

    async def some(self, leads: Collection[UUID], promises: Collection[UUID]) -> MonthBook:
        """As far as it is about some leads and promises only, for corrections."""
        found = await self._promises(list(promises))
        of_promises = {promise.lead_id for promise in found}
        wanted = [*{*leads, *of_promises}]
        rows, _ = await self._leads(_q.some_leads, wanted, *self._span, [*of_promises])
        subjects = [lead.given_back.fact for lead in rows if lead.given_back is not None]
        objections = tuple(await self._objections(subjects))
        book = self._book.rulebook
        above = tuple(marked(found, rows, self._books.volume_of))
        return MonthBook(self._period, self._now, book, tuple(rows), above, (), (), objections=objections)

    async def _objections(self, subjects: Collection[UUID]) -> list[ObjectionRow]:
        """Those of the month, and those to what is in the book."""
        found = await self._conn.fetch(_q.objections_of_month, *self._span, list(subjects))
        return [ObjectionRow(*row) for row in found]

    async def _leads(self, query: str, *arguments: Any) -> tuple[list[LeadRow], list[TouchRow]]:
        rows = await self._rows(_as_it_is, query, *arguments)
        touches = await self._rows(touch_row, _q.touches_of_leads, [row[ID] for row in rows])
        sources, places = credited(rows, touches), await self._places(rows)

        def shaped(row: Any) -> LeadRow:
            return lead_row(row, self._book, sources.get(row[ID]), places.get(row[ID]))

        return await _in_parts(shaped, rows), touches

    async def _promises(self, some: Sequence[UUID] | None) -> list[PromiseRow]:
        return await self._rows(promise_row, _q.promises_of_month, *self._span, some, list(STATES))

    async def _places(self, rows: Collection[Any]) -> Mapping[UUID, Place]:
        """Which delivery each lead is. Of other months only where an agreement names a volume."""
        delivered = [row[DELIVERED_AT] for row in rows if row[DELIVERED_AT] is not None and row[IS_OURS]]
        if not delivered:
            return {}
        first = min(delivered) if self._books.have_volume else max(min(delivered), self._span[0])
        zone = self._period.zone
        start, end = period_of(first, zone).start, period_of(max(delivered), zone).end
        found = await self._conn.fetch(_q.positions_between, start, end, zone.key)
        return {row[0]: (row[1], row[2]) for row in found}

    async def _rows(self, shape: Callable[[Any], T], query: str, *arguments: Any) -> list[T]:
        """What a query gives, in its order."""
        statement = await self._conn.prepare(query)
        cursor = await statement.cursor(*arguments)
        found: list[T] = []
        while rows := await cursor.fetch(_AT_ONCE):
            found += map(shape, rows)
        return found


@contextmanager
def no_cycles() -> Iterator[None]:
    """No search for cycles meanwhile: a million rows have none, and looking took half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _as_it_is(row: Any) -> Any:
    return row


async def _in_parts(shape: Callable[[Any], T], rows: Sequence[Any]) -> list[T]:
    found: list[T] = []
    for start in range(0, len(rows), _AT_ONCE):
        found += map(shape, rows[start : start + _AT_ONCE])
        await asyncio.sleep(0)
    return found


def names_of(book: Book) -> dict[str, str]:
    """Reps and teams of the rulebook's roster by their ids."""
    roster = book.rulebook.roster
    teams = {identity: team.name for identity, team in roster.teams.items()}
    return teams | {identity: rep.name for identity, rep in roster.reps.items()}
