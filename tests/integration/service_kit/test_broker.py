"""What is asked of a broker, asked of the fake and of the real one alike."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from service_kit.broker import Broker, BrokerUnavailable, ConsumerClient, Publisher, PublishFailed
from service_kit.clock import SystemClock, pause
from service_kit.fakes import FakeBroker
from service_kit.kafka import KafkaBroker
from service_kit.records import Outgoing, TopicPartition
from tests.patience import HANGS_AFTER


class Site:
    """A broker with one topic of two partitions, and clients that are stopped at the end."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self.broker = broker
        self.topic = topic
        self.group = f"group-{uuid4()}"
        self.places = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
        self._made: list[ConsumerClient | Publisher] = []

    async def publisher(self) -> Publisher:
        publisher = self.broker.publisher()
        await publisher.start()
        self._made.append(publisher)
        return publisher

    async def member(self, *, partitions: int = 2) -> ConsumerClient:
        client = self.broker.consumer(self.group, [self.topic])
        await client.start()
        self._made.append(client)
        await until(lambda: len(client.assignment().partitions) == partitions)
        return client

    async def close(self) -> None:
        for client in reversed(self._made):
            await client.stop()


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.stack)])
async def site(request: pytest.FixtureRequest, topic_prefix: str) -> AsyncIterator[Site]:
    topic = f"{topic_prefix}things"
    if request.param == "fake":
        broker: FakeBroker | KafkaBroker = FakeBroker(partitions=2)
    else:
        bootstrap = request.getfixturevalue("kafka_bootstrap")
        admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        settings = {"message.timestamp.type": "LogAppendTime"}
        await admin.create_topics([NewTopic(topic, 2, 1, topic_configs=settings)])
        await admin.close()
        broker = KafkaBroker(bootstrap, publish_deadline=5, fetch_wait_ms=20)
    site = Site(broker, topic)
    yield site
    await site.close()


async def test_what_is_published_is_read_in_order_with_headers_and_a_broker_time(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    sent = [Outgoing(site.topic, b"one key", str(n).encode(), (("ce_id", b"\xff\x00"),)) for n in range(20)]
    await publisher.publish(sent)
    records = await take(member, site, 20)
    assert [record.value for record in records] == [record.value for record in sent]
    assert [record.offset for record in records] == list(range(20))
    assert records[0].headers == (("ce_id", b"\xff\x00"),)
    assert records[0].broker_time.utcoffset() is not None
    assert [r.broker_time for r in records] == sorted(r.broker_time for r in records)


async def test_a_tombstone_has_no_value(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    await publisher.publish([Outgoing(site.topic, b"key", None)])
    assert [record.value for record in await take(member, site, 1)] == [None]


async def test_a_record_with_neither_key_nor_value_is_refused_and_the_rest_is_taken(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    with pytest.raises(PublishFailed) as failed:
        await publisher.publish([Outgoing(site.topic, b"k", b"1"), Outgoing(site.topic, None, None)])
    assert failed.value.acknowledged == {0}
    assert set(failed.value.refused) == {1}
    assert [record.value for record in await take(member, site, 1)] == [b"1"]


async def test_seeking_reads_from_there_and_drops_what_was_fetched_from_elsewhere(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    await publisher.publish([Outgoing(site.topic, b"one key", str(n).encode()) for n in range(10)])
    first = await take(member, site, 3, at_most=3)
    assert member.seek({first[0].place: 7})
    assert [record.offset for record in await take(member, site, 3)] == [7, 8, 9]
    assert member.seek({first[0].place: 0})
    assert [record.offset for record in await take(member, site, 10)] == list(range(10))


async def test_only_the_partitions_asked_for_are_read(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    await publisher.publish([Outgoing(site.topic, str(n).encode(), b"x") for n in range(40)])
    for place in site.places:
        taken = await member.take([place], max_records=100, timeout=5)
        assert {record.place for record in taken} == {place}


async def test_offsets_say_where_partitions_begin_and_end(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    assert await member.end_offsets(site.places) == dict.fromkeys(site.places, 0)
    await publisher.publish([Outgoing(site.topic, b"one key", b"x")] * 3)
    assert sum((await member.end_offsets(site.places)).values()) == 3
    assert await member.beginning_offsets(site.places) == dict.fromkeys(site.places, 0)


async def test_a_new_member_starts_at_the_committed_offset(site: Site) -> None:
    publisher, member = await site.publisher(), await site.member()
    await publisher.publish([Outgoing(site.topic, b"one key", str(n).encode()) for n in range(5)])
    place = (await take(member, site, 5))[0].place
    assert await member.committed(place) is None
    assert await member.commit({place: 3})
    assert await member.committed(place) == 3
    await member.stop()
    heir = await site.member()
    assert [record.offset for record in await take(heir, site, 2)] == [3, 4]


async def test_a_second_member_takes_over_half_and_the_generation_changes(site: Site) -> None:
    first = await site.member()
    before = first.assignment()
    second = await site.member(partitions=1)
    await until(lambda: len(first.assignment().partitions) == 1)
    assert first.assignment().generation != before.generation
    held = first.assignment().partitions | second.assignment().partitions
    assert held == set(site.places)
    (moved,) = second.assignment().partitions
    assert not first.seek({moved: 0})
    assert not await first.commit({moved: 0})
    await second.stop()
    await until(lambda: len(first.assignment().partitions) == 2)


async def test_taking_nothing_returns_within_its_time(site: Site) -> None:
    member = await site.member()
    async with asyncio.timeout(3):
        assert await member.take(site.places, max_records=10, timeout=0.05) == []
        assert await member.take([], max_records=10, timeout=0.05) == []


async def test_stopping_twice_and_before_starting_is_harmless(site: Site) -> None:
    for client in (site.broker.publisher(), site.broker.consumer("g", [site.topic])):
        await client.stop()
        await client.stop()


@pytest.mark.stack
async def test_a_broker_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    broker = KafkaBroker(f"127.0.0.1:{unused_tcp_port}")
    with pytest.raises(BrokerUnavailable):
        await broker.publisher().start()
    with pytest.raises(BrokerUnavailable):
        await broker.consumer("g", ["t"]).start()


@pytest.mark.stack
async def test_a_publication_without_an_answer_fails_at_our_own_deadline(kafka_bootstrap: str) -> None:
    publisher = KafkaBroker(kafka_bootstrap, publish_deadline=0.3).publisher()
    await publisher.start()
    try:
        async with asyncio.timeout(3):
            with pytest.raises(PublishFailed) as failed:
                await publisher.publish([Outgoing("no-such-topic", b"k", b"v")])
        assert failed.value.acknowledged == frozenset()
        assert failed.value.refused == {}
    finally:
        await publisher.stop()


async def take(member: ConsumerClient, site: Site, number: int, *, at_most: int = 100) -> list[Any]:
    """So many records."""
    found: list[Any] = []
    async with asyncio.timeout(HANGS_AFTER):
        while len(found) < number:
            found += await member.take(site.places, max_records=at_most - len(found), timeout=1)
    return found


async def until(condition: Any) -> None:
    nothing, clock = asyncio.Event(), SystemClock()
    async with asyncio.timeout(HANGS_AFTER):
        while not condition():
            await pause(clock, 0.02, unless=nothing)
