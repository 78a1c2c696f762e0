"""Held leads find a rep: one pool at a time, best first, each pass a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from lead_events.words import RoutedKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.book import Book
from router.domain.choice import choice_of_waiting, choose_pool, owner_of_waiting
from router.domain.decision import able_by_the_sun
from router.domain.leads import Lead
from router.domain.pool import Pool, Terms
from router.handlers.rulebook import enter
from router.locked_rows import chain
from router.roster import RepReader
from router.store import q
from router.waiting import WaitingKind, kinds_waiting, lock_waiting, queues_waiting
from rulebook.models import Owners
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
        await enter(unit, book.company, book.version)
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
        await self._take_waiting(desk, book, pool)
        owners = await desk.read_owners(desk.leads.values(), book)
        of_accounts = {owner_of_waiting(lead) for lead in desk.leads.values()}
        await desk.take_pools([(book, pool)], [], owners | of_accounts)  # it asks for no place in line
        best_first = sorted(desk.leads.values(), key=Lead.place_in_line)[:AT_ONCE]
        placed = sum(_place(desk, book, pool, lead) for lead in best_first)
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        locked = desk.pools[pool]
        waiting = await kinds_waiting(unit.conn, [pool])  # only what is read under the lock is certain
        locked.drain_due = await _is_due(desk, book, pool, waiting)
        locked.next_opening = await _next_chance(desk, book, pool) if waiting else None
        await desk.write()
        return Drained(placed, locked.drain_due)

    async def drain_orphans(self, unit: Unit) -> int:
        """Leads held in no pool of the rulebook in force whose line has a plan, and those that wait for an
        owner and are to look again: decide by the rules.

        Returns how many found a rep.
        """
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None:
            return 0
        desk.leads = await store.lock_orphans(unit.conn, book.pools, book.plans, AT_ONCE)
        desk.leads |= await store.lock_waiting_for_owners(unit.conn, unit.now, AT_ONCE)
        if not desk.leads:
            return 0
        await desk.read_members()
        choices = {lead.id: choose_pool(lead, book) for lead in desk.leads.values()}
        await desk.take_for((book, lead, choices[lead.id]) for lead in desk.leads.values())
        placed = 0
        for lead in desk.leads.values():
            kind = desk.route(lead, _cause(lead), book, choices[lead.id])
            placed += kind is RoutedKind.ASSIGNED
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        return placed

    async def _take_waiting(self, desk: Desk, book: Book, pool: str) -> None:
        """Lock the waiting leads that somebody could take by what is known before the pool is locked."""
        conn, now = desk.unit.conn, desk.unit.now
        waiting = await kinds_waiting(conn, [pool])
        if not waiting:
            return
        pools = []
        for name in chain(book, pool):
            reps, loads = await self._reader.look(conn, book.members(name, desk.members.values()), now)
            pools.append(Pool(name, name, reps, loads, Terms.of(book.pools[name])))
        for kind in waiting:
            able = able_by_the_sun(pools, kind.like(now), now)
            places = {
                rep: each.reps[rep].capacity - each.opens[each.place(rep)]
                for each in pools
                for rep in able
                if rep in each.reps
            }
            room = sum(places.values())
            if room > 0:
                desk.leads.update(await lock_waiting(conn, kind, able, now, min(room, AT_ONCE)))


def _place(desk: Desk, book: Book, pool: str, lead: Lead) -> bool:
    plan = book.company.routing.plans.get(lead.line)
    choice = choice_of_waiting(lead, pool, plan.owners if plan is not None else Owners())
    return desk.route(lead, _cause(lead), book, choice, from_queue=True) is RoutedKind.ASSIGNED


def _cause(lead: Lead) -> UUID:
    """What is followed up: the decision that held the lead."""
    return lead.last_routed or lead.id


async def _is_due(desk: Desk, book: Book, pool: str, waiting: Sequence[WaitingKind]) -> bool:
    """Under the pool's lock: whether a lead that is still held could be placed."""
    now = desk.unit.now
    pools = [desk.pool(book, name) for name in chain(book, pool)]
    asked = [(kind, able_by_the_sun(pools, kind.like(now), now)) for kind in waiting]
    return bool(await queues_waiting(desk.unit.conn, asked, now))


async def _next_chance(desk: Desk, book: Book, pool: str) -> datetime | None:
    """When somebody of the pool, or of those that follow the sun, comes to work, or a lead asks for less."""
    now = desk.unit.now
    moments = [desk.pool(book, name).next_opening(now) for name in chain(book, pool)]
    moments.append(await desk.unit.conn.fetchval(q.next_relaxing, pool, now))
    return min((at for at in moments if at is not None), default=None)
