"""Makes the pages that are due, and those asked for: each once for each receiver, whoever tries."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from delivery.message import Message, Target
from delivery.store import enqueue
from rulebook.models import Page, Rulebook, TextLanguage
from service_kit.audit import Also
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from service_kit.unit import Unit
from sla_monitor.ledger.books import Book
from sla_monitor.ledger.periods import Period, period_of
from sla_monitor.memory import Memory
from sla_monitor.reports.asked import LAST
from sla_monitor.reports.desk import Busy, made_by
from sla_monitor.rhythm import metrics, store
from sla_monitor.rhythm.asked import Figured, Question
from sla_monitor.rhythm.errors import BadPeriod, NoPageYet, NotBegun, NotClosed, NotOver
from sla_monitor.rhythm.receivers import receivers
from sla_monitor.rhythm.schedule import LATEST, Due, PageKind, due_pages, is_read, period_named, still_named
from sla_monitor.rhythm.weeks import Week, week_of
from sla_monitor.store import read_progress

TOLD_FOR = timedelta(days=3)
"""How long a page is tried; by then another is near."""
_PAGES = UUID("0d8e1c1e-3f0b-5b6a-9f57-6a4b6a0c2d11")
"""Namespace of the ids of messages: the same page to the same receiver is the same message."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Who is sent a page now, and who was before."""

    period: str
    now: Sequence[str]
    before: Sequence[str]


class PageMaker:
    """Any number of monitors may have one: the store's lock lets one of them make pages at a time, and the
    rows keep each receiver to one of each page.

    Figures are computed in a process of their own, one at a time: who fires does not wait for them.
    """

    def __init__(self, runtime: Runtime, memory: Memory) -> None:
        self._runtime = runtime
        self._memory = memory
        self._one = asyncio.Lock()
        self._started: datetime | None = None

    async def make(self) -> None:
        """Make every page that is due. One that cannot be made keeps no other from it."""
        failures = []
        for due in await self._runtime.in_transaction(self._due):
            try:
                async with self._one:
                    await self._runtime.in_transaction(partial(self._make, due=due))
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _due(self, unit: Unit) -> list[Due]:
        self._started = started = self._started or unit.now
        book = await self._book(unit.conn, unit.now)
        first = self._memory.books.begin
        if book is None or first is None or book.rulebook.pages is None:
            return []
        closed = await store.closed_months(unit.conn, unit.now - LATEST[PageKind.CLOSED])
        calendar = book.paces(book.agreed_at(unit.now).agreement)
        found = due_pages(book.rulebook.pages, book.zone, calendar, unit.now, closed)
        due = await store.not_made(unit.conn, [each for each in found if each.at >= first])
        readings = (await read_progress(unit.conn)).values() if due else ()
        return [each for each in due if is_read(readings, each.at, started, unit.now)]

    async def _make(self, unit: Unit, due: Due) -> None:
        if not await store.take_turn(unit.conn, wait=False) or not await store.not_made(unit.conn, [due]):
            return
        book, then = await self._book(unit.conn, unit.now), self._memory.books.at(due.at)
        page = page_of(book.rulebook, due.kind) if book is not None else None
        if book is None or then is None or page is None:
            return
        to = receivers(page.to)
        named = still_named(receivers_of(then.rulebook, due.kind), to)
        if named:
            made = await self._keep(unit, due.kind, due.period, page.language, due.at)
            await _send(unit, made, page.language, {each: to[each] for each in named})

    async def send(self, kind: PageKind, name: str, also: Also) -> Sent:
        """Make a page that somebody asks for, and send it to all named now who were not sent it before.

        `also` is done in the same transaction. Raises BadPeriod, NotBegun, NotOver, NotClosed, NoPageYet for
        one that cannot be sent, and NotMade.
        """
        async with self._one:
            return await self._runtime.in_transaction(partial(self._ask, kind=kind, name=name), also)

    async def _ask(self, unit: Unit, kind: PageKind, name: str) -> Sent:
        await store.take_turn(unit.conn, wait=True)
        book = await self._book(unit.conn, unit.now)
        page = page_of(book.rulebook, kind) if book is not None else None
        if book is None or page is None:
            raise NoPageYet(kind)
        period = _asked(kind, name, book.zone, unit.now)
        if period.end > unit.now:
            raise NotOver(period.name)
        made = await self._made(unit, kind, period, page.language)
        to = receivers(page.to)
        new = await _send(unit, made, page.language, to)
        return Sent(period.name, sorted(new), sorted(to.keys() - new))

    async def _made(
        self, unit: Unit, kind: PageKind, period: Week | Period, language: TextLanguage
    ) -> store.Made:
        made = await store.read_page(unit.conn, kind, period.name, language)
        if made is not None:
            return made
        if kind is PageKind.CLOSED and not await store.is_closed(unit.conn, period.name):
            raise NotClosed(period.name)
        return await self._keep(unit, kind, period.name, language, None)

    async def look(self, kind: PageKind, name: str, language: str) -> store.Made:
        """A page as it was sent, or as it would be now. Raises BadPeriod, NotBegun, NoPageYet, Busy or
        NotMade."""
        async with self._runtime.database.transaction() as conn:
            now = await self._runtime.database.clock.now(conn)
            book = await self._book(conn, now)
            if book is None:
                raise NoPageYet(kind)
            period = _asked(kind, name, book.zone, now)
            made = await store.read_page(conn, kind, period.name, language)
        if made is not None:
            return made
        if self._one.locked():
            raise Busy
        async with self._one:
            figured = await self._figured(kind, period.name, now, [])
        return store.Made(kind, period.name, figured.company, figured.figures)

    async def _book(self, conn: Connection, now: datetime) -> Book | None:
        await self._memory.books.learn(conn)
        return self._memory.books.at(now)

    async def _figured(
        self, kind: PageKind, period: str, now: datetime, languages: list[TextLanguage]
    ) -> Figured:
        settings = self._runtime.settings
        question = Question(
            dsn=settings.require_dsn(),
            schema_name=settings.store_schema,
            kind=kind,
            period=period,
            now=now,
            languages=languages,
        )
        return Figured.model_validate_json(await made_by("sla_monitor.rhythm.child", question))

    async def _keep(
        self, unit: Unit, kind: PageKind, period: str, language: TextLanguage, due_at: datetime | None
    ) -> store.Made:
        """Make a page and keep it, in the transaction that sends it."""
        figured = await self._figured(kind, period, unit.now, [language])
        made = store.Made(kind, period, figured.company, figured.figures)
        await store.insert_page(unit.conn, made, due_at, unit.now)
        for each, html in figured.reports.items():
            await store.insert_report(unit.conn, kind, period, each, html)
        return made


async def _send(unit: Unit, made: store.Made, language: str, to: Mapping[str, Target]) -> set[str]:
    """One message for each who was not sent it, in the transaction that notes it."""
    ids = {each: uuid5(_PAGES, f"{made.kind} {made.period} {each}") for each in to}
    new = await store.insert_receivers(unit.conn, made.kind, made.period, language, ids, unit.now)
    messages = [
        Message(
            id=ids[each],
            about=uuid5(_PAGES, f"{made.kind} {made.period}"),
            kind=f"page.{made.kind}",
            target=to[each],
            subject="",
            text="",
            created_at=unit.now,
            data={"page": made.kind.value, "period": made.period, "language": language},
        )
        for each in sorted(new)
    ]
    await enqueue(unit.conn, messages, now=unit.now, for_=TOLD_FOR)
    unit.after_commit(partial(metrics.SENT.labels(made.kind.value).inc, len(new)))
    return new


def _asked(kind: PageKind, name: str, zone: ZoneInfo, now: datetime) -> Week | Period:
    """The week or month that is asked for by its name, or as `last`. Raises BadPeriod or NotBegun."""
    running = (week_of if kind is PageKind.WEEKLY else period_of)(now, zone)
    if name == LAST:
        return running.previous
    try:
        period = period_named(kind, name, zone)
    except ValueError as error:
        raise BadPeriod(error) from None
    if period.start > now:
        raise NotBegun(period.name, running.name)
    return period


def page_of(rulebook: Rulebook, kind: PageKind) -> Page | None:
    """What the rulebook says of a page; None: nobody gets it."""
    if rulebook.pages is None:
        return None
    return rulebook.pages.weekly if kind.key == "weekly" else rulebook.pages.monthly


def receivers_of(rulebook: Rulebook, kind: PageKind) -> dict[str, Target]:
    """Who gets a page, by the text that each is known by."""
    page = page_of(rulebook, kind)
    return receivers(page.to) if page is not None else {}
