"""Whether PostgreSQL answers this process, and how far the two clocks are apart."""

import asyncio

from service_kit import metrics
from service_kit.clock import Clock
from service_kit.postgres import Database

SECONDS = 5.0
"""An answer that takes longer is none."""


class DatabaseWatch:
    """Exports `baton_database_up` and `baton_database_clock_offset_seconds`, in every instance."""

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

    async def _offset(self) -> float:
        async with self._database.acquire() as conn:
            began, before = self._clock.monotonic(), self._clock.now()
            theirs = await self._database.clock.now(conn)
            took = self._clock.monotonic() - began
        return (theirs - before).total_seconds() - took / 2
