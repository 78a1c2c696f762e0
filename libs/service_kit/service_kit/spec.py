"""What a service declares about its consumer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service_kit.batch import Batch, Event

BatchHandler = Callable[[Batch], Awaitable[None]]
ReadHook = Callable[[Batch, Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition has been read: everything the broker took before `read_up_to` has been settled."""

    topic: str
    partition: int
    read_up_to: datetime


PositionsHook = Callable[[Sequence[Progress]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """One consumer: what it reads, who handles it, and every word it may say of an event.

    `name` gives the group `baton-<name>`, the dead letter topics `<topic>-<name>-dlq` and the rows of inbox
    and position; it never changes. `bulk_topics` wait while the live lane lags. `batch_max` and `gather_ms`
    None take the settings'. `on_positions` is called every 200 ms, batch or none. `on_read` is called in the
    batch's transaction, after the handler, with every event that could be decoded: also repeats, and those
    that end as dead letters after their tries.
    """

    name: str
    topics: Sequence[str]
    handler: BatchHandler
    effects: frozenset[str]
    bulk_topics: Sequence[str] = field(default=())
    batch_max: int | None = None
    gather_ms: int | None = None
    on_positions: PositionsHook | None = None
    on_read: ReadHook | None = None

    @property
    def group(self) -> str:
        """Kafka's consumer group."""
        return f"baton-{self.name}"
