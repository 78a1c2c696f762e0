"""What the kit asks of a broker. `kafka.py` and `fakes.py` implement it; one behaviour suite runs on both."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from service_kit.errors import Transient
from service_kit.records import Assignment, Outgoing, Record, TopicPartition


class BrokerUnavailable(Transient):
    """The broker did not answer in time: wait and ask again."""


class PublishFailed(Exception):
    """Not every record was acknowledged before our deadline.

    Those in `acknowledged` (positions in the sequence given) are durable. Those in `refused` will never be
    taken as they are, with the reason. The rest may or may not have been written: publish them again with
    the same ids.
    """

    def __init__(self, acknowledged: Collection[int], refused: Mapping[int, str], total: int) -> None:
        self.acknowledged = frozenset(acknowledged)
        self.refused = dict(refused)
        self.total = total
        open_ = total - len(self.acknowledged) - len(self.refused)
        reasons = f": {next(iter(self.refused.values()))}" if self.refused else ""
        super().__init__(
            f"{len(self.acknowledged)} of {total} records acknowledged, {len(self.refused)} refused,"
            f" {open_} without an answer{reasons}"
        )


class Publisher(Protocol):
    """Writes records durably: acknowledged by all in-sync replicas."""

    async def start(self) -> None:
        """Connect. Raises BrokerUnavailable; may be called again."""

    async def stop(self) -> None:
        """Disconnect; safe when never started."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when all are acknowledged. Raises PublishFailed, at the latest after the publisher's
        deadline.
        """


class ConsumerClient(Protocol):
    """A member of a consumer group that reads, seeks and commits; it decides nothing."""

    async def start(self) -> None:
        """Join the group. Raises BrokerUnavailable; may be called again."""

    async def stop(self) -> None:
        """Leave the group, without committing anything; safe when never started."""

    def assignment(self) -> Assignment:
        """What may be read now, known without asking the broker."""

    async def take(
        self, partitions: Collection[TopicPartition], *, max_records: int, timeout: float
    ) -> list[Record]:
        """Up to `max_records` from these partitions, in order within each, after at most `timeout` seconds.

        Returns as soon as there is one. Partitions no longer assigned yield nothing. Raises
        BrokerUnavailable.
        """

    def seek(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Read on from these offsets; what was fetched from elsewhere is dropped. False: assignment has
        changed.
        """

    async def beginning_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """First offsets kept, asked of the broker. Raises BrokerUnavailable."""

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Offsets after the last record, asked of the broker. Raises BrokerUnavailable."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Record how far the group has come, for lag only. False: the group has moved on, nothing was
        written.
        """

    async def committed(self, partition: TopicPartition) -> int | None:
        """What was committed last. Raises BrokerUnavailable."""


class Broker(Protocol):
    """Makes clients. Making one connects nothing."""

    def publisher(self) -> Publisher:
        """A new publisher."""

    def consumer(self, group: str, topics: Sequence[str]) -> ConsumerClient:
        """A new member-to-be of `group`, reading from the earliest record where nothing is committed."""

    @property
    def trouble(self) -> str | None:
        """Why the broker cannot be spoken to now, with what to do; None while nothing is known."""
