"""The whole path on one machine: leads a second from form to rep, and the time from 202 to the assignment."""

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import aiokafka
import orjson

from baton_dev.stack import Stack
from bench.http_load import Answer, Load, at_rate, post, quantile
from bench.people import person_json
from lead_events.codec import decode
from lead_events.ids import lead_id
from lead_events.routed import LeadRouted
from lead_events.words import RoutedKind

FORM = "/v1/forms/aurora-demo-request/submissions"
SETTLE_SECONDS = 60.0


@dataclass(slots=True)
class Routed:
    """First decision about each lead, by the broker's time, seconds since the epoch."""

    assigned: dict[UUID, float] = field(default_factory=dict)
    held: dict[UUID, float] = field(default_factory=dict)

    @property
    def decided(self) -> int:
        """Leads assigned or held."""
        return len(self.assigned.keys() | self.held.keys())


@dataclass(frozen=True)
class PathResult:
    """One load through the whole path."""

    rate: float
    accepted: int
    scored: int
    lag_first_half: float
    lag_second_half: float
    p50: float
    p99: float
    drained_seconds: float

    @property
    def is_flat(self) -> bool:
        """Whether the lag of the second half stays within twice that of the first, plus a second's leads."""
        return self.lag_second_half <= 2 * self.lag_first_half + self.rate


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """The stack, stopped afterwards whatever happens."""
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


@asynccontextmanager
async def _watching(bootstrap: str, routed: Routed) -> AsyncIterator[None]:
    consumer = aiokafka.AIOKafkaConsumer(
        "lead-routed", bootstrap_servers=bootstrap, auto_offset_reset="latest", enable_auto_commit=False
    )
    await consumer.start()
    await consumer.seek_to_end()

    async def read() -> None:
        async for record in consumer:
            _, event = decode("lead-routed", record.headers, record.value)
            if isinstance(event, LeadRouted) and event.kind in (RoutedKind.ASSIGNED, RoutedKind.HELD):
                found = routed.assigned if event.kind is RoutedKind.ASSIGNED else routed.held
                found.setdefault(event.lead_id, record.timestamp / 1000)

    reading = asyncio.create_task(read())
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


class _Lag:
    """Leads accepted and not yet scored and handed on, sampled every second from the broker's own figures."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.samples: list[tuple[int, int]] = []

    @asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        await self._sample(consumer)
        task = asyncio.create_task(self._keep_sampling(consumer))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await consumer.stop()

    async def _keep_sampling(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        while True:
            await asyncio.sleep(1)
            await self._sample(consumer)

    async def _sample(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        submitted, scored = [await ends(consumer, topic) for topic in ("lead-submitted", "lead-scored")]
        self.samples.append((submitted, scored))


async def ends(consumer: aiokafka.AIOKafkaConsumer, topic: str) -> int:
    """Records ever written to a topic of six partitions."""
    places = [aiokafka.TopicPartition(topic, number) for number in range(6)]
    return sum((await consumer.end_offsets(places)).values())


async def drive(stack: Stack, *, rate: float, seconds: float, prefix: str) -> PathResult:
    """Post made-up people at `rate` for `seconds`, wait until all are scored, and say how it went.

    The time to the assignment runs from the scheduled send to the broker time of lead-routed, over the leads
    that were assigned at once: those held for capacity wait by design.
    """
    routed, lag = Routed(), _Lag(stack.kafka.bootstrap)
    numbers = itertools.count()
    clock_offset = time.time() - time.monotonic()
    async with _watching(stack.kafka.bootstrap, routed), lag.sampling():
        load = await at_rate(
            stack.services["intake"].base_url,
            lambda number: post(FORM, person_json(number, prefix=prefix)),
            rate=rate,
            seconds=seconds,
            numbers=numbers,
        )
        steady = list(lag.samples)
        sent = time.monotonic()
        await _settle(lag, load)
        drained = time.monotonic() - sent
    waits = list(_waits(load.answers, routed, clock_offset))
    first, second = _halves(steady)
    accepted = sum(answer.status == 202 for answer in load.answers)
    scored = lag.samples[-1][1] - lag.samples[0][1]
    return PathResult(
        load.rate, accepted, scored, first, second, quantile(waits, 0.5), quantile(waits, 0.99), drained
    )


def _waits(answers: list[Answer], routed: Routed, clock_offset: float) -> Iterator[float]:
    for answer in answers:
        if answer.status != 202:
            continue
        lead = lead_id(UUID(orjson.loads(answer.body)["submission_id"]), "main")
        at = routed.assigned.get(lead)
        if at is not None:
            yield at - (answer.scheduled + clock_offset)


def _halves(samples: list[tuple[int, int]]) -> tuple[float, float]:
    base = samples[0][0] - samples[0][1] if samples else 0
    behind = [max(0, submitted - scored - base) for submitted, scored in samples[1:]] or [0]
    middle = len(behind) // 2
    return statistics.fmean(behind[:middle] or [0]), statistics.fmean(behind[middle:])


async def _settle(lag: _Lag, load: Load) -> None:
    accepted = sum(answer.status == 202 for answer in load.answers)
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        start, now = lag.samples[0][1], lag.samples[-1][1]
        if now - start >= accepted:
            return
        await asyncio.sleep(0.2)
