"""The same router on a real Kafka: a lead is given, then ends merged, as its topic tells."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import uuid4

import pytest

from lead_events import EventModel, LeadRouted, RepAvailabilityChanged
from lead_events.catalog import topic
from lead_events.codec import decode
from router.consumer import BULK_TOPICS, NAME, TOPICS, consumer_spec
from service_kit.broker import ConsumerClient
from service_kit.kafka import KafkaBroker
from service_kit.records import Outgoing
from service_kit.runtime import Runtime
from service_kit.topics import create_topics
from tests.integration.router.worlds import World
from tests.patience import HANGS_AFTER

WRITES = ("lead-routed", "rep-availability-changed")

E = TypeVar("E", bound=EventModel)

pytestmark = pytest.mark.stack


@pytest.fixture(scope="session")
def kafka_with_topics(kafka_bootstrap: str) -> str:
    with ThreadPoolExecutor(1) as aside:  # asked for while a test's own loop is running
        wanted = [topic(name) for name in (*TOPICS, *BULK_TOPICS, *WRITES)]
        aside.submit(lambda: asyncio.run(create_topics(kafka_bootstrap, wanted))).result()
    return kafka_bootstrap


class OnKafka:
    """A router that reads and writes a real Kafka, from where its topics end now."""

    def __init__(self, world: World, broker: KafkaBroker, client: ConsumerClient) -> None:
        self.world = world
        self.runtime = Runtime(world.settings, broker=broker, database=world.runtime.database)
        self._client = client
        self._said: list[EventModel] = []

    async def begin_here(self) -> None:
        async with asyncio.timeout(HANGS_AFTER):
            while not self._client.assignment().partitions:
                await self._client.take([], max_records=1, timeout=0.05)
        ends = await self._client.end_offsets(self._client.assignment().partitions)
        self._client.seek(ends)
        async with self.world.runtime.database.acquire() as conn:
            await conn.executemany(
                "INSERT INTO position VALUES ($1, $2, $3, $4)",
                [(NAME, place.topic, place.partition, offset) for place, offset in ends.items()],
            )

    async def send(self) -> None:
        """Publish what the world has put on its topics since the last call."""
        records = [record for name in (*TOPICS, *BULK_TOPICS) for record in self.world.broker.records(name)]
        await self.runtime.publisher.publish(
            [Outgoing(each.topic, each.key or b"", each.value, tuple(each.headers)) for each in records]
        )

    async def said(self, kind: type[E], number: int) -> list[E]:
        """What is said on the topics it writes, once so much of the kind was said."""
        async with asyncio.timeout(HANGS_AFTER):
            while len(found := [event for event in self._said if isinstance(event, kind)]) < number:
                places = self._client.assignment().partitions
                for record in await self._client.take(places, max_records=500, timeout=0.1):
                    self._said.append(decode(record.topic, record.headers, record.value)[1])
        return found


@pytest.fixture
async def on_kafka(world: World, kafka_with_topics: str) -> AsyncIterator[OnKafka]:
    broker = KafkaBroker(kafka_with_topics, publish_deadline=5, fetch_wait_ms=20)
    client = broker.consumer(f"test-{uuid4()}", [*TOPICS, *BULK_TOPICS, *WRITES])
    await client.start()
    running = OnKafka(world, broker, client)
    await running.runtime.publisher.start()
    await running.begin_here()
    yield running
    await running.runtime.published()
    await running.runtime.publisher.stop()
    await client.stop()


async def test_a_merge_ends_a_lead_through_a_real_kafka(on_kafka: OnKafka) -> None:
    world = on_kafka.world
    consumer = on_kafka.runtime.consumer(consumer_spec(world.wiring.news))
    running = asyncio.create_task(consumer.run())
    world.put_rulebook()
    await on_kafka.send()
    await on_kafka.said(RepAvailabilityChanged, 3)
    world.score("ada")
    await on_kafka.send()
    await on_kafka.said(LeadRouted, 1)
    world.merge(ended=["ada"])
    await on_kafka.send()  # all of it once more: repeats change nothing
    assigned, closed = await on_kafka.said(LeadRouted, 2)
    assert (assigned.kind, closed.kind, closed.close_reason) == ("assigned", "closed", "merged")
    assert (closed.round, closed.seq) == (1, 2)
    assert await world.loads() == {"ana": 0, "bea": 0, "carla": 0}
    consumer.stop()
    await running
