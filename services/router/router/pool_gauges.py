"""Load and fairness of the pools as gauges, read without locks. By pool: who may see a single rep's figures
is a matter of roles, and Prometheus has none."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from router import metrics
from router.books import Books
from router.domain.book import Book
from router.domain.pool_figures import PoolFigures, owed
from router.locked import Member
from router.memory import Memory, read_memories
from router.roster import RepReader
from router.store import q
from service_kit.postgres import Connection, Database

_BY_TURNS = "weighted_round_robin"
"""The strategy whose promise is in leads; others owe money, or nothing."""


class PoolGauges:
    """Counts the pools of the rulebook in force; nothing while there is none."""

    def __init__(self, database: Database, books: Books, reader: RepReader) -> None:
        self._database = database
        self._books = books
        self._reader = reader

    async def export(self) -> None:
        """Work for a Periodic."""
        async with self._snapshot() as conn:
            now = await self._database.clock.now(conn)
            book = (await self._books.shelf(conn)).at(now)
            if book is None:
                metrics.forget_pools()
                return
            members = [Member(**row) for row in await conn.fetch(q.roster)]
            pools = {name: book.members(name, members) for name in book.pools}
            everybody = {rep for reps in pools.values() for rep in reps}
            reps, loads = await self._reader.look(conn, everybody, now)
            memories = await _memories(conn, book)
        metrics.forget_pools()
        for name, ids in pools.items():
            metrics.show_pool(name, PoolFigures.of([reps[each] for each in ids if each in reps], loads, now))
        _show_owed(memories)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Connection]:
        """One view of pools and turns: between two, a lead would be owed that was given meanwhile."""
        async with (
            self._database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield conn


async def _memories(conn: Connection, book: Book) -> Mapping[str, Memory]:
    by_turns = [name for name, pool in book.pools.items() if pool.strategy == _BY_TURNS]
    return await read_memories(conn, await conn.fetch(q.memory_of_pools, by_turns))


def _show_owed(memories: Mapping[str, Memory]) -> None:
    for name, memory in memories.items():
        found = owed(memory.period)
        if found is not None:
            metrics.show_owed(name, *found)
