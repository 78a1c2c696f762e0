"""Runs the parts of a service, and says how they are: whether it lives, does its work, may be asked."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from service_kit import metrics
from service_kit.broker import BrokerUnavailable
from service_kit.consumer import Consumer
from service_kit.errors import describe
from service_kit.lineage import StoreWentBack
from service_kit.logs import logger
from service_kit.parts import Part
from service_kit.read_back import ReadBack
from service_kit.runtime import Runtime

_log = logger(__name__)

TOLD_SECONDS = 30.0
"""So long a process whose part died says so, for Prometheus (every 15 s) and whoever looks; then it ends."""


class Lifecycle:
    """Runs the parts of a service and knows how they are.

    `end`: called to have the process started anew, TOLD_SECONDS after a part died, and at once where the
    store went back: what it lost is read back by the next process alone, and leads wait meanwhile.
    """

    end: Callable[[], None] | None = None

    def __init__(
        self,
        runtime: Runtime,
        parts: Sequence[Part],
        *,
        needs_kafka: bool = True,
        first: ReadBack | None = None,
    ) -> None:
        self._runtime = runtime
        self._needs_kafka = needs_kafka
        self._first = first
        self.parts = [*([] if first is None else [first]), *parts]
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._connect: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._kafka: str | None = "not connected to Kafka yet"
        self._kafka_failed = False
        self._stopping = False
        self._was_ready = False
        self.died: str | None = None
        for part in self.parts:
            metrics.PART_FAILURES.labels(part.name)

    async def start(self) -> None:
        """Start all parts; Kafka connects in the background, for as long as it takes."""
        if self._first is not None:
            self._first.begin()
        await self._runtime.open()
        self._connect = asyncio.create_task(self._connect_kafka())
        for part in self.parts:
            self._tasks[part.name] = asyncio.create_task(self._watch(part), name=part.name)

    async def stop(self) -> None:
        """Drain, commit, leave, within the seconds set; whatever is left then is cancelled: nothing is lost
        by it.
        """
        self._stopping = True
        for part in self.parts:
            part.stop()
        if self._tasks:
            _, late = await asyncio.wait(
                self._tasks.values(), timeout=max(1.0, self._runtime.settings.stop_seconds - 4)
            )
            for task in late:
                _log.warning("part cut off while stopping", part=task.get_name())
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)
        for waiting in (self._connect, self._ending):
            if waiting is not None:
                waiting.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._runtime.close()
        await self._runtime.close_tracing()

    async def _connect_kafka(self) -> None:
        wait = 0.2
        while True:
            try:
                await self._runtime.publisher.start()
            except BrokerUnavailable as error:
                self._kafka, self._kafka_failed = str(error), True
            else:
                self._kafka = None
                return
            await self._runtime.clock.sleep(wait)
            wait = min(2.0, wait * 2)

    async def _watch(self, part: Part) -> None:
        reason: BaseException | None = None
        try:
            if self._first is None or part is self._first or await self._first.opens():
                await part.run()
        except (Exception, asyncio.CancelledError) as error:
            reason = error
        if not self._stopping:
            self._die(part, reason or RuntimeError("ended by itself"))
        elif isinstance(reason, Exception):
            _log.warning("part broke while stopping", part=part.name, error=describe(reason))

    def _die(self, part: Part, reason: BaseException) -> None:
        self.died = self.died or f"{part.name}: {describe(reason)}"  # another may have died of the first
        metrics.PART_FAILURES.labels(part.name).inc()
        _log.critical("part died", part=part.name, exc_info=reason)
        told_for = 0.0 if isinstance(reason, StoreWentBack) else TOLD_SECONDS
        self._ending = self._ending or asyncio.create_task(self._end(told_for))

    async def _end(self, seconds: float) -> None:
        await self._runtime.clock.sleep(seconds)
        if self.end is not None:
            self.end()

    @property
    def is_connected(self) -> bool:
        """Whether Kafka has answered since the start."""
        return self._kafka is None

    def unready(self) -> dict[str, str]:
        """Why the service cannot do its work now, by part."""
        reasons = {part.name: why for part in self.parts if (why := part.not_ready())}
        if self._kafka and self._needs_kafka:
            reasons["kafka"] = self._kafka
        if self.died:
            reasons["died"] = self.died
        self._was_ready = self._was_ready or not reasons
        return reasons

    def unserving(self) -> dict[str, str]:
        """Why requests had better go to another instance, by part. Once it was ready, or open though it
        cannot consume, and as long as no part dies, they may come: who asks for what a broker or store that
        is away has to do with is told so.
        """
        reasons = self.unready()
        self._was_ready = self._was_ready or self._is_open_though_it_cannot_consume
        if self.died:
            return {"died": self.died}
        return {} if self._was_ready else reasons

    @property
    def _is_open_though_it_cannot_consume(self) -> bool:
        """Restarted, on a store that lacks nothing, while Kafka is away or dead letters hold a consumer: what
        is done now is published later, and what waits is read later.
        """
        is_held = any(isinstance(part, Consumer) and part.is_held for part in self.parts)
        return (self._kafka_failed or is_held) and self._first is not None and self._first.is_open

    def concerns(self) -> dict[str, dict[str, str]]:
        """What is wrong with the broker, whether or not the service can do without it; empty: nothing."""
        trouble = self._runtime.broker.trouble
        return {"concerns": {"kafka": trouble}} if trouble else {}
