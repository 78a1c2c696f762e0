"""The spans of Baton: their names, kinds and attributes, by OpenTelemetry's semantic conventions.

Attributes hold ids and words of ours, never what somebody typed: no path, no query, no address, no key of a
record, no text of an error.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from service_kit.records import Headers, Outgoing
from service_kit.tracing import HEADER

CLOSE_SECONDS = 2.0
"""So long a process that ends waits for its last spans to be sent."""
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ODD = tuple("13579bdf")
"""Last digit of a traceparent whose trace is recorded: the lowest bit of its flags."""
Attributes = Mapping[str, str | int]
SpanOfOurs = Span
"""For those who keep a span and need not know the library."""


class Tracing:
    """Makes spans. A parent is a W3C traceparent; what has none belongs to no trace and gets no span, so that
    traces begin with requests only.
    """

    def __init__(self, processor: SpanProcessor, *, service: str, instance: str, version: str = "") -> None:
        resource = Resource.create(
            {
                "service.name": service,
                "service.namespace": "baton",
                "service.instance.id": instance,
                "service.version": version,
            }
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("baton")

    def request(self, method: str, caller: str | None) -> Span:
        """The first span of a trace. Whoever calls gets a link, and no say in whether it is recorded."""
        link = context_of(caller)
        return self._tracer.start_span(
            method,
            Context(),
            SpanKind.SERVER,
            {"http.request.method": method},
            [Link(link)] if link is not None else None,
        )

    def here(self) -> str | None:
        """The span that the running code is in."""
        return traceparent_of(trace.get_current_span())

    def create(self, record: Outgoing, parent: str | None, link: str | None = None) -> Outgoing:
        """The record with a span of its own in its header: what its readers' spans hang on."""
        if not is_recorded(parent):
            return with_traceparent(record, parent)
        linked = context_of(link)
        span = self.child(
            f"create {record.topic}",
            SpanKind.PRODUCER,
            parent,
            _message(record.topic, record.headers, "create"),
            [Link(linked)] if linked is not None else None,
        )
        if span is None:
            return record
        span.end()
        return with_traceparent(record, traceparent_of(span))

    def creating(self, encode: Callable[[Any], Outgoing]) -> Callable[[Any], Outgoing]:
        """`encode` for a record of the running request: one span, however often it is encoded."""
        parent, made = self.here(), list[str | None]()

        def encoded(argument: Any) -> Outgoing:
            record = encode(argument)
            if made:
                return with_traceparent(record, made[0])
            record = self.create(record, parent)
            made.append(traceparent_in(record.headers))
            return record

        return encoded

    def sending(self, records: Sequence[Outgoing]) -> list[Span | None]:
        """One span for each record on its way to the broker, whoever sends it and how long after."""
        return [
            self.child(
                f"send {record.topic}",
                SpanKind.CLIENT,
                traceparent_in(record.headers),
                _message(record.topic, record.headers, "send"),
            )
            if is_recorded(traceparent_in(record.headers))
            else None
            for record in records
        ]

    def child(
        self,
        name: str,
        kind: SpanKind,
        parent: str | None,
        attributes: Attributes,
        links: Sequence[Link] | None = None,
    ) -> Span | None:
        """A span below `parent`, to be ended by the caller; None without a readable parent that is recorded:
        what is not recorded from its start on costs nothing later.
        """
        above = context_of(parent)
        if above is None or not above.trace_flags.sampled:
            return None
        context = trace.set_span_in_context(trace.NonRecordingSpan(above), Context())
        return self._tracer.start_span(name, context, kind, attributes, links)

    def outward(self, name: str, parent: str | None, attributes: Attributes) -> Span | None:
        """As `child`, for what is asked of somebody else's server."""
        return self.child(name, SpanKind.CLIENT, parent, attributes)

    @contextmanager
    def within(self, span: Span | None) -> Iterator[None]:
        """What runs inside belongs to `span`: its logs name it."""
        if span is None:
            yield
            return
        with trace.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
            yield

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what is left, and wait no longer than that for a collector that does not answer."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=shut, daemon=True, name="last spans").start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await done.wait()


def failed(span: Span, reason: str) -> None:
    """Mark a span as gone wrong; `reason` is a class of errors, never its text."""
    span.set_attribute("error.type", reason)
    span.set_status(Status(StatusCode.ERROR))


def traceparent_of(span: Span) -> str | None:
    """W3C traceparent of a span; None for none."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def is_recorded(traceparent: str | None) -> bool:
    """Whether there is a trace, and who began it had it recorded."""
    return traceparent is not None and traceparent[-1:] in _ODD


def traceparent_in(headers: Headers) -> str | None:
    """What a record's header says, readable or not."""
    for name, value in headers:
        if name == HEADER:
            return value.decode("ascii", "replace")
    return None


def with_traceparent(record: Outgoing, traceparent: str | None) -> Outgoing:
    """The record under another span; unchanged for None."""
    if traceparent is None:
        return record
    others = tuple(each for each in record.headers if each[0] != HEADER)
    return record._replace(headers=(*others, (HEADER, traceparent.encode())))


def add_span_ids(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    """For structlog: entries written inside a span carry its ids."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        entry.setdefault("trace_id", f"{context.trace_id:032x}")
        entry.setdefault("span_id", f"{context.span_id:016x}")
    return entry


def context_of(traceparent: str | None) -> SpanContext | None:
    """The span that a W3C traceparent names; None for none, or one that cannot be read."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    if found is None:
        return None
    flags = TraceFlags(int(found[3], 16) & TraceFlags.SAMPLED)
    context = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)
    return context if context.is_valid else None


def _message(topic: str, headers: Headers, operation: str) -> Attributes:
    """Of a message. The key is left out, which may be made of an e-mail; a subject that is no UUID too."""
    found: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
    for name, value in headers:
        if name == "ce_id":
            found["messaging.message.id"] = value.decode("ascii", "replace")
        elif name == "ce_subject" and is_uuid(subject := value.decode("utf-8", "replace")):
            found["baton.subject.id"] = subject
    return found


def is_uuid(text: str) -> bool:
    """Whether it is an id and nothing else."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
