"""The small service that the guarantee tests run: it notes each event it handles, and passes it on."""

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID, uuid4

from lead_events import LeadSignalled, PersonErased
from lead_events.catalog import dead_letter_name
from lead_events.codec import encode
from service_kit import lifecycle
from service_kit.app import create_app, serve
from service_kit.batch import Batch
from service_kit.broker import Broker, ConsumerClient
from service_kit.clock import Clock, SystemClock, pause
from service_kit.conservation import Hop, read_hops
from service_kit.consumer import Consumer
from service_kit.errors import Permanent, is_transient
from service_kit.failpoints import Crash
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.records import Outgoing, Record, TopicPartition
from service_kit.runtime import Runtime
from service_kit.settings import ServiceSettings
from service_kit.spec import BatchHandler, ConsumerSpec
from tests.patience import HANGS_AFTER

INPUT = "lead-signalled"
OUTPUT = "person-erased"
LIVE_AND_BULK = ("lead-submitted", "lead-imported")
NAME = "scoring"
EFFECTS = frozenset({"noted"})
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


class KitSettings(ServiceSettings):
    service: ClassVar[str] = NAME
    store_schema: ClassVar[str] = "kit"


class Poison(Exception):
    """An error of no known class."""


def signal(kind: str = "page_view", *, identity: UUID | None = None) -> tuple[UUID, Outgoing]:
    """One input record; `kind` tells the handler below how to behave."""
    identity = identity or uuid4()
    event = LeadSignalled(signal_id=identity, kind=kind, at=AT, identity={"email": "ana@example.com"})
    headers, value = encode(event, id=identity, source="test", time=AT, subject="ana", topic=INPUT)
    return identity, Outgoing(INPUT, str(identity).encode(), value, tuple(headers))


class Doomed:
    """A part that cannot go on; where it is stuck it leaves a thread behind that never ends."""

    name = "doomed"

    def __init__(self, *, is_stuck: bool = False) -> None:
        self._is_stuck = is_stuck

    async def run(self) -> None:
        if self._is_stuck:
            asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
        raise Poison("no way on")

    def stop(self) -> None: ...

    def not_ready(self) -> str | None:
        return None


async def note(batch: Batch) -> None:
    """Note every event in a table without any key: only the inbox keeps it from being noted twice."""
    for event in batch.events:
        assert isinstance(event.data, LeadSignalled)
        if event.data.kind == "reject":
            batch.reject(event, "out of domain")
            continue
        if event.data.kind == "poison":
            raise Poison("this record breaks the handler")
        if event.data.kind == "permanent":
            raise Permanent("this record can never be handled")
        passed_on = PersonErased(person_id=event.id, identity_hashes=[], leads=[], at=AT)
        batch.emit(OUTPUT, passed_on, key=event.id, cause=event.id, subject=event.id)
        batch.effect(event, "noted")
    ids = [event.id for event in batch.events if event.id in batch.effects]
    await batch.conn.execute("INSERT INTO noted SELECT unnest($1::uuid[])", ids)


class Store(NamedTuple):
    """Where a test keeps its rows."""

    dsn: str
    schema: str


class World:
    """A broker, a store, and what a test does with them."""

    def __init__(self, broker: Broker, database: Database, store: Store) -> None:
        self.store = store
        self.broker = broker
        self.database = database
        self.settings = KitSettings(
            gather_ms=5, outbox_claim_ms=300, dead_letter_limit=50, publish_deadline_ms=5000
        )
        self.clock: Clock = SystemClock()
        self.runtime = self.new_runtime()
        self._outputs: ConsumerClient | None = None
        self._seen: dict[str, list[Record]] = {}

    @property
    def fake(self) -> FakeBroker:
        assert isinstance(self.broker, FakeBroker)
        return self.broker

    def new_runtime(self) -> Runtime:
        return Runtime(self.settings, broker=self.broker, database=self.database, clock=self.clock)

    async def open(self) -> None:
        await self.runtime.publisher.start()
        async with self.database.acquire() as conn:
            await conn.execute("CREATE TABLE noted (event_id uuid NOT NULL)")
        await self._begin_here()

    async def close(self) -> None:
        if self._outputs is not None:
            await self._outputs.stop()
        await self.runtime.published()
        await self.runtime.publisher.stop()

    async def _begin_here(self) -> None:
        """Topics of the real broker are shared by the session: start where they end now."""
        topics = [INPUT, OUTPUT, dead_letter_name(INPUT, NAME), *LIVE_AND_BULK]
        client = self.broker.consumer(f"test-{uuid4()}", topics)
        await client.start()
        self._outputs = client
        await self.eventually(lambda: _truth(client.assignment().partitions))
        ends = await client.end_offsets(client.assignment().partitions)
        client.seek(ends)
        async with self.database.acquire() as conn:
            await conn.executemany(
                "INSERT INTO position VALUES ($1, $2, $3, $4)",
                [(NAME, place.topic, place.partition, offset) for place, offset in ends.items()],
            )

    async def send(self, records: Sequence[Outgoing]) -> None:
        await self.runtime.publisher.publish(records)

    def consumer(
        self, handler: BatchHandler = note, *, runtime: Runtime | None = None, **spec: Any
    ) -> Consumer:
        topics = spec.pop("topics", [INPUT])
        effects = spec.pop("effects", EFFECTS)
        return (runtime or self.runtime).consumer(
            ConsumerSpec(name=NAME, topics=topics, handler=handler, effects=effects, **spec)
        )

    @asynccontextmanager
    async def running(self, consumer: Consumer) -> AsyncIterator["asyncio.Task[None]"]:
        """The consumer's loop as a service runs it; a crash inside it is left to the test."""
        task = asyncio.create_task(_survivable(consumer.run()))
        try:
            yield task
        finally:
            consumer.stop()
            await asyncio.wait_for(task, HANGS_AFTER)

    async def eventually(
        self, condition: Callable[[], Awaitable[bool]], seconds: float = HANGS_AFTER
    ) -> None:
        nothing = asyncio.Event()
        async with asyncio.timeout(seconds):
            while not await _holds(condition):
                await pause(self.clock, 0.01, unless=nothing)

    async def noted(self) -> Counter[UUID]:
        async with self.database.acquire() as conn:
            return Counter(row["event_id"] for row in await conn.fetch("SELECT event_id FROM noted"))

    async def notes(self, ids: Sequence[UUID]) -> bool:
        return set(ids) <= (await self.noted()).keys()

    async def published(self, topic: str) -> list[Record]:
        """What stands on a topic since the test began."""
        assert self._outputs is not None
        places = self._outputs.assignment().partitions
        for record in await self._outputs.take(places, max_records=5000, timeout=0.05):
            self._seen.setdefault(record.topic, []).append(record)
        return self._seen.get(topic, [])

    async def outputs(self) -> Counter[bytes]:
        return Counter(record.key or b"" for record in await self.published(OUTPUT))

    async def dead(self) -> list[Record]:
        return await self.published(dead_letter_name(INPUT, NAME))

    async def hop(self) -> Hop:
        async with self.database.acquire() as conn:
            hops = [hop for hop in await read_hops(conn) if hop.topic == INPUT]
        return hops[0] if hops else Hop("", INPUT)

    async def outbox_is_empty(self) -> bool:
        async with self.database.acquire() as conn:
            return bool(await conn.fetchval("SELECT count(*) = 0 FROM outbox"))

    async def places(self, topic: str) -> list[TopicPartition]:
        assert self._outputs is not None
        return sorted(place for place in self._outputs.assignment().partitions if place.topic == topic)

    async def ends(self, topic: str) -> dict[TopicPartition, int]:
        """Where the next record of each partition will stand."""
        assert self._outputs is not None
        return await self._outputs.end_offsets(await self.places(topic))


def run_service() -> None:
    """The small service as a process, with settings from the environment."""
    KitSettings.store_schema = os.environ["KIT_SCHEMA"]
    settings = KitSettings()
    spec = ConsumerSpec(name=NAME, topics=[INPUT], handler=note, effects=EFFECTS)
    stuck = os.environ.get("KIT_STUCK")
    if doom := os.environ.get("KIT_DOOM_SECONDS"):
        lifecycle.TOLD_SECONDS = float(doom)
    app = create_app(
        title="kit",
        settings=settings,
        build=lambda rt: [rt.consumer(spec), *([Doomed(is_stuck=bool(stuck))] if doom else [])],
        routers=lambda _: [],
    )
    serve(app, settings)


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Not while a test has cut every connection, the one that asks among them."""
    try:
        return await condition()
    except Exception as error:
        if not is_transient(error):
            raise
        return False


async def _survivable(run: Awaitable[None]) -> None:
    with contextlib.suppress(Crash):
        await run


async def _truth(value: object) -> bool:
    return bool(value)
