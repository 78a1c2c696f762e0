"""Held leads find a rep: one pool at a time, best first, each pass a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from lead_events.words import HoldReason, RoutedKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.accounts import reps_named
from router.domain.book import Book, PoolChoice
from router.domain.choice import choice_of_waiting, choose_pool, consents_of, owner_of_waiting, unspoken_of
from router.domain.decision import NOBODY_LEFT
from router.domain.leads import Lead, LeadState
from router.domain.owners import names_of, room_of_owner
from router.domain.pool import Pool, Terms
from router.domain.takers import able_by_the_sun, is_nobodys, is_unmet
from router.handlers.rulebook import enter
from router.locked_rows import chain
from router.roster import RepReader
from router.store import q
from router.waiting import WaitingKind, kinds_waiting, lock_nobodys, lock_waiting, queues_waiting
from rulebook.models import Owners
from service_kit.unit import Unit

AT_ONCE = 100
"""Held leads in one transaction, at most."""
LOOK_AGAIN_AT_ONCE = 2000
"""Leads that wait for an owner and are only marked, in one transaction."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did: leads that found a rep, and those that wait elsewhere or otherwise now. `is_due`
    tells that one which is still held may go on, too."""

    placed: int
    is_due: bool
    moved: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether another pass may do more: one that did nothing, as when others hold the leads, ends it."""
        return self.is_due and self.placed + self.moved > 0


class DrainHandler:
    """Runs passes."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader
        self._seen: tuple[int, int] | None = None

    async def note_rulebook(self, unit: Unit) -> bool:
        """A version of the rulebook that arrived or took effect enters, and may open every pool. True: it has
        not entered yet, as others who wait for an owner are to look again first."""
        shelf = await self._books.shelf(unit.conn)
        book = shelf.at(unit.now)
        if book is None or self._seen == (len(shelf.history), book.version):
            return False
        looked = await unit.conn.fetch(q.owners_look_again, unit.now, LOOK_AGAIN_AT_ONCE)
        if len(looked) == LOOK_AGAIN_AT_ONCE:  # leads are locked before pools
            return True
        await enter(unit, book.company, book.version)
        unit.after_commit(partial(self._remember, (len(shelf.history), book.version)))
        return False

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
        elsewhere = await self._take_waiting(desk, book, pool)
        untold = [lead for lead in desk.leads.values() if lead.hold_reason not in NOBODY_LEFT]
        owners = await desk.read_owners(desk.leads.values(), book)
        of_accounts = {owner_of_waiting(lead) for lead in desk.leads.values()}
        pools = [(book, each) for each in {pool, *elsewhere}]
        await desk.take_pools(pools, [], owners | of_accounts)  # it asks for no place in line
        best_first = sorted(desk.leads.values(), key=Lead.place_in_line)
        placed = sum(_place(desk, book, pool, lead) for lead in best_first)
        moved = sum(not _waits_in(pool, lead) for lead in best_first) - placed
        told = sum(_waits_in(pool, lead) and lead.hold_reason in NOBODY_LEFT for lead in untold)
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        locked = desk.pools[pool]
        waiting = await kinds_waiting(unit.conn, [pool])  # only what is read under the lock is certain
        locked.drain_due = told >= AT_ONCE or await _is_due(desk, book, pool, waiting)
        locked.next_opening = await _next_chance(desk, book, pool) if waiting else None
        await desk.write()
        return Drained(placed, locked.drain_due, moved + told)

    async def drain_orphans(self, unit: Unit) -> Drained:
        """Leads held in no pool of the rulebook in force whose line has a plan, or with partners without the
        person's consent, and those that wait for an owner and are to look again: decide by the rules.
        """
        desk = Desk(unit, self._reader, await self._books.shelf(unit.conn))
        book = desk.shelf.at(unit.now)
        if book is None:
            return Drained(0, is_due=False)
        await desk.read_members()
        orphans = await store.lock_orphans(unit.conn, book.pools, book.plans, book.partners, AT_ONCE)
        owners = await self._places_of_owners(desk)
        waiting = await store.lock_waiting_for_owners(unit.conn, unit.now, owners, AT_ONCE)
        desk.leads = orphans | waiting
        if not desk.leads:
            return Drained(0, is_due=False)
        choices = {lead.id: _choice(book, lead) for lead in desk.leads.values()}
        await desk.take_for((book, lead, choices[lead.id]) for lead in desk.leads.values())
        stood = {lead.id: _stands(lead) for lead in desk.leads.values()}
        placed = 0
        for lead in desk.leads.values():
            in_queue = _stays_in(book, lead)
            kind = desk.route(lead, _cause(lead), book, choices[lead.id], from_queue=in_queue)
            placed += kind is RoutedKind.ASSIGNED
        await desk.write()
        unit.after_commit(partial(metrics.DRAINED.inc, placed))
        is_due = max(len(orphans), len(waiting)) >= AT_ONCE
        moved = sum(_stands(lead) != stood[lead.id] for lead in desk.leads.values()) - placed
        return Drained(placed, is_due, moved)

    async def _places_of_owners(self, desk: Desk) -> dict[str, int]:
        """How many leads owners can take now for whom some wait, by what these wait for."""
        conn, now = desk.unit.conn, desk.unit.now
        rows = await conn.fetch(q.owners_waited_for)
        waits = {row["waits_for"]: names_of(row["waits_for"]) for row in rows}
        found = reps_named({name for names in waits.values() for name in names}, desk.members.values())
        if not found:
            return {}
        reps, loads = await self._reader.look(conn, set(found.values()), now)
        room = {rep: room_of_owner(reps[rep], loads[rep], now) for rep in reps}
        owners = {each: {found[name] for name in names if name in found} for each, names in waits.items()}
        places = {each: sum(room[rep] for rep in known) for each, known in owners.items()}
        return {each: free for each, free in places.items() if free > 0}

    async def _take_waiting(self, desk: Desk, book: Book, pool: str) -> set[str]:
        """Lock the waiting leads that may go on by what is known before the pool is locked; returns the pools
        that the plans name for those whose language nobody here speaks."""
        conn, now = desk.unit.conn, desk.unit.now
        waiting = await kinds_waiting(conn, [pool])
        if not waiting:
            return set()
        pools = []
        for name in chain(book, pool):
            reps, loads = await self._reader.look(conn, book.members(name, desk.members.values()), now)
            pools.append(Pool(name, name, reps, loads, Terms.of(book.pools[name])))
        asked = [(kind, _may_go(book, pools, kind, now)) for kind in waiting]
        going = [each for each in asked if each[1] > 0]
        desk.leads = await lock_waiting(conn, going, now, AT_ONCE)
        nobodys = [kind for kind, room in asked if not room and is_nobodys(pools, kind.like(now), now)]
        desk.leads |= await lock_nobodys(conn, nobodys, now, AT_ONCE)
        elsewhere = (_unspoken_here(book, pools, kind, now) for kind, _ in going)
        return {each for each in elsewhere if each is not None}


def _may_go(book: Book, pools: Sequence[Pool], kind: WaitingKind, now: datetime) -> int:
    """How many leads of a kind may go on, to reps here or elsewhere; up to AT_ONCE."""
    like, room = kind.like(now), 0
    if pools[0].terms.strategy == "account_owner":
        return AT_ONCE  # nobody takes them by turn: they wait for whom they belong to, beside the queue
    for pool, name in able_by_the_sun(pools, like, now):
        room += pool.reps[name].capacity - pool.opens[pool.place(name)]
        if room >= AT_ONCE:
            return AT_ONCE
    return AT_ONCE if room == 0 and _unspoken_here(book, pools, kind, now) is not None else room


def _unspoken_here(book: Book, pools: Sequence[Pool], kind: WaitingKind, now: datetime) -> str | None:
    """The pool for leads of a kind that nobody here has the language for, if that is so and one is named."""
    unspoken = unspoken_of(book, kind.line, kind.needs)
    return unspoken if unspoken in book.pools and is_unmet(pools[0], kind.like(now), now) else None


def _waits_in(pool: str | None, lead: Lead) -> bool:
    """Whether the lead still stands in the pool's queue."""
    waits_for_owner = lead.hold_reason is HoldReason.WAITS_FOR_OWNER
    return lead.state is LeadState.HELD and lead.pool == pool and not waits_for_owner


def _stands(lead: Lead) -> tuple[object, ...]:
    """Where a lead waits, for what, and until when it is not looked at: a pass that changes none of it for
    any lead would do the same again."""
    return lead.state, lead.pool, lead.hold_reason, lead.waits_for, lead.next_try_at


def _choice(book: Book, lead: Lead) -> PoolChoice:
    """By the rules anew, but for what stands in a queue: that has been chosen."""
    if lead.pool is None or not _stays_in(book, lead):
        return choose_pool(lead, book)
    return _choice_in_queue(book, lead.pool, lead)


def _stays_in(book: Book, lead: Lead) -> bool:
    """Whether the lead stands in a queue that there still is, and that it may stand in."""
    pool = lead.pool
    if pool is None or pool not in book.pools or not _waits_in(pool, lead):
        return False
    return book.may_wait_in(pool, consents_of(lead))


def _choice_in_queue(book: Book, pool: str, lead: Lead) -> PoolChoice:
    plan = book.company.routing.plans.get(lead.line)
    owners = plan.owners if plan is not None else Owners()
    return choice_of_waiting(lead, pool, owners, unspoken_of(book, lead.line, lead.needs))


def _place(desk: Desk, book: Book, pool: str, lead: Lead) -> bool:
    if not book.may_wait_in(pool, consents_of(lead)):
        return False  # it is one of no queue
    choice = _choice_in_queue(book, pool, lead)
    return desk.route(lead, _cause(lead), book, choice, from_queue=True) is RoutedKind.ASSIGNED


def _cause(lead: Lead) -> UUID:
    """What is followed up: the decision that held the lead."""
    return lead.last_routed or lead.id


async def _is_due(desk: Desk, book: Book, pool: str, waiting: Sequence[WaitingKind]) -> bool:
    """Under the pool's lock: whether a lead that is still held could go on."""
    now = desk.unit.now
    pools = [desk.pool(book, name) for name in chain(book, pool)]
    whole = (kind for kind in waiting if kind.strict is None)
    if any(_may_go(book, pools, kind, now) for kind in whole):
        return True
    parts = [kind for kind in waiting if kind.strict is not None and _may_go(book, pools, kind, now)]
    return bool(await queues_waiting(desk.unit.conn, parts, now))


async def _next_chance(desk: Desk, book: Book, pool: str) -> datetime | None:
    """When somebody of the pool, or of those that follow the sun, comes to work, or a lead asks for less."""
    now = desk.unit.now
    moments = [desk.pool(book, name).next_opening(now) for name in chain(book, pool)]
    moments.append(await desk.unit.conn.fetchval(q.next_relaxing, pool, now))
    return min((at for at in moments if at is not None), default=None)
