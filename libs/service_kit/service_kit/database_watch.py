"""Whether PostgreSQL answers this process, how far the two clocks are apart, and what may soon stop it."""

import asyncio
from datetime import datetime

from service_kit import metrics
from service_kit.clock import Clock
from service_kit.postgres import Database
from service_kit.queries import load_queries

_q = load_queries("service_kit")

SECONDS = 5.0
"""An answer that takes longer is none."""


class DatabaseWatch:
    """Exports what begins with `baton_database_`, in every instance."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def work(self) -> None:
        """One round. Raises what the question raises, so that it is logged and asked again soon."""
        schema = self._database.schema
        try:
            async with asyncio.timeout(SECONDS):
                offset = await self._offset()
        except Exception:
            metrics.DATABASE_UP.labels(schema).set(0)
            raise
        metrics.DATABASE_UP.labels(schema).set(1)
        metrics.DATABASE_CLOCK.labels(schema).set(offset)
        async with asyncio.timeout(SECONDS):
            await self._export_server()

    async def _export_server(self) -> None:
        async with self._database.acquire() as conn:
            (state,) = await conn.fetch(_q.server_state)
        schema = self._database.schema
        metrics.DATABASE_CONNECTIONS.labels(schema).set(state["connections"])
        metrics.DATABASE_SLOTS.labels(schema).set(state["slots_kept"])
        behind = archive_behind(state["now"], archived=state["archived"], failed=state["failed"])
        metrics.DATABASE_ARCHIVE.labels(schema).set(behind)

    async def _offset(self) -> float:
        async with self._database.acquire() as conn:
            began, before = self._clock.monotonic(), self._clock.now()
            theirs = await self._database.clock.now(conn)
            took = self._clock.monotonic() - began
        return (theirs - before).total_seconds() - took / 2


def archive_behind(now: datetime, *, archived: datetime | None, failed: datetime | None) -> float:
    """Seconds since the archive last took a segment (or since it is counted), if it has refused one since."""
    if failed is None or (archived is not None and archived >= failed):
        return 0.0
    return max(0.0, (now - (archived or failed)).total_seconds())
