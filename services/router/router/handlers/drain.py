"""Held leads find a rep: one pool at a time, best first, each pass a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from lead_events.words import RoutedKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.accounts import owner_of, standing_of
from router.domain.book import Book, PoolChoice
from router.domain.choice import choose_pool
from router.domain.decision import able_now
from router.domain.leads import Lead
from router.domain.roster import Pool
from router.domain.turns import Turns
from router.handlers.rulebook import enter
from router.roster import RepReader
from router.store import q
from service_kit.postgres import Connection
from service_kit.unit import Unit

AT_ONCE = 100
"""Held leads in one transaction, at most."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did. `is_due` tells that a held lead may still find a rep."""

    placed: int
    is_due: bool


class DrainHandler:
    """Runs passes."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader
        self._seen: tuple[int, int] | None = None

    async def note_rulebook(self, unit: Unit) -> None:
        """A version of the rulebook that arrived or took effect enters, and may open every pool."""
        shelf = await self._books.shelf(unit.conn)
        book = shelf.at(unit.now)
        if book is None or self._seen == (len(shelf.history), book.version):
            return
        await enter(unit, book.company)
        unit.after_commit(partial(self._remember, (len(shelf.history), book.version)))

    def _remember(self, seen: tuple[int, int]) -> None:
        self._seen = seen

    async def drain(self, unit: Unit, pool: str) -> Drained:
        """One pass over a pool: lock its waiting leads, then it, then its reps; place whom it can."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None or pool not in book.pools:
            await unit.conn.execute(q.rest_pool, pool)
            return Drained(0, is_due=False)
        await desk.read_members()
        lines = await _lines_waiting(unit.conn, pool)
        await self._take_waiting(desk, book, pool, lines)
        await desk.take_pools([(book, pool)], [])  # it asks for no place in line
        best_first = sorted(desk.leads.values(), key=Lead.place_in_line)[:AT_ONCE]
        placed = sum(_place(desk, book, pool, lead) for lead in best_first)
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        locked = desk.pools[pool]
        lines = await _lines_waiting(unit.conn, pool)  # again: only what is read under the lock is certain
        locked.drain_due = await _is_due(unit.conn, desk.pool(book, pool), lines, unit)
        locked.next_opening = desk.pool(book, pool).next_opening(unit.now) if lines else None
        await desk.write()
        return Drained(placed, locked.drain_due)

    async def drain_orphans(self, unit: Unit) -> int:
        """Leads held in no pool of the rulebook in force, whose line has a plan: decide by its rules.

        Returns how many found a rep.
        """
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None:
            return 0
        desk.leads = await store.lock_orphans(unit.conn, book.pools, book.plans, AT_ONCE)
        if not desk.leads:
            return 0
        await desk.read_members()
        choices = {lead.id: choose_pool(lead, book) for lead in desk.leads.values()}
        wanted = [(book, choice.pool) for choice in choices.values() if choice.pool is not None]
        owners = {choice.owner for choice in choices.values()}
        await desk.take_pools(wanted, {lead.line for lead in desk.leads.values()}, owners)
        placed = 0
        for lead in desk.leads.values():
            kind = desk.route(lead, _cause(lead), book, choices[lead.id])
            placed += kind is RoutedKind.ASSIGNED
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        return placed

    async def _take_waiting(self, desk: Desk, book: Book, pool: str, lines: Sequence[str]) -> None:
        """Lock the waiting leads that somebody could take by what is known before the pool is locked."""
        if not lines:
            return
        conn = desk.unit.conn
        members = set(book.members(pool, desk.members.values()))
        rows = [row for row in await conn.fetch(q.all_reps) if row["id"] in members]
        reps = tuple(self._reader.read(row) for row in rows)
        load = {row["id"]: row["open"] for row in rows}
        seen = Pool(pool, pool, reps, load, Turns())
        for line in lines:
            able = able_now(seen, line, desk.unit.now)
            room = sum(rep.capacity - load[rep.id] for rep in reps if rep.id in able)
            if room > 0:
                desk.leads.update(await store.lock_waiting(conn, pool, line, able, min(room, AT_ONCE)))


async def _lines_waiting(conn: Connection, pool: str) -> list[str]:
    return [row["line"] for row in await conn.fetch(q.lines_waiting, pool)]


def _place(desk: Desk, book: Book, pool: str, lead: Lead) -> bool:
    choice = PoolChoice(
        pool,
        "queue",
        "it waited in this pool",
        owner=owner_of(lead.account),
        standing=standing_of(lead.account),
    )
    return desk.route(lead, _cause(lead), book, choice, from_queue=True) is RoutedKind.ASSIGNED


def _cause(lead: Lead) -> UUID:
    """What is followed up: the decision that held the lead."""
    return lead.last_routed or lead.id


async def _is_due(conn: Connection, pool: Pool, lines: Sequence[str], unit: Unit) -> bool:
    """Under the pool's lock: whether a lead that is still held could be placed."""
    asked = [(pool.id, line, able_now(pool, line, unit.now)) for line in lines]
    return bool(await store.queues_waiting(conn, asked))
