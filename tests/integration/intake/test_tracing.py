"""A submission's trace through spool and restart, and posts beside a collector that is broken."""

import asyncio
from collections.abc import Iterator

import pytest

from baton_dev.collector import NEVER, Collector, SpanSeen
from lead_events.cloudevents import read_attributes
from service_kit.fakes import FakeBroker
from service_kit.tracing import tracing_of
from service_kit.tracing_spans import Tracing
from tests.integration.intake.running import Harness, eventually

CALLERS = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        for name, value in collector.settings.items():
            monkeypatch.setenv(name, value)
        yield collector


def _tracing() -> Tracing:
    found = tracing_of("intake", "test")
    assert found is not None
    return found


def _headers(broker: FakeBroker) -> list[str | None]:
    return [read_attributes(each.headers).traceparent for each in broker.records("lead-submitted")]


async def test_what_waits_in_the_spool_keeps_its_trace_across_a_restart(
    harness: Harness, collector: Collector
) -> None:
    async with harness.start(tracing=_tracing()) as first:
        harness.broker.away = True
        answer = await first.post(json={"email": "ana@example.com"})
        assert answer.status_code == 202
    assert _headers(harness.broker) == []

    harness.broker.away = False
    async with harness.start(tracing=_tracing()):
        await eventually(lambda: bool(_headers(harness.broker)))
    (carried,) = _headers(harness.broker)
    assert carried is not None
    _, trace, creation, _ = carried.split("-")
    spans = await asyncio.to_thread(collector.wait, _has_sent)
    of_trace = [span for span in spans if span.trace == trace]
    (post,) = (span for span in of_trace if span.kind == "server")
    (made,) = (span for span in of_trace if span.kind == "producer")
    sends = [span for span in of_trace if span.kind == "client"]
    assert (made.id, made.parent, post.parent) == (creation, post.id, "")
    assert {span.parent for span in sends} == {creation}
    assert [span.is_error for span in sorted(sends, key=lambda span: span.start)][-1] is False


def _has_sent(spans: list[SpanSeen]) -> bool:
    return any(span.kind == "client" and not span.is_error for span in spans)


async def test_without_tracing_nobodys_trace_context_goes_on_a_topic(harness: Harness) -> None:
    async with harness.start() as intake:
        answer = await intake.post(json={"email": "ana@example.com"}, headers={"traceparent": CALLERS})
        assert answer.status_code == 202
    assert _headers(harness.broker) == [None]


@pytest.mark.parametrize(
    ("answer", "why"),
    [(500, "a collector that fails"), (NEVER, "one that hangs"), (None, "none at all")],
)
async def test_every_post_is_taken_beside(
    harness: Harness, collector: Collector, monkeypatch: pytest.MonkeyPatch, answer: int | None, why: str
) -> None:
    collector.answer = answer or NEVER
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32")
    if answer is None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    async with harness.start(tracing=_tracing()) as intake:
        for number in range(100):  # three spans each: many times what the queue holds
            posted = await intake.post(json={"email": f"ana{number}@example.com"})
            assert posted.status_code == 202, why
        loop = asyncio.get_running_loop()
        stopped_at = loop.time()
    assert loop.time() - stopped_at < 8, f"stops in time beside {why}"
    assert len(set(_headers(harness.broker))) == 100, why
