"""A whole application: health, readiness, dead letters over HTTP, and life without Kafka or PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr
from structlog.testing import capture_logs

from lead_events.catalog import topic
from service_kit.app import RouteOpen, create_app
from service_kit.clock import ManualClock, SystemClock, pause
from service_kit.fakes import FakeBroker
from service_kit.lineage import StoreWentBack
from service_kit.parts import Part, Periodic
from service_kit.postgres import Database
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from service_kit.spec import ConsumerSpec
from service_kit.topics import create_topics
from tests.integration.service_kit.worlds import EFFECTS, INPUT, NAME, KitSettings, World, note, signal
from tests.patience import HANGS_AFTER

OPERATOR = {"Authorization": "Bearer secret"}


@asynccontextmanager
async def alive(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application with its lifespan, and a client that sees errors as answers."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


def application(world: World, **spec: Any) -> FastAPI:
    world.settings.operator_token = SecretStr("secret")
    # the lifespan closes the pool it is given: the test's own stays open
    database = Database(world.store.dsn, schema=world.store.schema, application_name="app")
    runtime = Runtime(world.settings, broker=world.broker, database=database)
    declared = ConsumerSpec(name=NAME, topics=[INPUT], handler=note, effects=EFFECTS, **spec)
    return create_app(
        title="test",
        settings=world.settings,
        build=lambda rt: [rt.consumer(declared)],
        routers=lambda _: [],
        runtime=runtime,
    )


async def test_dead_letters_are_listed_shown_and_replayed_over_http(world: World) -> None:
    identity, record = signal("reject")
    app = application(world)
    await world.send([record])
    async with alive(app) as client:
        await world.eventually(lambda: _dead(world))
        assert (await client.get("/v1/dead-letters")).status_code == 401
        listed = (await client.get("/v1/dead-letters", headers=OPERATOR)).json()
        letter = next(one for one in listed["dead_letters"] if one["event_id"] == str(identity))
        assert (letter["source_topic"], letter["reason"]) == (INPUT, "out of domain")
        place = {name: letter[name] for name in ("topic", "partition", "offset")}
        path = "/v1/dead-letters/{topic}/{partition}/{offset}".format(**place)
        shown = (await client.get(path, headers=OPERATOR)).json()
        assert shown["headers"]["ce_id"] == str(identity)
        assert (await client.get(f"{path}99999", headers=OPERATOR)).status_code == 404
        answer = await client.post(
            "/v1/dead-letters/replay", headers=OPERATOR, json={"letters": [place], "by": "ops"}
        )
        assert answer.json() == {"replayed": 1}
        await world.eventually(lambda: _dead(world, 2))  # still out of domain
        async with world.database.acquire() as conn:
            assert await conn.fetchval("SELECT replayed_by FROM dead_letter_replay") == "ops"
    assert (await world.hop()).unaccounted == 0


async def test_a_stopped_consumer_shows_in_readiness_and_is_resumed_over_http(fake: World) -> None:
    fake.settings.dead_letter_limit = 0
    app = application(fake)
    await fake.send([signal("reject")[1]])
    async with alive(app) as client:
        await fake.eventually(lambda: _unready(client, "baton dlq resume"))
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.post(
            "/v1/dead-letters/resume", headers=OPERATOR, json={"by": "ops", "reason": "looked at it"}
        )
        assert answer.json() == {"resumed": [NAME]}
        await fake.eventually(lambda: _ready(client))


async def test_requests_are_sent_on_to_a_service_that_was_ready_while_it_cannot_consume(fake: World) -> None:
    """Reps answer, and tokens are checked, while a broker is away or dead letters have stopped a consumer."""
    fake.settings.dead_letter_limit = 0
    app = application(fake)
    async with alive(app) as client:
        await fake.eventually(lambda: _status(client, "/servez", 200))
        await fake.send([signal("reject")[1]])
        await fake.eventually(lambda: _unready(client, "baton dlq resume"))
        assert (await client.get("/servez")).json() == {"serves": True, "reasons": {}}


@pytest.mark.stack
async def test_a_service_is_healthy_and_not_ready_while_kafka_and_postgresql_are_away(
    unused_tcp_port_factory: Any,
) -> None:
    settings = KitSettings(
        kafka=f"127.0.0.1:{unused_tcp_port_factory()}",
        dsn=SecretStr(f"postgresql://x:y@127.0.0.1:{unused_tcp_port_factory()}/z"),
    )
    declared = ConsumerSpec(name=NAME, topics=[INPUT], handler=note, effects=EFFECTS)
    app = create_app(
        title="test", settings=settings, build=lambda rt: [rt.consumer(declared)], routers=lambda _: []
    )
    async with alive(app) as client:
        await _until(lambda: _unready(client, "Kafka does not answer"))
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/servez")).status_code == 503, "it was never ready"
        metrics = (await client.get("/metrics")).text
        assert 'baton_consumer_stopped{consumer="scoring"} 0.0' in metrics


async def test_a_part_that_dies_asks_for_a_restart() -> None:
    class Fragile(Periodic):
        async def run(self) -> None:
            raise ValueError("no way on")

    async def nothing() -> None: ...

    app = _plain_app([Fragile("fragile", every=timedelta(0), work=nothing)])
    async with alive(app) as client:
        await _until(lambda: _status(client, "/healthz", 503))
        assert "fragile: ValueError" in (await client.get("/healthz")).text
        assert "fragile: ValueError" in (await client.get("/servez")).text


class Mortal:
    """A part that dies when it is told to stop, or when another one has died."""

    def __init__(
        self, name: str, after: asyncio.Event | None = None, error: type[Exception] = ValueError
    ) -> None:
        self.name = name
        self._after = after
        self._error = error
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        await (self._after or self._stopping).wait()
        raise self._error

    def stop(self) -> None:
        self._stopping.set()

    def not_ready(self) -> str | None:
        return None


async def test_of_two_parts_that_died_the_first_is_told_which_may_have_taken_the_other_along() -> None:
    first, second = asyncio.Event(), asyncio.Event()
    app = _plain_app([Mortal("second", second), Mortal("first", first)])
    async with alive(app) as client:
        first.set()
        await _until(lambda: _status(client, "/healthz", 503))
        second.set()
        await _until(lambda: _counts_one(client, "second"))
        assert (await client.get("/healthz")).json()["part"].startswith("first: ")


async def test_a_store_that_went_back_ends_the_process_at_once_and_any_other_death_once_it_was_told() -> None:
    """Nothing is done meanwhile that leads wait for: after a failover each second counts."""
    other, back, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    dies = _plain_app([Mortal("other", other)])
    dies.state.lifecycle.end = ended.set
    async with alive(dies) as client:
        other.set()
        await _until(lambda: _status(client, "/healthz", 503))
        assert not ended.is_set()
    went_back = _plain_app([Mortal("read back", back, StoreWentBack)])
    went_back.state.lifecycle.end = ended.set
    async with alive(went_back):
        back.set()
        await asyncio.wait_for(ended.wait(), HANGS_AFTER)


async def test_a_part_that_breaks_while_it_stops_is_told_by_the_log() -> None:
    with capture_logs() as logged:
        async with alive(_plain_app([Mortal("mortal")])):
            pass
    assert [entry["part"] for entry in logged if entry["event"] == "part broke while stopping"] == ["mortal"]


async def _counts_one(client: httpx.AsyncClient, part: str) -> bool:
    return f'baton_part_failures_total{{part="{part}"}} 1.0' in (await client.get("/metrics")).text


async def test_a_periodic_part_that_fails_every_round_takes_nothing_down() -> None:
    rounds = 0

    async def break_down() -> None:
        nonlocal rounds
        rounds += 1
        raise ValueError("no way on")

    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    app = _plain_app([Periodic("failing", every=timedelta(0), work=break_down, clock=clock)])
    async with alive(app) as client:
        while rounds < 6:
            await asyncio.sleep(0)
            clock.advance(300)
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        told = (await client.get("/metrics")).text
        assert 'baton_part_failing_rounds{part="failing"}' in told


async def test_errors_are_problems_with_the_field_and_what_to_send() -> None:
    router = APIRouter()

    @router.get("/refused")
    async def refused() -> None:
        raise Problem(409, "Taken", "choose another name", field="name", holder="ana")

    @router.get("/broken")
    async def broken(number: int) -> None:
        raise RuntimeError("secret detail")

    async with alive(_plain_app([], router)) as client:
        answer = await client.get("/refused")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Taken",
            "status": 409,
            "detail": "choose another name",
            "field": "name",
            "holder": "ana",
        }
        missing = await client.get("/nowhere")
        assert (missing.status_code, missing.json()["status"]) == (404, 404)
        assert (await client.post("/refused")).json()["title"] == "Method Not Allowed"
        invalid = await client.get("/broken", params={"number": "x"})
        assert (invalid.status_code, invalid.json()["field"]) == (422, "query.number")
        unexpected = await client.get("/broken", params={"number": "1"})
        assert unexpected.status_code == 500
        assert "secret detail" not in unexpected.text


@pytest.mark.stack
async def test_topics_are_created_once_and_widened(kafka_bootstrap: str, topic_prefix: str) -> None:
    wanted = topic(INPUT).model_copy(update={"name": f"{topic_prefix}wide", "partitions": 1})
    assert await create_topics(kafka_bootstrap, [wanted]) == [f"{wanted.name}: created"]
    assert await create_topics(kafka_bootstrap, [wanted]) == []
    wider = wanted.model_copy(update={"partitions": 3})
    assert await create_topics(kafka_bootstrap, [wider]) == [f"{wanted.name}: 1 to 3 partitions"]
    assert await create_topics(kafka_bootstrap, [wanted]) == []


def _plain_app(parts: list[Part], *routers: APIRouter) -> FastAPI:
    runtime = Runtime(KitSettings(), broker=FakeBroker())
    return create_app(
        title="test",
        settings=runtime.settings,
        build=lambda _: parts,
        routers=lambda _: routers,
        needs_database=False,
        runtime=runtime,
        open_to_all=("/refused", "/broken"),
    )


def test_a_service_with_a_route_that_asks_for_no_scope_does_not_start() -> None:
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> None:
        """Nothing."""

    with pytest.raises(RouteOpen, match="/forgotten"):
        _plain_app([], router)


async def _dead(world: World, number: int = 1) -> bool:
    return len(await world.dead()) >= number


async def _status(client: httpx.AsyncClient, path: str, status: int) -> bool:
    return (await client.get(path)).status_code == status


async def _ready(client: httpx.AsyncClient) -> bool:
    return await _status(client, "/readyz", 200)


async def _unready(client: httpx.AsyncClient, why: str) -> bool:
    answer = await client.get("/readyz")
    return answer.status_code == 503 and why in answer.text


async def _until(condition: Any) -> None:
    nothing, clock = asyncio.Event(), SystemClock()
    async with asyncio.timeout(HANGS_AFTER):
        while not await condition():
            await pause(clock, 0.02, unless=nothing)
