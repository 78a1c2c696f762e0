"""What a handler gets: the new events of one transaction, and where it says what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from lead_events import EventModel
from lead_events.catalog import UnknownTopic
from lead_events.cloudevents import Attributes
from lead_events.codec import Undecodable, decode
from service_kit.clock import TransactionClock
from service_kit.errors import HandlerBroke, Permanent
from service_kit.postgres import Connection
from service_kit.records import Record
from service_kit.unit import Unit

if TYPE_CHECKING:
    from service_kit.tracing_batches import Processing
    from service_kit.tracing_spans import Tracing

E = TypeVar("E", bound=EventModel)


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """One event as read from its topic, and the record it came in."""

    attributes: Attributes
    data: E
    record: Record

    @property
    def id(self) -> UUID:
        """`ce_id`."""
        return self.attributes.id

    @property
    def type(self) -> str:
        """`ce_type`."""
        return self.attributes.type

    @property
    def time(self) -> datetime:
        """`ce_time`, UTC."""
        return self.attributes.time

    @property
    def subject(self) -> str:
        """`ce_subject`, empty when absent."""
        return self.attributes.subject

    @property
    def traceparent(self) -> str | None:
        """W3C trace context of what caused the event."""
        return self.attributes.traceparent

    @property
    def topic(self) -> str:
        """Where it was read."""
        return self.record.topic

    @property
    def partition(self) -> int:
        """Where it was read."""
        return self.record.partition

    @property
    def offset(self) -> int:
        """Where it was read."""
        return self.record.offset

    @property
    def broker_time(self) -> datetime:
        """When the broker took it, UTC, milliseconds."""
        return self.record.broker_time

    @property
    def value(self) -> bytes:
        """The event as it stood on the topic."""
        return self.record.value or b""

    @property
    def day(self) -> date:
        """The inbox day it belongs to."""
        return self.attributes.time.date()


Event = Received[EventModel]


def read_event(record: Record) -> Event:
    """Decode a record. Raises Permanent with the reason when it is no event of its topic."""
    try:
        attributes, data = decode(record.topic, record.headers, record.value)
    except (Undecodable, UnknownTopic) as error:
        raise Permanent(str(error)) from error
    return Received(attributes, data, record)


class Batch(Unit):
    """The new events of one transaction, in order of arrival. Say `effect` once of each, or `reject` it."""

    def __init__(
        self,
        conn: Connection,
        *,
        now: datetime,
        clock: TransactionClock,
        source: str,
        events: Sequence[Event],
        kinds: frozenset[str],
        tracing: "Tracing | None" = None,
        processing: "Processing | None" = None,
    ) -> None:
        super().__init__(conn, now=now, clock=clock, source=source, tracing=tracing)
        self._processing = processing
        self.events = events
        self._kinds = kinds
        self._effects: dict[UUID, str] = {}
        self._rejected: dict[UUID, str] = {}
        self._traces = {event.id: event.traceparent for event in events if event.traceparent}

    def effect(self, received: Received[E], kind: str) -> None:
        """Say what became of an event. `kind` is one of those the consumer declares.

        Raises HandlerBroke for a kind not declared, or a second word on the same event.
        """
        if kind not in self._kinds:
            raise HandlerBroke(
                f"effect {kind!r} is not declared; declared are {', '.join(sorted(self._kinds))}"
            )
        self._say(received.id, kind, self._effects)

    def reject(self, received: Received[E], reason: str) -> None:
        """Put an event aside for good as a dead letter; it leaves no inbox row. Call before any effect of
        it.
        """
        self._say(received.id, reason, self._rejected)

    def _say(self, identity: UUID, word: str, where: dict[UUID, str]) -> None:
        if identity in self._effects or identity in self._rejected:
            raise HandlerBroke(
                f"a second word on event {identity}: each event has exactly one effect or rejection"
            )
        where[identity] = word

    @property
    def effects(self) -> dict[UUID, str]:
        """What became of the events, by id."""
        return self._effects

    @property
    def rejected(self) -> dict[UUID, str]:
        """Reasons of those rejected, by id."""
        return self._rejected

    def check_complete(self) -> None:
        """Raise HandlerBroke when an event has no word: it would be lost in silence."""
        silent = [e for e in self.events if e.id not in self._effects and e.id not in self._rejected]
        if silent:
            first = silent[0]
            raise HandlerBroke(
                f"{len(silent)} events without an effect, first {first.id} of {first.topic}: "
                "call batch.effect or batch.reject"
            )

    def _traceparent(self, cause: UUID) -> str | None:
        return self._traces.get(cause)

    def _origin(self, cause: UUID, subject: str) -> str | None:
        return self._processing.origin(cause, subject) if self._processing is not None else None

    async def _trace(self, tracing: "Tracing") -> None:
        if self._processing is not None:
            await self._processing.keep(self.conn, self.now)
        await super()._trace(tracing)
