"""The spans of one attempt at a batch: one a record, below the span that created the record."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from opentelemetry.trace import Link, Span, SpanKind

from service_kit.batch import Event
from service_kit.postgres import Connection
from service_kit.spec import ConsumerSpec
from service_kit.tracing_kept import keep
from service_kit.tracing_spans import Tracing, context_of, failed, is_recorded, is_uuid, traceparent_of

DEAD_LETTER = "dead-letter"


class Processing:
    """Begun with the events that are new, ended with what became of each, or failed as a whole."""

    def __init__(self, tracing: Tracing, spec: ConsumerSpec) -> None:
        self._tracing = tracing
        self._spec = spec
        self._is_one = False
        self._spans: dict[UUID, Span] = {}
        self._causes: dict[UUID, str] = {}
        self._by_subject: dict[UUID, str] = {}
        self._leads: dict[UUID, str] = {}

    def begin(self, events: Sequence[Event]) -> None:
        """A span for each event that belongs to a trace."""
        self._is_one = len(events) == 1
        for event in events:
            if event.traceparent is None:
                continue
            span = self._span(event) if is_recorded(event.traceparent) else None
            if span is not None:
                self._spans[event.id] = span
            self._causes[event.id] = about = (traceparent_of(span) if span else None) or event.traceparent
            for named in ("submission_id", "lead_id"):
                subject = getattr(event.data, named, None)
                if isinstance(subject, UUID):
                    self._by_subject[subject] = about
                    if span is not None:
                        span.set_attribute(f"baton.{named.replace('_', '.')}", str(subject))
                    if named == "lead_id":
                        self._leads[subject] = about

    def _span(self, event: Event) -> Span | None:
        creation = context_of(event.traceparent)
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.destination.name": event.topic,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": self._spec.group,
            "messaging.destination.partition.id": str(event.partition),
            "messaging.kafka.offset": event.offset,
            "messaging.message.id": str(event.id),
        }
        links = [Link(creation)] if creation is not None else None
        name = f"process {event.topic}"
        return self._tracing.child(name, SpanKind.CONSUMER, event.traceparent, attributes, links)

    def current(self) -> AbstractContextManager[None]:
        """What runs inside belongs to the one record of the batch; to none where there are several."""
        return self._tracing.within(next(iter(self._spans.values()), None) if self._is_one else None)

    def origin(self, cause: UUID, subject: str) -> str | None:
        """The span that an outgoing event hangs on, where a record of the batch caused it."""
        if (found := self._causes.get(cause)) is not None:
            return found
        return self._by_subject.get(UUID(subject)) if is_uuid(subject) else None

    async def keep(self, conn: Connection, now: datetime) -> None:
        """Remember of each lead the last record about it, in the batch's transaction."""
        await keep(conn, self._leads, now)

    def end(self, effects: Mapping[UUID, str], rejected: Mapping[UUID, str]) -> None:
        """The batch is committed: whatever fails from now on is not its fault."""
        spans, self._spans = self._spans, {}
        for identity, span in spans.items():
            if identity in rejected:
                failed(span, DEAD_LETTER)
            else:
                span.set_attribute("baton.effect", effects.get(identity, ""))
            span.end()

    def fail(self, error: BaseException) -> None:
        """Nothing of it has happened; the next attempt has spans of its own."""
        for span in self._spans.values():
            failed(span, type(error).__name__)
            span.end()
