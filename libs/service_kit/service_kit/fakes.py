"""A broker in memory, for tests: the behaviour suite that runs on the real one runs on it too."""

import asyncio
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

from service_kit.broker import BrokerUnavailable, PublishFailed
from service_kit.clock import Clock, SystemClock
from service_kit.records import Assignment, Outgoing, Record, TopicPartition


@dataclass(slots=True)
class _Group:
    members: "list[FakeConsumerClient]" = field(default_factory=list)
    committed: dict[TopicPartition, int] = field(default_factory=dict)


class FakeBroker:
    """Topics, groups and rebalances in one process. Topics appear when first named, with `partitions` each.

    Record time is the clock's, cut to milliseconds. `away` makes it refuse every request until it is back;
    `refuse(topic)` makes it refuse that topic's records for good; `stall` keeps fetches empty, as a consumer
    does that aiokafka has left without data.
    """

    def __init__(self, *, partitions: int = 3, clock: Clock | None = None) -> None:
        self._partitions = partitions
        self._clock = clock or SystemClock()
        self._logs: dict[TopicPartition, list[Record]] = {}
        self._written: dict[str, list[Record]] = {}
        self._groups: dict[str, _Group] = {}
        self._topics: dict[str, int] = {}
        self._refused: set[str] = set()
        self._arrived = asyncio.Event()
        self.away = False
        self.stall = False
        self.clients_made = 0

    @property
    def trouble(self) -> str | None:
        """Why it cannot be spoken to."""
        return "the broker is away" if self.away else None

    def publisher(self) -> "FakePublisher":
        """A new publisher."""
        return FakePublisher(self)

    def consumer(self, group: str, topics: Sequence[str]) -> "FakeConsumerClient":
        """A new member-to-be of `group`."""
        self.clients_made += 1
        return FakeConsumerClient(self, group, topics)

    def create_topic(self, name: str, partitions: int) -> None:
        """Make a topic with a number of partitions of its own."""
        self._topics[name] = partitions
        for number in range(partitions):
            self._logs.setdefault(TopicPartition(name, number), [])

    def widen(self, name: str, partitions: int) -> None:
        """Give a topic more partitions and deal them to each group, as Kafka does."""
        self.create_topic(name, partitions)
        for group in list(self._groups):
            self.rebalance(group)

    def refuse(self, topic: str) -> None:
        """From now on no record of this topic is taken."""
        self._refused.add(topic)

    def make_anew(self, place: TopicPartition) -> None:
        """Forget all records of a partition, as where its topic was deleted and created."""
        self._logs[place] = []

    def records(self, topic: str) -> list[Record]:
        """Everything on a topic in the order it was written, whichever partitions took it."""
        return list(self._written.get(topic, ()))

    def partitions_of(self, topic: str) -> list[TopicPartition]:
        """A topic's partitions; the topic appears if it is new."""
        if topic not in self._topics:
            self.create_topic(topic, self._partitions)
        return [TopicPartition(topic, number) for number in range(self._topics[topic])]

    def append(self, record: Outgoing, *, partition: int | None = None) -> Record:
        """Write a record directly, to a partition chosen by its key unless given."""
        places = self.partitions_of(record.topic)
        chosen = zlib.crc32(record.key or b"") % len(places) if partition is None else partition
        log = self._logs[places[chosen]]
        now = self._clock.now()
        written = Record(
            record.topic,
            chosen,
            len(log),
            record.key,
            record.value,
            record.headers,
            now.replace(microsecond=now.microsecond // 1000 * 1000),
        )
        log.append(written)
        self._written.setdefault(record.topic, []).append(written)
        self._wake()
        return written

    def read_from(self, place: TopicPartition, offset: int, limit: int) -> list[Record]:
        """Records of a partition from an offset."""
        return [] if self.stall else self._logs.get(place, [])[offset : offset + limit]

    def end_of(self, place: TopicPartition) -> int:
        """The offset after a partition's last record."""
        return len(self._logs.get(place, []))

    def refuses(self, record: Outgoing) -> str | None:
        """Why a record will never be taken."""
        if record.topic in self._refused:
            return f"topic {record.topic} takes no records"
        if record.key is None and record.value is None:
            return "the record has neither key nor value"
        return None

    def check(self) -> None:
        """Raise BrokerUnavailable while away."""
        if self.away:
            raise BrokerUnavailable("the broker is away")

    def committed_of(self, group: str) -> dict[TopicPartition, int]:
        """What a group has committed."""
        return self._groups.setdefault(group, _Group()).committed

    def join(self, member: "FakeConsumerClient") -> None:
        """Add a member and deal the partitions anew."""
        self._groups.setdefault(member.group, _Group()).members.append(member)
        self.rebalance(member.group)

    def leave(self, member: "FakeConsumerClient") -> None:
        """Take a member out and deal the partitions anew."""
        members = self._groups.setdefault(member.group, _Group()).members
        if member in members:
            members.remove(member)
            self.rebalance(member.group)

    def rebalance(self, group: str) -> None:
        """Deal all partitions round robin; every member starts from the committed offsets."""
        state = self._groups.setdefault(group, _Group())
        dealt: list[dict[TopicPartition, int]] = [{} for _ in state.members]
        topics = sorted({topic for member in state.members for topic in member.topics})
        places = [place for topic in topics for place in self.partitions_of(topic)]
        for number, place in enumerate(places):
            dealt[number % len(dealt)][place] = state.committed.get(place, 0)
        for member, positions in zip(state.members, dealt, strict=True):
            member.deal(positions)
        self._wake()

    def _wake(self) -> None:
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    async def arrival(self, seconds: float) -> bool:
        """Wait for anything new; False when nothing came in time (on the event loop's clock)."""
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            return False
        return True


class FakePublisher:
    """Writes to a FakeBroker."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker
        self._started = False

    async def start(self) -> None:
        """Connect. Raises BrokerUnavailable while the broker is away."""
        self._broker.check()
        self._started = True

    async def stop(self) -> None:
        """Disconnect."""
        self._started = False

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Write all at once, or raise PublishFailed."""
        if records and (not self._started or self._broker.away):
            raise PublishFailed((), {}, len(records))
        refused = {n: why for n, record in enumerate(records) if (why := self._broker.refuses(record))}
        for number, record in enumerate(records):
            if number not in refused:
                self._broker.append(record)
        await asyncio.sleep(0)
        if refused:
            raise PublishFailed([n for n in range(len(records)) if n not in refused], refused, len(records))


class FakeConsumerClient:
    """A member of a group on a FakeBroker."""

    def __init__(self, broker: FakeBroker, group: str, topics: Sequence[str]) -> None:
        self.group = group
        self.topics = tuple(topics)
        self._broker = broker
        self._generation = 0
        self._positions: dict[TopicPartition, int] = {}
        self._joined = False

    async def start(self) -> None:
        """Join. Raises BrokerUnavailable while the broker is away."""
        self._broker.check()
        if not self._joined:
            self._joined = True
            self._broker.join(self)

    async def stop(self) -> None:
        """Leave."""
        if self._joined:
            self._joined = False
            self._broker.leave(self)
            self._positions = {}

    def deal(self, positions: dict[TopicPartition, int]) -> None:
        """Take over an assignment: the broker calls this."""
        self._generation += 1
        self._positions = positions

    def assignment(self) -> Assignment:
        """What may be read now."""
        return Assignment(self._generation, frozenset(self._positions))

    async def take(
        self, partitions: Collection[TopicPartition], *, max_records: int, timeout: float
    ) -> list[Record]:
        """Up to `max_records`, merged by broker time. Raises BrokerUnavailable while the broker is away."""
        taken = self._fetch(partitions, max_records)
        if not taken and timeout > 0 and await self._broker.arrival(timeout):
            taken = self._fetch(partitions, max_records)
        return taken

    def _fetch(self, partitions: Collection[TopicPartition], max_records: int) -> list[Record]:
        self._broker.check()
        lists, left = list[list[Record]](), max_records
        for place in sorted(set(partitions) & self._positions.keys()):
            found = self._broker.read_from(place, self._positions[place], left)
            self._positions[place] += len(found)
            left -= len(found)
            lists.append(found)
        return list(merge(*lists, key=lambda record: record.broker_time))

    def seek(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Read on from these offsets."""
        if not offsets.keys() <= self._positions.keys():
            return False
        self._positions.update(offsets)
        return True

    async def beginning_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Zero: nothing is ever deleted."""
        self._broker.check()
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Offsets after the last record."""
        self._broker.check()
        return {place: self._broker.end_of(place) for place in partitions}

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Record how far the group has come."""
        if self._broker.away or not offsets.keys() <= self._positions.keys():
            return False
        self._broker.committed_of(self.group).update(offsets)
        return True

    async def committed(self, partition: TopicPartition) -> int | None:
        """What was committed last."""
        self._broker.check()
        return self._broker.committed_of(self.group).get(partition)
