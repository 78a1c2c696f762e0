"""A publisher whose sends are spans, whoever publishes: a batch, a request, the sweeper, a spool."""

from collections.abc import Sequence

from opentelemetry.trace import Span

from service_kit.broker import Publisher, PublishFailed
from service_kit.records import Outgoing
from service_kit.tracing_spans import Tracing, failed

UNANSWERED, REFUSED = "unanswered", "refused"


class TracedPublisher:
    """As the publisher inside it."""

    def __init__(self, inner: Publisher, tracing: Tracing) -> None:
        self._inner = inner
        self._tracing = tracing

    async def start(self) -> None:
        """Connect."""
        await self._inner.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._inner.stop()

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when all are acknowledged."""
        spans = self._tracing.sending(records)
        try:
            await self._inner.publish(records)
        except PublishFailed as error:
            _mark(spans, error)
            raise
        except BaseException as error:
            for span in spans:
                if span is not None:
                    failed(span, type(error).__name__)
            raise
        finally:
            for span in spans:
                if span is not None:
                    span.end()


def _mark(spans: Sequence[Span | None], error: PublishFailed) -> None:
    for place, span in enumerate(spans):
        if span is not None and place not in error.acknowledged:
            failed(span, REFUSED if place in error.refused else UNANSWERED)
