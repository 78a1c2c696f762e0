"""Leads of imports find a rep: behind live ones, best first, each pass a transaction of its own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from lead_events.words import RoutedKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.book import Book
from router.domain.choice import choice_of_waiting, consents_of
from router.domain.decision import RoutableLead
from router.domain.imports import ImportTerms, day_began, room_for_imports
from router.domain.kept_needs import needs_of_text
from router.domain.leads import Lead
from router.domain.needs import Needs
from router.domain.pool import Pool
from router.domain.takers import able_now
from router.locked import Member
from router.roster import RepReader
from router.store import q
from router.waiting import WaitingKind
from service_kit.unit import Unit

AT_ONCE = 100
"""Imported leads in one transaction, at most: a live lead waits for no more than these."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads of one import that wait in one pool, by what they ask for."""

    pool: str
    line: str
    import_id: str
    terms: ImportTerms
    needs: frozenset[Needs]


@dataclass(frozen=True, slots=True)
class _Room:
    """Who can take leads of one kind of an import now, by what is known before anything is locked; `names`:
    what an owner column may call them; `strict` as in `waiting.py`."""

    needs: Needs
    strict: bool | None
    reps: Sequence[str]
    names: Sequence[str]
    places: int


class ImportHandler:
    """Runs passes over the lane of imports."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def waiting(self, unit: Unit) -> list[Waiting]:
        """What waits, by pool, line and import."""
        found: dict[tuple[str, str, str], Waiting] = {}
        for row in await unit.conn.fetch(q.imports_waiting):
            key = row["pool_id"], row["line"], row["import_id"]
            terms = ImportTerms(per_rep_daily=row["per_rep_daily"])
            known = found.get(key) or Waiting(*key, terms, frozenset())
            found[key] = replace(known, needs=known.needs | {needs_of_text(row["needs"])})
        return list(found.values())

    async def place(self, unit: Unit, waiting: Waiting) -> int:
        """One pass: lock the best leads, then the pool, then its reps; returns how many found a rep."""
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None or waiting.pool not in book.pools:
            return 0  # those held in no pool of the rulebook are decided anew, as all such are
        await desk.read_members()
        members = book.members(waiting.pool, desk.members.values())
        rooms = await self._rooms(desk, members, waiting)
        if not rooms:
            return 0
        kinds = [(each.needs, each.strict, each.reps, each.names, each.places) for each in rooms]
        desk.leads = await store.lock_imported(
            unit.conn,
            waiting.pool,
            waiting.line,
            waiting.import_id,
            kinds,
            _names(desk.members.values(), members),
            AT_ONCE,
            unit.now,
        )
        await desk.take_pools([(book, waiting.pool)], [waiting.line])
        await desk.count_imported()
        best_first = sorted(desk.leads.values(), key=Lead.place_in_line)
        placed = sum(_place(desk, book, waiting.pool, lead) for lead in best_first)
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        return placed

    async def _rooms(self, desk: Desk, members: Sequence[str], waiting: Waiting) -> list[_Room]:
        """For each kind of lead that waits and that somebody can take."""
        conn, now = desk.unit.conn, desk.unit.now
        reps, loads = await self._reader.look(conn, members, now)
        pool = Pool("", "", reps, loads)
        able = list(able_now(pool, RoutableLead(UUID(int=0), waiting.line), now))
        began = [day_began(reps[name], now) for name in able]
        for row in await conn.fetch(q.imported_since, able, began):
            loads[row["rep_id"]].imported = row["leads"]
        places = {
            name: room_for_imports(reps[name], loads[name].open, loads[name].imported, waiting.terms)
            for name in able
        }
        everybody, found = desk.members.values(), []
        for needs in waiting.needs:
            for kind in WaitingKind(waiting.pool, waiting.line, needs, "", {}).split:
                free = [name for name in able_now(pool, kind.like(now), now) if places[name] > 0]
                if free:
                    room = min(AT_ONCE, sum(places[name] for name in free))
                    found.append(_Room(needs, kind.strict, free, _names(everybody, free), room))
        return found


def _names(everybody: Iterable[Member], reps: Collection[str]) -> list[str]:
    """What an owner column may call these reps, in lower case."""
    wanted = set(reps)
    return [name.lower() for each in everybody if each.id in wanted for name in (each.id, each.email)]


def _place(desk: Desk, book: Book, pool: str, lead: Lead) -> bool:
    if not book.may_wait_in(pool, consents_of(lead)):
        return False  # it is decided anew, with those of no queue
    choice = choice_of_waiting(lead, pool)
    cause = lead.last_routed or lead.id
    return desk.route(lead, cause, book, choice, from_queue=True) is RoutedKind.ASSIGNED
