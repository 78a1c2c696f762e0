"""Drains the spool into the broker, in order, with the ids the records were given."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from intake import metrics
from intake.circuit import Circuit
from intake.spool.spool import Pending, Spool
from service_kit.broker import Publisher, PublishFailed
from service_kit.clock import Clock
from service_kit.failpoints import failpoint
from service_kit.logs import logger

_log = logger(__name__)
_DAMAGED = "damaged on the disk"
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0


class Replayer:
    """A part of the service. While the circuit is open it tries one record; a success closes the circuit."""

    name = "spool-replayer"

    def __init__(
        self, spool: Spool, publisher: Publisher, circuit: Circuit, clock: Clock, *, batch: int = 200
    ) -> None:
        self._spool = spool
        self._publisher = publisher
        self._circuit = circuit
        self._clock = clock
        self._batch = batch
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Drain until stopped, then close the spool: requests have ended by then."""
        try:
            await self._drain()
        finally:
            await self._spool.close()

    async def _drain(self) -> None:
        """A broker or disk that fails is tried again after 0.2 to 2 seconds."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            await self._first_of(self._spool.has_records.wait(), self._stopping.wait())
            if self._stopping.is_set():
                return
            if await self._step():
                pause = _FIRST_PAUSE
            else:
                await self._first_of(self._clock.sleep(pause), self._stopping.wait())
                pause = min(2 * pause, _LONGEST_PAUSE)

    def stop(self) -> None:
        """End after the batch in hand; what is left stays on disk."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Nothing can be made durable: the broker is away and the spool is full."""
        if self._circuit.is_open and self._spool.is_full:
            return "the broker is away and the spool is full: free the broker, or raise BATON_SPOOL_MAX_BYTES"
        return None

    async def _step(self) -> bool:
        try:
            batch = await self._spool.batch(1 if self._circuit.is_open else self._batch)
            if not batch:
                return True
            settled, refused = await self._publish(batch)
            await failpoint("replayer.after_publish")
            await self._spool.advance(settled, refused)
            await failpoint("replayer.after_advance")
        except OSError as error:
            _log.error("spool: cannot be drained", error=str(error))
            return False
        damaged = [each.frame for each in settled if each.record is None]
        metrics.SPOOL_DAMAGED.inc(sum(frame.end - frame.start for frame in damaged))
        for number, reason in refused.items():
            _log.error("spool: record refused for good, kept in refused/", number=number, reason=reason)
        if len(settled) > len(refused):
            self._circuit.close()
        return len(settled) == len(batch)

    async def _publish(self, batch: list[Pending]) -> tuple[list[Pending], dict[int, str]]:
        """The longest prefix that is settled, and of it what was refused, by number."""
        sendable = [each for each in batch if each.record is not None]
        refused = {each.number: _DAMAGED for each in batch if each.record is None}
        open_: set[int] = set()
        try:
            if sendable:
                await self._publisher.publish([each.record for each in sendable if each.record is not None])
        except PublishFailed as failed:
            for index, each in enumerate(sendable):
                if index in failed.refused:
                    refused[each.number] = failed.refused[index]
                elif index not in failed.acknowledged:
                    open_.add(each.number)
        settled: list[Pending] = []
        for each in batch:
            if each.number in open_:
                break
            settled.append(each)
        numbers = {each.number for each in settled}
        return settled, {number: reason for number, reason in refused.items() if number in numbers}

    async def _first_of(self, *waits: Coroutine[Any, Any, object]) -> None:
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
