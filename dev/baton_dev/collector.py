"""A collector of traces: takes spans by OTLP over HTTP and keeps them, decoded."""

import gzip
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PATH = "/v1/traces"
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
ERROR = 2
NEVER = 0
"""Answered by a collector that hangs."""


@dataclass(frozen=True, slots=True)
class SpanSeen:
    """One span as it came; ids in hex, times in nanoseconds since 1970, `links` as pairs of trace and
    span.
    """

    service: str
    instance: str
    version: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    is_error: bool
    attributes: dict[str, Any] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()


class Collector:
    """Listens on `host`, an address of this machine, while it is entered. `answer`: its status, NEVER for
    none at all; `port` 0 takes a free one.
    """

    def __init__(self, port: int = 0, *, answer: int = 200, host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.requests = 0
        self._spans: list[SpanSeen] = []
        self._came = threading.Condition()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer((host, port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def settings(self) -> dict[str, str]:
        """What a service is told to send its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}

    @property
    def spans(self) -> list[SpanSeen]:
        """All spans so far, in order of arrival."""
        with self._came:
            return list(self._spans)

    def wait(self, enough: Callable[[list[SpanSeen]], bool], seconds: float = 30.0) -> list[SpanSeen]:
        """The spans as soon as they are enough. Raises TimeoutError with the names of those that came."""
        with self._came:
            if not self._came.wait_for(lambda: enough(list(self._spans)), seconds):
                names = sorted({f"{each.service}: {each.name}" for each in self._spans})
                raise TimeoutError(f"after {seconds:g} s only these spans had come: {names}")
            return list(self._spans)

    def take(self, body: bytes) -> int:
        """Keep the spans of one request; the status to answer."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._came:
            self.requests += 1
            if self.answer == 200:
                self._spans += _spans(request)
                self._came.notify_all()
        if self.answer == NEVER:
            self._over.wait()
        return self.answer

    def __enter__(self) -> "Collector":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            status = collector.take(body) if self.path == PATH else 404
            if status != NEVER:
                self._answer(status)

        def _answer(self, status: int) -> None:
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name there
            """Nothing: a test reads the spans."""

    return Handler


def _spans(request: ExportTraceServiceRequest) -> Iterable[SpanSeen]:
    for of_resource in request.resource_spans:
        about = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield SpanSeen(
                    service=about.get("service.name", ""),
                    instance=about.get("service.instance.id", ""),
                    version=about.get("service.version", ""),
                    name=span.name,
                    kind=KINDS.get(span.kind, "unspecified"),
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    is_error=span.status.code == ERROR,
                    attributes=_values(span.attributes),
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                )


def _values(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}
