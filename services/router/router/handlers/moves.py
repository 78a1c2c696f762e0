"""Another plan takes effect: open leads follow it as it says, some at a time; the list of them before."""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from uuid import UUID

from lead_events.ids import event_id
from router import metrics, store
from router.books import Books, Shelf
from router.desk import Desk
from router.domain.book import Book, PoolChoice
from router.domain.eligibility import Standing
from router.domain.leads import Lead
from router.domain.moves import Move, moves
from router.domain.said import said
from router.locked import Member
from router.roster import RepReader
from router.store import Row, q
from service_kit.postgres import Connection
from service_kit.unit import Unit

AT_ONCE = 100
"""Open leads in one transaction, at most."""
_CHANGES = UUID("7a0f4c2e-8d0e-5b59-9f2b-3a1f6d0c4e77")
"""Namespace of causes that come from a change of the plan."""


class MoveHandler:
    """Has open leads follow the plan in force. Any number of instances may run it; one row orders them."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def follow(self, unit: Unit) -> bool:
        """One pass; whether there is more to do."""
        shelf = await self._books.shelf(unit.conn)
        change = await self._change(unit, shelf)
        if change is None or change["finished_at"] is not None:
            return False
        before, after = shelf.version(change["before"]), shelf.version(change["version"])
        if before is None or after is None:
            await unit.conn.execute(q.finish_plan_change, change["version"], unit.now)
            return False
        rows = await unit.conn.fetch(q.open_leads_after, change["cursor"], AT_ONCE)
        if not rows:
            await unit.conn.execute(q.finish_plan_change, change["version"], unit.now)
            return False
        moved = await self._pass(unit, shelf, before, after, rows)
        await unit.conn.execute(q.advance_plan_change, change["version"], rows[-1]["id"], moved)
        unit.after_commit(partial(metrics.MOVED.inc, moved))
        return True

    async def _change(self, unit: Unit, shelf: Shelf) -> Row | None:
        """The change that is under way; one that nobody has noted yet is noted.

        A version that comes into force while leads still follow the one before takes over what is left.
        """
        in_force = shelf.at(unit.now)
        if in_force is None:
            return None
        rows = await unit.conn.fetch(q.newest_plan_change)
        newest = rows[0] if rows else None
        if newest is not None and newest["version"] == in_force.version:
            return newest
        before = None
        if newest is not None:
            before = newest["version"] if newest["finished_at"] is not None else newest["before"]
            await unit.conn.execute(q.finish_plan_change, newest["version"], unit.now)
        await unit.conn.execute(q.insert_plan_change, in_force.version, before, unit.now, before is None)
        found: Row = (await unit.conn.fetch(q.newest_plan_change))[0]
        return found

    async def _pass(self, unit: Unit, shelf: Shelf, before: Book, after: Book, rows: Sequence[Row]) -> int:
        """Lock those of these leads that go, look again under the lock, and have them go."""
        desk = Desk(unit, self._reader, shelf)
        await desk.read_members()
        policy = after.company.routing.open_leads
        seen = await store.with_handoffs(unit.conn, rows)
        going = [
            each.lead.id
            for each in moves(seen.values(), before, after, policy, desk.members.values())
            if each.goes
        ]
        if not going:
            return 0
        await desk.take_leads(going, insert=False)
        found = [
            each
            for each in moves(desk.leads.values(), before, after, policy, desk.members.values())
            if each.goes
        ]
        for move in found:
            if move.rep is not None:
                desk.expect_freed(move.rep, unit.now)
        await desk.take_for((after, move.lead, move.after) for move in found)
        for move in found:
            _go(desk, after, move)
        await desk.write()
        return len(found)


def _go(desk: Desk, book: Book, move: Move) -> None:
    lead: Lead = move.lead
    choice: PoolChoice = move.after
    cause = event_id(_CHANGES, f"plan {book.version}", lead.id)
    if lead.handoff is not None:
        desk.take_back(lead, cause, Standing.REASSIGNED, said("gone.plan", version=book.version))
    desk.route(lead, cause, book, choice)


async def foresee(
    conn: Connection, before: Book | None, after: Book, members: Iterable[Member]
) -> AsyncIterator[Move]:
    """What another plan would do to every open lead, in order of their ids; reads page by page."""
    everybody = list(members)
    cursor: UUID | None = None
    while rows := await conn.fetch(q.open_leads_after, cursor, AT_ONCE):
        cursor = rows[-1]["id"]
        leads = await store.with_handoffs(conn, rows)
        for move in moves(leads.values(), before, after, after.company.routing.open_leads, everybody):
            yield move
