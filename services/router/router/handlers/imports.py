"""Leads of imports find a rep: behind live ones, best first, each pass a transaction of its own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from lead_events.words import RoutedKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.book import Book
from router.domain.choice import choice_of_waiting
from router.domain.decision import RoutableLead, able_now
from router.domain.imports import ImportTerms, day_began, room_for_imports
from router.domain.leads import Lead
from router.domain.pool import Pool
from router.locked import Member
from router.roster import RepReader
from router.store import q
from service_kit.unit import Unit

AT_ONCE = 100
"""Imported leads in one transaction, at most: a live lead waits for no more than these."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads of one import that wait in one pool."""

    pool: str
    line: str
    import_id: str
    terms: ImportTerms


@dataclass(frozen=True, slots=True)
class _Room:
    """Who can take leads of an import now, by what is known before anything is locked."""

    reps: Sequence[str]
    names: Sequence[str]
    members: Sequence[str]
    places: int


class ImportHandler:
    """Runs passes over the lane of imports."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def waiting(self, unit: Unit) -> list[Waiting]:
        """What waits, by pool, line and import."""
        return [
            Waiting(
                row["pool_id"], row["line"], row["import_id"], ImportTerms(per_rep_daily=row["per_rep_daily"])
            )
            for row in await unit.conn.fetch(q.imports_waiting)
        ]

    async def place(self, unit: Unit, waiting: Waiting) -> int:
        """One pass: lock the best leads, then the pool, then its reps; returns how many found a rep."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None or waiting.pool not in book.pools:
            return 0  # those held in no pool of the rulebook are decided anew, as all such are
        await desk.read_members()
        room = await self._room(desk, book, waiting)
        if room.places <= 0:
            return 0
        desk.leads = await store.lock_imported(
            unit.conn,
            waiting.pool,
            waiting.line,
            waiting.import_id,
            room.reps,
            room.names,
            room.members,
            room.places,
        )
        await desk.take_pools([(book, waiting.pool)], [waiting.line])
        await desk.count_imported()
        best_first = sorted(desk.leads.values(), key=Lead.place_in_line)
        placed = sum(_place(desk, book, waiting.pool, lead) for lead in best_first)
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        return placed

    async def _room(self, desk: Desk, book: Book, waiting: Waiting) -> _Room:
        conn, now = desk.unit.conn, desk.unit.now
        members = book.members(waiting.pool, desk.members.values())
        reps, loads = await self._reader.look(conn, members, now)
        able = [
            reps[name]
            for name in able_now(Pool("", "", reps, loads), RoutableLead(UUID(int=0), waiting.line), now)
        ]
        began = [day_began(rep, now) for rep in able]
        for row in await conn.fetch(q.imported_since, [rep.id for rep in able], began):
            loads[row["rep_id"]].imported = row["leads"]
        rooms = {
            rep.id: room_for_imports(rep, loads[rep.id].open, loads[rep.id].imported, waiting.terms)
            for rep in able
        }
        free = [rep for rep, places in rooms.items() if places > 0]
        everybody = desk.members.values()
        names = _names(everybody, free), _names(everybody, members)
        return _Room(free, *names, min(AT_ONCE, sum(rooms.values())))


def _names(everybody: Iterable[Member], reps: Collection[str]) -> list[str]:
    """What an owner column may call these reps, in lower case."""
    return [name.lower() for each in everybody if each.id in reps for name in (each.id, each.email)]


def _place(desk: Desk, book: Book, pool: str, lead: Lead) -> bool:
    choice = choice_of_waiting(lead, pool)
    cause = lead.last_routed or lead.id
    return desk.route(lead, cause, book, choice, from_queue=True) is RoutedKind.ASSIGNED
