"""Kafka records as the kit sees them, whatever the client library."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read. `broker_time` is LogAppendTime, millisecond resolution, UTC."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    broker_time: datetime

    @property
    def place(self) -> TopicPartition:
        """Where it stands, without the offset."""
        return TopicPartition(self.topic, self.partition)


class Outgoing(NamedTuple):
    """One record to write. `value` None is a tombstone on a compacted topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """What this member may read now. `generation` changes whenever the group has dealt partitions anew."""

    generation: int
    partitions: frozenset[TopicPartition]
