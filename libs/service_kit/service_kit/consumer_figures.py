"""What a consumer tells of its batches: metrics, and dead letters in the log."""

from collections.abc import Sequence

from service_kit import deadletters, metrics
from service_kit.clock import Clock
from service_kit.errors import Fault
from service_kit.lanes import Lanes
from service_kit.logs import logger
from service_kit.records import Record
from service_kit.settle import DEAD_LETTERS, EFFECT, READ, REPEATS, Settled
from service_kit.spec import ConsumerSpec
from service_kit.tracing import trace_id_of

_log = logger(__name__)


class ConsumerFigures:
    """The figures of one consumer, by its name."""

    def __init__(self, spec: ConsumerSpec, clock: Clock, lanes: Lanes) -> None:
        self._spec = spec
        self._clock = clock
        self._lanes = lanes

    def count(self, settled: Settled) -> None:
        """What became of the records of a batch, and each dead letter in the log."""
        name = self._spec.name
        for (place, kind), records in settled.counts.items():
            if kind == READ:
                metrics.READ.labels(name, place.topic).inc(records)
            elif kind == REPEATS:
                metrics.REPEATS.labels(name, place.topic).inc(records)
            elif kind == DEAD_LETTERS:
                metrics.DEAD_LETTERS.labels(name, place.topic).inc(records)
            else:
                metrics.EFFECTS.labels(name, place.topic, kind.removeprefix(EFFECT)).inc(records)
        for record, reason in settled.dead:
            _log.error(
                "dead letter",
                consumer=name,
                event_id=str(deadletters.identity_of(record)),
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
                **_traced(record),
            )

    def observe(self, records: Sequence[Record], started: float) -> None:
        """A batch that is done; `started`: the monotonic seconds at which it was taken."""
        now = self._clock.now()
        name = self._spec.name
        metrics.BATCH_SIZE.labels(name).observe(len(records))
        metrics.BATCH_SECONDS.labels(name).observe(self._clock.monotonic() - started)
        oldest = min(record.broker_time for record in records)
        metrics.RECORD_AGE.labels(name).observe(max(0.0, (now - oldest).total_seconds()))
        if self._spec.bulk_topics:
            metrics.BULK_PAUSED.labels(name).set(1 if self._lanes.paused else 0)
            metrics.BULK_AGE.labels(name).set(self._lanes.oldest_bulk(records, now) or 0)

    def create_series(self) -> None:
        """Series that exist from the start read zero instead of being absent."""
        name = self._spec.name
        metrics.STOPPED.labels(name).set(0)
        metrics.RESTARTS.labels(name)
        for histogram in (metrics.BATCH_SIZE, metrics.BATCH_SECONDS, metrics.RECORD_AGE):
            histogram.labels(name)
        for fault in Fault:
            metrics.RETRIES.labels(name, fault.value)
        for topic in [*self._spec.topics, *self._spec.bulk_topics]:
            metrics.READ.labels(name, topic)
            metrics.REPEATS.labels(name, topic)
            metrics.DEAD_LETTERS.labels(name, topic)
            for kind in self._spec.effects:
                metrics.EFFECTS.labels(name, topic, kind)


def _traced(record: Record) -> dict[str, str]:
    found = trace_id_of(record.headers)
    return {"trace_id": found} if found else {}
