"""The part that drains: woken by whoever frees a rep in this process, and looking by itself for the rest."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from router import store
from router.handlers.drain import Drained, DrainHandler
from router.handlers.imports import ImportHandler
from router.rests import Rests
from router.store import q
from service_kit.clock import pause
from service_kit.errors import describe
from service_kit.parts import Failures
from service_kit.runtime import Runtime
from service_kit.unit import Unit

ORPHANS_EVERY = 5
"""Rounds between two looks for leads that stand in no queue, being held in no pool of the rulebook or waiting
for their owner, and for leads of imports."""


class Drainer:
    """Drains every pool that is due. Any number of instances may run; a pool's lock orders them."""

    name = "drain"

    def __init__(
        self, runtime: Runtime, handler: DrainHandler, imports: ImportHandler, *, every: timedelta
    ) -> None:
        self._runtime = runtime
        self._handler = handler
        self._imports = imports
        self._every = every.total_seconds()
        self._woken = asyncio.Event()
        self._stopping = False
        self._rounds = 0
        self._waits_for: str | None = None
        self._failures = Failures(self.name)
        self._rests = Rests("drained pools", runtime.clock)

    def wake(self) -> None:
        """A rep has room: look at once. Call it after the commit."""
        self._woken.set()

    async def run(self) -> None:
        """Look, drain, wait; until stopped.

        Whatever a look raises is logged, counted and tried again, later each time; whoever frees a rep does
        not wait for that.
        """
        while not self._stopping:
            self._woken.clear()
            wait = self._every
            try:
                await self.look()
                self._waits_for = None
                self._failures.none()
            except Exception as error:
                self._waits_for = describe(error)
                wait = self._failures.note(error)
            await pause(self._runtime.clock, wait, unless=self._woken)

    async def look(self) -> int:
        """Drain what is due now; returns how many leads found a rep.

        What is wrong with one pool, or with leads of one kind, keeps no others waiting: see `Rests`.
        """
        await self._rests.attempt("the rulebook", self._note_rulebook)
        async with self._runtime.database.transaction() as conn:
            now = await self._runtime.database.clock.now(conn)
            await store.note_openings(conn, now)
            pools = [row["id"] for row in await conn.fetch(q.pools_to_drain)]
        placed = 0
        for pool in pools:
            placed += await self._rests.attempt(f"pool {pool}", partial(self._drain, pool))
        self._rounds += 1
        if self._rounds % ORPHANS_EVERY == 1:
            placed += await self._rests.attempt("leads of no queue", self._drain_orphans)
            placed += await self._rests.attempt("leads of imports", self._place_imported)
        return placed

    async def _note_rulebook(self) -> int:
        while await self._runtime.in_transaction(self._handler.note_rulebook):
            pass
        return 0

    async def _drain_orphans(self) -> int:
        return await self._passes(self._handler.drain_orphans)

    async def _place_imported(self) -> int:
        """Hand out what imports brought, after the live leads of every pool had their turn."""
        placed = 0
        for waiting in await self._runtime.in_transaction(self._imports.waiting):
            while not self._stopping:
                now = await self._runtime.in_transaction(partial(self._imports.place, waiting=waiting))
                placed += now
                if not now:
                    break
        return placed

    async def _drain(self, pool: str) -> int:
        async def one_pass(unit: Unit) -> Drained:
            return await self._handler.drain(unit, pool)

        return await self._passes(one_pass)

    async def _passes(self, one_pass: Callable[[Unit], Awaitable[Drained]]) -> int:
        """Passes until nothing is due or one does nothing; returns how many leads found a rep."""
        placed = 0
        while not self._stopping:
            drained = await self._runtime.in_transaction(one_pass)
            placed += drained.placed
            if not drained.goes_on:
                break
        return placed

    def stop(self) -> None:
        """End after the pass in hand."""
        self._stopping = True
        self._woken.set()

    def not_ready(self) -> str | None:
        """What draining waits for, if anything."""
        return self._waits_for
