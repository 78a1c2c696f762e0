"""Spans of the consumer loop, the outbox and requests, taken by a collector on loopback."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
import structlog
from fastapi import APIRouter

from baton_dev.collector import Collector, SpanSeen
from lead_events import PersonErased
from lead_events.cloudevents import read_attributes
from service_kit import failpoints
from service_kit.app import create_app
from service_kit.batch import Batch
from service_kit.failpoints import Crash
from service_kit.fakes import FakeBroker
from service_kit.logs import configure_logs
from service_kit.outbox import Sweeper
from service_kit.postgres import Database
from service_kit.records import Outgoing
from service_kit.runtime import Runtime
from service_kit.tracing import TracingMisconfigured, tracing_of
from service_kit.tracing_kept import KEPT, forget, keep, traces_of
from service_kit.tracing_spans import Tracing, add_span_ids, with_traceparent
from service_kit.unit import Unit
from tests.integration.service_kit.worlds import AT, INPUT, OUTPUT, KitSettings, World, note, signal

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        for name, value in collector.settings.items():
            monkeypatch.setenv(name, value)
        yield collector


@pytest.fixture
async def tracing(collector: Collector) -> AsyncIterator[Tracing]:
    tracing = _tracing()
    yield tracing
    await tracing.close()


def _tracing() -> Tracing:
    found = tracing_of("scoring", "test")
    assert found is not None
    return found


def traced_runtime(world: World, tracing: Tracing) -> Runtime:
    return Runtime(
        world.settings, broker=world.broker, database=world.database, clock=world.clock, tracing=tracing
    )


def traced(kind: str = "page_view", parent: str | None = PARENT) -> tuple[UUID, Outgoing]:
    identity, record = signal(kind)
    return identity, with_traceparent(record, parent)


async def shown(collector: Collector, enough: Callable[[list[SpanSeen]], bool]) -> list[SpanSeen]:
    return await asyncio.to_thread(collector.wait, enough)


def named(spans: list[SpanSeen], name: str) -> list[SpanSeen]:
    return [span for span in spans if span.name == name]


async def test_each_record_of_a_batch_has_its_own_span_below_and_linked_to_the_one_that_created_it(
    world: World, collector: Collector, tracing: Tracing
) -> None:
    sent = [traced() for _ in range(3)]
    bare, untraced = signal()
    await world.send([record for _, record in sent] + [untraced])
    runtime = traced_runtime(world, tracing)
    await runtime.publisher.start()
    async with world.running(world.consumer(runtime=runtime)):
        await world.eventually(lambda: world.notes([*(identity for identity, _ in sent), bare]))
        await world.eventually(world.outbox_is_empty)
    spans = await shown(collector, lambda spans: len(named(spans, f"send {OUTPUT}")) == 3)
    processed = named(spans, f"process {INPUT}")
    assert {span.attributes["messaging.message.id"] for span in processed} == {str(i) for i, _ in sent}
    for span in processed:
        assert (span.kind, span.trace, span.parent, span.links) == ("consumer", TRACE, SPAN, ((TRACE, SPAN),))
        assert span.attributes["baton.effect"] == "noted"
        assert span.attributes["messaging.consumer.group.name"] == "baton-scoring"
    made = {span.id: span for span in named(spans, f"create {OUTPUT}")}
    assert {span.parent for span in made.values()} == {span.id for span in processed}
    assert {span.parent for span in named(spans, f"send {OUTPUT}")} == set(made)
    await runtime.publisher.stop()


async def test_what_the_caller_does_not_sample_is_passed_on_and_sent_to_nobody(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    identity, record = traced(parent=UNSAMPLED)
    await fake.send([record])
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    async with fake.running(fake.consumer(runtime=runtime)):
        await fake.eventually(lambda: fake.notes([identity]))
        await fake.eventually(fake.outbox_is_empty)
    (out,) = fake.fake.records(OUTPUT)
    carried = read_attributes(out.headers).traceparent
    assert carried == UNSAMPLED
    await tracing.close()
    assert collector.spans == []


async def test_a_batch_that_breaks_leaves_spans_that_say_so_and_its_next_attempt_new_ones(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    identity, record = traced()
    await fake.send([record])
    failpoints.activate("consumer.before_commit=error:deadlock@1")
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    async with fake.running(fake.consumer(runtime=runtime)):
        await fake.eventually(lambda: fake.notes([identity]))
    spans = await shown(collector, lambda spans: len(named(spans, f"process {INPUT}")) == 2)
    broken, done = sorted(named(spans, f"process {INPUT}"), key=lambda span: span.start)
    assert (broken.is_error, done.is_error) == (True, False)
    assert "detected (failpoint)" not in str(broken), "the text of an error may quote a person"


async def test_a_dead_letter_is_an_error_in_its_trace_and_keeps_the_trace_for_its_replay(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    await fake.send([traced("reject")[1]])
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    async with fake.running(fake.consumer(runtime=runtime)):
        await fake.eventually(lambda: _truth(fake.fake.records(f"{INPUT}-scoring-dlq")))
    (span,) = named(
        await shown(collector, lambda spans: bool(named(spans, f"process {INPUT}"))), f"process {INPUT}"
    )
    assert (span.is_error, span.attributes["error.type"]) == (True, "dead-letter")
    (letter,) = fake.fake.records(f"{INPUT}-scoring-dlq")
    assert dict(letter.headers)["traceparent"] == PARENT.encode()


@pytest.mark.parametrize("ending", ["stopped while the broker is away", "killed after the commit"])
async def test_what_waits_in_the_outbox_keeps_its_trace_across_a_restart(
    fake: World, collector: Collector, ending: str
) -> None:
    identity, record = traced()
    await fake.send([record])
    before = _tracing()
    runtime = traced_runtime(fake, before)
    await runtime.publisher.start()
    failpoints.activate("consumer.after_commit=crash@1")
    with pytest.raises(Crash):
        await fake.consumer(runtime=runtime).run()
    failpoints.clear()
    if ending.startswith("stopped"):
        await before.close()
    assert (await fake.noted())[identity] == 1
    assert fake.fake.records(OUTPUT) == []

    after = _tracing()
    again = traced_runtime(fake, after)
    await again.publisher.start()
    sweeper = Sweeper(fake.database, again.publisher, claim=timedelta(seconds=1), clock=fake.clock)
    await fake.eventually(lambda: _swept(sweeper))
    (out,) = fake.fake.records(OUTPUT)
    attributes = read_attributes(out.headers)
    assert attributes.traceparent is not None
    _, trace, creation, _ = attributes.traceparent.split("-")
    assert trace == TRACE
    spans = await shown(collector, lambda spans: bool(named(spans, f"send {OUTPUT}")))
    (late,) = named(spans, f"send {OUTPUT}")
    assert (late.trace, late.parent) == (TRACE, creation)
    if ending.startswith("stopped"):
        (made,) = named(spans, f"create {OUTPUT}")
        assert made.id == creation
        (processed,) = named(spans, f"process {INPUT}")
        assert (made.parent, processed.is_error) == (processed.id, False), "its commit stands"
    await after.close()
    await before.close()


async def test_what_is_done_about_a_lead_later_joins_the_trace_that_dealt_with_it_last(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    lead = uuid4()
    async with fake.database.transaction() as conn:
        await keep(conn, {lead: PARENT}, await fake.database.clock.now(conn))
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()

    async def work(unit: Unit) -> None:
        unit.emit(OUTPUT, note_event(lead), key=lead, cause=uuid4(), subject=lead)

    await runtime.in_transaction(work)
    await runtime.published()
    spans = await shown(collector, lambda spans: bool(named(spans, f"send {OUTPUT}")))
    (made,) = named(spans, f"create {OUTPUT}")
    assert (made.trace, made.parent, made.attributes["baton.subject.id"]) == (TRACE, SPAN, str(lead))


async def test_what_belongs_to_no_trace_begins_none(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    lead = uuid4()

    async def work(unit: Unit) -> None:
        unit.emit(OUTPUT, note_event(lead), key=lead, cause=uuid4(), subject=lead)

    await runtime.in_transaction(work)
    await runtime.published()
    (out,) = fake.fake.records(OUTPUT)
    assert read_attributes(out.headers).traceparent is None
    await tracing.close()
    assert collector.spans == []


async def test_traces_of_leads_are_forgotten_after_days(database: Database) -> None:
    async with database.transaction() as conn:
        now = await database.clock.now(conn)
        old, new = uuid4(), uuid4()
        await keep(conn, {old: PARENT}, now - KEPT - timedelta(seconds=1))
        await keep(conn, {new: PARENT}, now)
        await forget(conn, now)
        assert await traces_of(conn, [old, new]) == {new: PARENT}


async def test_a_request_is_the_first_span_and_logs_inside_carry_its_ids(
    fake: World, collector: Collector, tracing: Tracing, capsys: pytest.CaptureFixture[str]
) -> None:
    router = APIRouter()

    @router.get("/v1/things/{thing}")
    async def thing(thing: str) -> dict[str, str]:
        structlog.stdlib.get_logger("test").warning("seen")
        return {}

    settings = fake.settings
    app = create_app(
        title="test",
        settings=settings,
        build=lambda _: [],
        routers=lambda _: [router],
        runtime=Runtime(settings, broker=FakeBroker(), tracing=tracing),
        open_to_all=("/v1/things/{thing}",),
    )
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(service="scoring", instance="test", more=[add_span_ids])
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get("/healthz")
            answer = await client.get("/v1/things/ana@example.com?token=x", headers={"traceparent": PARENT})
            assert answer.status_code == 200
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    (span,) = await shown(collector, bool)
    assert (span.name, span.kind, span.parent) == ("GET /v1/things/{thing}", "server", "")
    assert span.trace != TRACE
    assert span.links == ((TRACE, SPAN),)
    assert "ana" not in str(span)
    (entry,) = (
        entry
        for line in capsys.readouterr().out.splitlines()
        if (entry := orjson.loads(line))["event"] == "seen"
    )
    assert (entry["trace_id"], entry["span_id"]) == (span.trace, span.id)


async def test_a_lead_is_handled_and_the_service_stops_in_time_without_any_collector(
    fake: World, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    tracing = _tracing()
    sent = [traced() for _ in range(200)]
    await fake.send([record for _, record in sent])
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    async with fake.running(fake.consumer(runtime=runtime)):
        await fake.eventually(lambda: fake.notes([identity for identity, _ in sent]))
    async with asyncio.timeout(5):
        await tracing.close(seconds=0.5)
    assert (await fake.hop()).unaccounted == 0


async def test_a_handler_of_one_record_runs_inside_its_span(
    fake: World, collector: Collector, tracing: Tracing
) -> None:
    seen: list[str | None] = []

    async def handler(batch: Batch) -> None:
        seen.append(tracing.here())
        await note(batch)

    identity, record = traced()
    await fake.send([record])
    runtime = traced_runtime(fake, tracing)
    await runtime.publisher.start()
    async with fake.running(fake.consumer(handler, runtime=runtime)):
        await fake.eventually(lambda: fake.notes([identity]))
    spans = await shown(collector, lambda spans: bool(named(spans, f"process {INPUT}")))
    (span,) = named(spans, f"process {INPUT}")
    assert seen == [f"00-{TRACE}-{span.id}-01"]


async def test_a_handler_of_several_records_runs_inside_none_of_their_spans(
    fake: World, tracing: Tracing
) -> None:
    seen: list[str | None] = []

    async def handler(batch: Batch) -> None:
        seen.append(tracing.here())
        await note(batch)

    one, other = traced(), signal()
    for _, record in (one, other):
        fake.fake.append(record, partition=0)
    async with fake.running(fake.consumer(handler, runtime=traced_runtime(fake, tracing))):
        await fake.eventually(lambda: fake.notes([one[0], other[0]]))
    assert seen == [None], "its logs are about both"


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "no endpoint is set"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, "the endpoint is empty"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "TRUE"}, "switched off"),
    ],
)
def test_tracing_is_off(environ: dict[str, str], why: str) -> None:
    assert tracing_of("scoring", "test", environ=environ) is None, why


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "write http://collector:4318"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "only way spans are sent",
        ),
    ],
)
def test_what_cannot_be_done_is_told_at_start(environ: dict[str, str], told: str) -> None:
    with pytest.raises(TracingMisconfigured, match=told):
        tracing_of("scoring", "test", environ=environ)


@pytest.mark.parametrize("service", ["intake", "scoring", "router", "sla_monitor"])
def test_a_service_that_does_not_trace_loads_no_sdk(service: str) -> None:
    program = (
        f"import sys, {service}.main, delivery.sender\n"
        "from service_kit.tracing import log_processors, tracing_of\n"
        "assert tracing_of('x', 'y') is None and log_processors() == []\n"
        "ours = ('opentelemetry.sdk', 'opentelemetry.exporter', 'service_kit.tracing_spans')\n"
        "sys.exit(str([name for name in sys.modules if name.startswith(ours)] or '') or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=_clean())
    assert ran.returncode == 0, ran.stderr


def test_the_web_framework_sends_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    app = create_app(
        title="test",
        settings=KitSettings(),
        build=lambda _: [],
        routers=lambda _: [],
        runtime=Runtime(KitSettings(), broker=FakeBroker()),
    )
    told = [name for name in ("auto_configure", "tracing", "metrics", "logs") if app._telemetry[name]]
    assert told == [], "its entries quote what somebody typed"


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}


def note_event(lead: UUID) -> PersonErased:
    return PersonErased(person_id=lead, identity_hashes=[], leads=[lead], at=AT)


async def _swept(sweeper: Sweeper) -> bool:
    return await sweeper.sweep() > 0


async def _truth(value: object) -> bool:
    return bool(value)
