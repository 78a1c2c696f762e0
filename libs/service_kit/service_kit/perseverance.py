"""What is done about an error in a batch: repeat it, halve it, or bury the one record that breaks it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from service_kit import metrics
from service_kit.clock import Clock, pause
from service_kit.errors import Fault, classify, describe
from service_kit.logs import logger
from service_kit.postgres import Database
from service_kit.settle import Item, Settled, Settler

_log = logger(__name__)

EXHAUSTED_LIMIT = 5
"""So many statement timeouts or resource errors in a row, the database being well, blame the batch."""
TRIES = 3
"""So often a single record may fail for an unknown reason."""
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0


class Abandoned(Exception):
    """Asked to stop while waiting to repeat a batch: nothing of it has happened, the next owner reads it
    again.
    """


class Perseverance:
    """Carries a batch through: every record ends with its effect or as a dead letter, whatever it takes."""

    def __init__(
        self,
        settler: Settler,
        database: Database,
        clock: Clock,
        *,
        consumer: str,
        stopping: asyncio.Event,
        on_settled: Callable[[Settled], Awaitable[None]],
    ) -> None:
        self._settler = settler
        self._database = database
        self._clock = clock
        self._consumer = consumer
        self._stopping = stopping
        self._on_settled = on_settled
        self.waiting_for: str | None = None
        """Why the batch in hand is being repeated, for /readyz."""

    async def carry(self, items: Sequence[Item]) -> None:
        """Settle all items, in halves where one of them breaks the rest. Raises Abandoned when told to
        stop.
        """
        fault, error = await self._repeat(lambda: self._settler.settle(items))
        if error is None:
            return
        if len(items) > 1:
            half = len(items) // 2
            _log.warning("batch halved", consumer=self._consumer, records=len(items), error=describe(error))
            await self.carry(items[:half])
            await self.carry(items[half:])
            return
        tries = 1
        while fault is not Fault.PERMANENT and error is not None and tries < TRIES:
            tries += 1
            await self._wait(tries)
            fault, error = await self._repeat(lambda: self._settler.settle(items))
        if error is not None:
            await self._bury(items[0], error)

    async def _bury(self, item: Item, error: Exception) -> None:
        while True:
            _, failed = await self._repeat(lambda: self._settler.bury(item, describe(error)))
            if failed is None:
                return
            # burying needs no handler: whatever fails here is the store's matter, never the record's
            self.waiting_for = describe(failed)
            await self._wait(TRIES)

    async def _repeat(
        self, attempt: Callable[[], Awaitable[Settled]]
    ) -> tuple[Fault | None, Exception | None]:
        """Attempt until it is done or the error is the records' own. Waits outside any transaction."""
        failures, exhausted = 0, 0
        while True:
            try:
                settled = await attempt()
            except Exception as error:
                fault = classify(error)
                metrics.RETRIES.labels(self._consumer, fault.value).inc()
                if fault in (Fault.PERMANENT, Fault.UNKNOWN):
                    return fault, error
                exhausted = exhausted + 1 if fault is Fault.EXHAUSTED else 0
                if exhausted >= EXHAUSTED_LIMIT and await self._database.probe():
                    return Fault.UNKNOWN, error
                failures += 1
                self.waiting_for = describe(error)
                _log.warning(
                    "batch repeated", consumer=self._consumer, failures=failures, error=describe(error)
                )
            else:
                self.waiting_for = None
                await self._on_settled(settled)
                return None, None
            await self._wait(failures)

    async def _wait(self, failures: int) -> None:
        """Back off with jitter, so that two batches in a deadlock do not meet again."""
        if self._stopping.is_set():
            raise Abandoned(self.waiting_for or "stopping")
        seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
        await pause(self._clock, seconds, unless=self._stopping)
        if self._stopping.is_set():
            raise Abandoned(self.waiting_for or "stopping")
