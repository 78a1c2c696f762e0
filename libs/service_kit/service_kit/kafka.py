"""The real broker, through aiokafka 0.14, with the settings its defaults get wrong."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby
from typing import Any

import aiokafka
from aiokafka import errors as kafka_errors
from aiokafka.abc import ConsumerRebalanceListener

from service_kit.broker import BrokerUnavailable, PublishFailed
from service_kit.kafka_access import KafkaAccess
from service_kit.kafka_connections import use_surviving_connections
from service_kit.partitioning import Partitioner
from service_kit.records import Assignment, Outgoing, Record, TopicPartition

LARGEST_RECORD = 9 * 1024 * 1024
"""Bytes; a whole rulebook is one record of up to 8 MiB."""
ANSWER_SECONDS = 5.0
"""Our deadline for a question to the broker."""

_REFUSED = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidTopicError,
    kafka_errors.InvalidMessageError,
)


@asynccontextmanager
async def _answering(what: str, access: KafkaAccess, seconds: float = ANSWER_SECONDS) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except (kafka_errors.KafkaError, TimeoutError, OSError) as error:
        why = access.trouble or f"{type(error).__name__} {error}".strip()
        raise BrokerUnavailable(f"{what}: {why}") from error


class KafkaPublisher:
    """Writes with acks=all and our own deadline around the whole send.

    Idempotence is off: its batches never expire while the broker is away. A record may therefore be written
    twice, and after PublishFailed still land; the readers' inbox removes the second.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        deadline: float = 10.0,
        client_id: str = "baton",
        access: KafkaAccess | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._access = access or KafkaAccess()
        self._deadline = deadline
        self._client_id = client_id
        self._producer: Any = None

    async def start(self) -> None:
        """Connect. Raises BrokerUnavailable; may be called again."""
        if self._producer is not None:
            return
        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=False,
            linger_ms=0,
            max_request_size=LARGEST_RECORD,
            partitioner=Partitioner(),
            request_timeout_ms=max(1000, int(self._deadline * 1000)),
            retry_backoff_ms=100,
            **self._access.options(),
        )
        try:
            async with _answering("Kafka does not answer", self._access, 15):
                await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Disconnect; what is in flight gets five seconds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when all are acknowledged. Raises PublishFailed, at the latest after the deadline."""
        if not records:
            return
        if self._producer is None:
            raise PublishFailed((), {}, len(records))
        sent: dict[int, asyncio.Future[Any]] = {}
        refused: dict[int, str] = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deadline):
                await self._send_all(records, sent, refused)
                for future in sent.values():
                    if not future.done():  # those of one request to the broker are done together: few waits
                        await asyncio.wait((future,))
        acknowledged = _outcome(sent, refused)
        if len(acknowledged) != len(records):
            raise PublishFailed(acknowledged, refused, len(records))

    async def _send_all(
        self, records: Sequence[Outgoing], sent: dict[int, "asyncio.Future[Any]"], refused: dict[int, str]
    ) -> None:
        """Topics side by side: one whose leader is unknown holds up no other."""
        ordered = sorted(range(len(records)), key=lambda place: records[place].topic)
        lanes = [list(places) for _, places in groupby(ordered, key=lambda place: records[place].topic)]
        if len(lanes) == 1:
            await self._send(records, lanes[0], sent, refused)
        else:
            await asyncio.gather(*(self._send(records, lane, sent, refused) for lane in lanes))

    async def _send(
        self,
        records: Sequence[Outgoing],
        places: Iterable[int],
        sent: dict[int, "asyncio.Future[Any]"],
        refused: dict[int, str],
    ) -> None:
        for place in places:
            record = records[place]
            try:
                sent[place] = await self._producer.send(
                    record.topic, value=record.value, key=record.key, headers=list(record.headers)
                )
            except _REFUSED as error:
                refused[place] = f"{type(error).__name__}: {error}"
            except AssertionError:
                refused[place] = "the record has neither key nor value"
            except kafka_errors.KafkaError:
                continue  # without an answer: neither acknowledged nor refused


def _outcome(sent: Mapping[int, "asyncio.Future[Any]"], refused: dict[int, str]) -> list[int]:
    """Places acknowledged; those the broker refused for good are added to `refused`."""
    acknowledged = []
    for place, future in sent.items():
        if not future.done():
            # retrieved whenever it comes, so that asyncio does not report it
            future.add_done_callback(lambda late: late.cancelled() or late.exception())
        elif not future.cancelled() and (error := future.exception()) is not None:
            if isinstance(error, _REFUSED):
                refused[place] = f"{type(error).__name__}: {error}"
        elif not future.cancelled():
            acknowledged.append(place)
    return acknowledged


async def _stop(client: Any) -> None:
    """Stop an aiokafka client within five seconds; a broker that is away must not hold up the end.

    Its consumer cancels its own requests in flight and then waits for them: that cancellation comes out here
    though nobody asked for it, and leaves the connections open.
    """
    try:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await client.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await client._client.close()


class _Generations(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Counts rebalances and nothing else: aiokafka swallows what a listener raises."""

    def __init__(self) -> None:
        self.count = 0

    def on_partitions_revoked(self, revoked: object) -> None:
        self.count += 1

    def on_partitions_assigned(self, assigned: object) -> None:
        self.count += 1


class KafkaConsumerClient:
    """A member of a classic consumer group."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Sequence[str],
        *,
        client_id: str,
        wait_ms: int,
        access: KafkaAccess | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._access = access or KafkaAccess()
        self._group = group
        self._topics = list(topics)
        self._client_id = client_id
        self._wait_ms = wait_ms
        self._generations = _Generations()
        self._consumer: Any = None

    async def start(self) -> None:
        """Join the group. Raises BrokerUnavailable; may be called again."""
        if self._consumer is not None:
            return
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # the fetcher asks a node for drained partitions only after its last long poll has ended
            fetch_max_wait_ms=self._wait_ms,
            fetch_max_bytes=8 * 1024 * 1024,
            max_partition_fetch_bytes=1024 * 1024,
            request_timeout_ms=15_000,
            retry_backoff_ms=100,
            metadata_max_age_ms=30_000,
            # what a killed member's partitions wait for; the least that Kafka allows by default
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
            # a batch may wait for PostgreSQL as long as it takes; heartbeats go on meanwhile
            max_poll_interval_ms=86_400_000,
            rebalance_timeout_ms=15_000,
            **self._access.options(),
        )
        consumer.subscribe(self._topics, listener=self._generations)
        try:
            async with _answering("Kafka does not answer", self._access, 15):
                await consumer.start()
        except BaseException:
            await _stop(consumer)
            raise
        self._consumer = consumer

    async def stop(self) -> None:
        """Leave the group; safe when never started."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await _stop(consumer)

    def assignment(self) -> Assignment:
        """What may be read now."""
        held = self._consumer.assignment() if self._consumer is not None else ()
        return Assignment(
            self._generations.count, frozenset(TopicPartition(tp.topic, tp.partition) for tp in held)
        )

    async def take(
        self, partitions: Collection[TopicPartition], *, max_records: int, timeout: float
    ) -> list[Record]:
        """Up to `max_records`, merged by broker time, each partition in its own order."""
        if not partitions or self._consumer is None:
            return []
        wanted = [aiokafka.TopicPartition(*place) for place in partitions]
        try:
            # a rebalance makes getmany wait beyond its timeout; nothing is taken while it waits
            async with asyncio.timeout(timeout + 1.0):
                found = await self._consumer.getmany(
                    *wanted, timeout_ms=int(timeout * 1000), max_records=max_records
                )
        except TimeoutError:
            return []
        except kafka_errors.KafkaError as error:
            raise BrokerUnavailable(f"fetching: {type(error).__name__} {error}".strip()) from error
        lists = [[_record(each) for each in records] for records in found.values()]
        return lists[0] if len(lists) == 1 else list(merge(*lists, key=lambda record: record.broker_time))

    def seek(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Read on from these offsets; what was fetched from elsewhere is dropped."""
        try:
            for place, offset in offsets.items():
                self._consumer.seek(aiokafka.TopicPartition(*place), offset)
        except kafka_errors.IllegalStateError:
            return False
        return True

    async def beginning_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """First offsets kept."""
        async with _answering("first offsets", self._access):
            found = await self._consumer.beginning_offsets([aiokafka.TopicPartition(*p) for p in partitions])
        return {TopicPartition(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Offsets after the last record."""
        async with _answering("end offsets", self._access):
            found = await self._consumer.end_offsets([aiokafka.TopicPartition(*p) for p in partitions])
        return {TopicPartition(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Record how far the group has come."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._consumer.commit(
                    {aiokafka.TopicPartition(*place): offset for place, offset in offsets.items()}
                )
        except (kafka_errors.KafkaError, kafka_errors.IllegalStateError, TimeoutError):
            return False
        return True

    async def committed(self, partition: TopicPartition) -> int | None:
        """What was committed last."""
        async with _answering("committed offset", self._access):
            offset: int | None = await self._consumer.committed(aiokafka.TopicPartition(*partition))
        return offset


def _record(found: Any) -> Record:
    return Record(
        found.topic,
        found.partition,
        found.offset,
        found.key,
        found.value,
        tuple(found.headers),
        datetime.fromtimestamp(found.timestamp / 1000, UTC),
    )


class KafkaBroker:
    """Makes clients of one cluster. `fetch_wait_ms` bounds how long a drained partition waits to be asked
    again.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str = "baton",
        publish_deadline: float = 10.0,
        fetch_wait_ms: int = 50,
        access: KafkaAccess | None = None,
    ) -> None:
        use_surviving_connections()
        self.bootstrap = bootstrap
        self._access = access or KafkaAccess()
        self._client_id = client_id
        self._deadline = publish_deadline
        self._fetch_wait_ms = fetch_wait_ms

    def publisher(self) -> KafkaPublisher:
        """A new publisher."""
        return KafkaPublisher(
            self.bootstrap, deadline=self._deadline, client_id=self._client_id, access=self._access
        )

    def consumer(self, group: str, topics: Sequence[str]) -> KafkaConsumerClient:
        """A new member-to-be of `group`."""
        return KafkaConsumerClient(
            self.bootstrap,
            group,
            topics,
            client_id=self._client_id,
            wait_ms=self._fetch_wait_ms,
            access=self._access,
        )

    @property
    def trouble(self) -> str | None:
        """Why brokers cannot be spoken to, with what to set."""
        return self._access.trouble
