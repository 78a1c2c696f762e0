"""Spans leave through a queue and a thread of their own: what cannot be sent is dropped, and nobody waits."""

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from service_kit import metrics
from service_kit.tracing_spans import Tracing

EXPORTED, FAILED = "exported", "failed"


def exporting(*, service: str, instance: str, version: str) -> Tracing:
    """Spans to the collector that the environment names, by OTLP over HTTP."""
    for outcome in (EXPORTED, FAILED):
        metrics.TRACE_SPANS.labels(outcome)
    processor = BatchSpanProcessor(Counted(OTLPSpanExporter()))
    return Tracing(processor, service=service, instance=instance, version=version)


class Counted(SpanExporter):
    """Counts what the collector took and what it did not."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, within the exporter's own deadline."""
        result = self._exporter.export(spans)
        outcome = EXPORTED if result is SpanExportResult.SUCCESS else FAILED
        metrics.TRACE_SPANS.labels(outcome).inc(len(spans))
        return result

    def shutdown(self) -> None:
        """Give up what is being retried."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)
