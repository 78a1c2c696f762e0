"""What a restored store lacks is taken in first: before any part runs, and before any request is answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from service_kit import read_back
from service_kit.app import create_app
from service_kit.auth_gate import unguarded
from service_kit.broker import ConsumerClient
from service_kit.fakes import FakeConsumerClient
from service_kit.lineage import Lineage, StoreWentBack
from service_kit.postgres import Database
from service_kit.queries import load_queries
from service_kit.read_back import ReadBack, Stage
from service_kit.records import Assignment, TopicPartition
from service_kit.runtime import Runtime
from service_kit.spec import ConsumerSpec
from tests.integration.service_kit.test_app import alive
from tests.integration.service_kit.test_trouble import HurriedClock
from tests.integration.service_kit.worlds import EFFECTS, INPUT, NAME, World, note, signal
from tests.patience import HANGS_AFTER

OWN = "scoring-own"


def _first(world: World, *, is_own: bool = True) -> ReadBack:
    spec = ConsumerSpec(OWN, (INPUT,), note, EFFECTS)
    return ReadBack(world.runtime, [Stage(spec, (INPUT,), is_own=is_own)])


@asynccontextmanager
async def with_its_own_pool(world: World, name: str = "service") -> AsyncIterator[Database]:
    """The pool that a service of this world runs on, while the test looks at the store through another."""
    database = Database(world.store.dsn, schema=world.store.schema, application_name=name)
    await database.open()
    before = world.runtime
    world.runtime = Runtime(world.settings, broker=world.broker, database=database)
    world.runtime.publisher = before.publisher
    try:
        yield database
    finally:
        world.runtime = before
        await database.close()


@asynccontextmanager
async def _running(first: ReadBack) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(first.run())
    try:
        yield task
    finally:
        first.stop()
        await asyncio.wait({task}, timeout=HANGS_AFTER)


async def _marks(world: World) -> dict[int, int]:
    async with world.database.acquire() as conn:
        rows = await conn.fetch("SELECT partition, next_offset FROM position WHERE consumer = $1", OWN)
    return {row["partition"]: row["next_offset"] for row in rows}


async def _marked(world: World) -> bool:
    ends = {place.partition: end for place, end in (await world.ends(INPUT)).items()}
    return await _marks(world) == ends


async def _is_restored(world: World) -> None:
    """As PostgreSQL is after a restore: on a timeline of its own."""
    async with world.database.acquire() as conn:
        await conn.execute("UPDATE lineage SET name = 'the timeline before'")


async def _replace(world: World) -> None:
    """As a dump is restored over a store: the same rows in tables made anew."""
    async with world.database.transaction() as conn:
        await conn.execute(
            "ALTER TABLE position RENAME TO before; CREATE TABLE position (LIKE before INCLUDING ALL);"
            " INSERT INTO position SELECT * FROM before; DROP TABLE before"
        )


CUT_OFF = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a connection that is being ended says, by the moment at which it is asked."""


async def _ask_until_refused(database: Database) -> None:
    while True:
        with contextlib.suppress(*CUT_OFF):
            async with database.acquire() as conn:
                await conn.execute("SELECT 1")


async def _says(first: ReadBack, words: str) -> bool:
    return words in (first.not_ready() or "")


async def _is_served(client: httpx.AsyncClient) -> bool:
    return (await client.get("/servez")).status_code == 200


async def _left_for(world: World, seconds: float) -> None:
    async with world.database.acquire() as conn:
        await conn.execute("UPDATE lineage SET whole_at = whole_at - $1::float8 * interval '1s'", seconds)


async def _is_known_lately(world: World) -> bool:
    async with world.database.acquire() as conn:
        return bool(await conn.fetchval("SELECT clock_timestamp() - whole_at < interval '30s' FROM lineage"))


async def test_a_store_that_was_never_marked_lacks_nothing(world: World) -> None:
    await world.send([signal()[1] for _ in range(5)])
    first = _first(world)
    async with _running(first):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        await world.eventually(lambda: _marked(world))
    assert not await world.noted()


async def test_a_broker_or_store_that_takes_too_long_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ReadBack._places
    tries: list[int] = []

    async def slow_at_first(self: ReadBack, client: ConsumerClient) -> list[TopicPartition]:
        tries.append(len(tries))
        if len(tries) == 1:
            raise TimeoutError
        return await asked(self, client)

    monkeypatch.setattr(ReadBack, "_places", slow_at_first)
    first = _first(world)
    async with _running(first):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
    assert len(tries) > 1


async def test_what_stands_beyond_the_mark_is_in_the_store_when_the_service_opens(world: World) -> None:
    async with _running(_first(world)):
        await world.eventually(lambda: _marked(world))
    lost = dict(signal() for _ in range(700))
    await world.send([*lost.values(), *lost.values()])
    await _is_restored(world)
    first = _first(world)
    async with _running(first):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        assert await world.noted() == dict.fromkeys(lost, 1)
        await world.eventually(lambda: _marked(world))
    await _is_restored(world)
    async with _running(again := _first(world)):
        assert await asyncio.wait_for(again.opens(), HANGS_AFTER)
    assert await world.noted() == dict.fromkeys(lost, 1), "and once only"


async def test_topics_of_others_are_read_ahead_of_the_consumer_whose_they_are(world: World) -> None:
    sent = dict(signal() for _ in range(20))
    ends = await world.ends(INPUT)
    async with world.database.acquire() as conn:
        await conn.executemany(
            "INSERT INTO position VALUES ($1, $2, $3, $4)",
            [(OWN, place.topic, place.partition, end) for place, end in ends.items()],
        )
    await world.send(list(sent.values()))
    first = _first(world, is_own=False)
    async with _running(first):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        assert await world.noted() == dict.fromkeys(sent, 1)
    assert await _marked(world), "its positions move as if it had read"


async def test_a_store_left_for_a_restart_opens_while_the_broker_is_away(fake: World) -> None:
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
    fake.fake.away = True
    async with _running(first := _first(fake)):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        assert first.not_ready() is None


async def test_a_store_stays_known_while_no_partition_is_dealt(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker may have lost its topics: a restart meanwhile is still a mere restart."""
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
    monkeypatch.setattr(FakeConsumerClient, "assignment", lambda _: Assignment(1, frozenset()))
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=HurriedClock())
    async with _running(first := _first(fake)):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        await _left_for(fake, 59)
        await fake.eventually(lambda: _is_known_lately(fake))


@pytest.mark.parametrize(
    "change",
    [_is_restored, lambda world: _left_for(world, 61)],
    ids=["another timeline", "left for a minute"],
)
async def test_a_store_that_may_have_been_restored_waits_for_the_broker(
    fake: World, change: Callable[[World], Awaitable[None]]
) -> None:
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
    await change(fake)
    sent = dict(signal() for _ in range(5))
    await fake.send(list(sent.values()))
    fake.fake.away = True
    async with _running(first := _first(fake)):
        await fake.eventually(lambda: _says(first, "cannot read back"))
        fake.fake.away = False
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        assert await fake.noted() == dict.fromkeys(sent, 1)


async def test_a_store_in_the_place_of_another_keeps_its_marks_and_ends_the_service(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    async with with_its_own_pool(fake), _running(_first(fake)) as task:
        await fake.eventually(lambda: _marked(fake))
        await _replace(fake)
        before = await _marks(fake)
        await fake.send([signal()[1] for _ in range(5)])
        await asyncio.wait({task}, timeout=HANGS_AFTER)
        assert isinstance(task.exception(), StoreWentBack)
        assert await _marks(fake) == before, "what the other store lacks can still be read back"


async def test_nobody_gets_a_connection_to_another_store(fake: World) -> None:
    known = Database(fake.store.dsn, schema=fake.store.schema, application_name="known")
    await known.open()
    assert not await Lineage(known).begin()
    assert await known.probe()
    await _replace(fake)
    async with fake.database.acquire() as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'known'"
        )
    with pytest.raises(StoreWentBack):
        await asyncio.wait_for(_ask_until_refused(known), HANGS_AFTER)
    await known.close()


async def test_a_role_without_any_right_of_its_own_may_ask_which_store_it_is(fake: World) -> None:
    role = f"plain_{uuid4().hex[:12]}"
    schema = fake.store.schema
    async with fake.database.acquire() as conn:
        await conn.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA {schema} TO {role}")
        await conn.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    place = urlsplit(fake.store.dsn)
    dsn = place._replace(netloc=f"{role}:x@{place.netloc.rpartition('@')[2]}").geturl()
    plain = Database(dsn, schema=schema, application_name="plain")
    await plain.open()
    async with plain.acquire() as conn:
        server, timeline, _ = (await conn.fetchval(load_queries("service_kit").lineage)).split("/")
    await plain.close()
    async with fake.database.acquire() as conn:
        await conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert int(server) > 0
    assert timeline == "00000001"


async def test_an_empty_store_lacks_all_that_its_topics_hold(fake: World) -> None:
    sent = dict(signal() for _ in range(20))
    await fake.send(list(sent.values()))
    async with fake.database.acquire() as conn:
        await conn.execute("DELETE FROM position")
    async with _running(first := _first(fake)):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        assert await fake.noted() == dict.fromkeys(sent, 1)


async def test_a_broker_that_reports_a_topic_too_short_for_a_moment_costs_no_marks(fake: World) -> None:
    (place, *_) = await fake.places(INPUT)
    async with fake.database.acquire() as conn:
        await conn.execute("INSERT INTO position VALUES ($1, $2, $3, 1)", OWN, INPUT, place.partition)
    async with _running(first := _first(fake)):
        await fake.eventually(lambda: _says(first, "shorter than what was read of them: lead-signalled"))
        assert (await _marks(fake))[place.partition] == 1
        fake.fake.append(signal()[1], partition=place.partition)
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
    assert not await fake.noted(), "the mark was right"


async def test_a_topic_made_anew_under_a_running_service_is_marked_anew(fake: World) -> None:
    """A mark that stayed where the old one ended would hide what is told until the new one is as long."""
    await fake.send([signal()[1] for _ in range(20)])
    fake.runtime = Runtime(fake.settings, broker=fake.broker, database=fake.database, clock=HurriedClock())
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
        for place in await fake.places(INPUT):
            fake.fake.make_anew(place)
        await fake.eventually(lambda: _marked(fake))


async def test_partitions_that_are_added_under_a_running_service_are_marked(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a mark all of them would be read again after a restore."""
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
        before = await fake.places(INPUT)
        fake.fake.widen(INPUT, len(before) + 2)
        assert len(await fake.places(INPUT)) == len(before) + 2
        await fake.eventually(lambda: _marked(fake))


async def test_what_retention_took_from_a_topic_is_said(fake: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await fake.send([signal()[1] for _ in range(20)])
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
    async with fake.database.acquire() as conn:
        await conn.execute("UPDATE position SET next_offset = 1 WHERE consumer = $1", OWN)
    await _is_restored(fake)

    async def kept(_: object, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 4)

    monkeypatch.setattr(FakeConsumerClient, "beginning_offsets", kept)
    with capture_logs() as logged:
        async with _running(first := _first(fake)):
            assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
    said = [entry for entry in logged if entry["event"].startswith("older than the topic")]
    assert [entry["records"] for entry in said] == [3, 3]


async def test_a_store_that_went_back_under_a_running_service_ends_it(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    await fake.send([signal()[1] for _ in range(5)])
    async with _running(_first(fake)) as task:
        await fake.eventually(lambda: _marked(fake))
        async with fake.database.acquire() as conn:
            await conn.execute("UPDATE position SET next_offset = 0 WHERE consumer = $1", OWN)
        await asyncio.wait({task}, timeout=HANGS_AFTER)
        assert isinstance(task.exception(), StoreWentBack)


async def test_a_request_waits_until_the_service_has_read_back(fake: World) -> None:
    fake.fake.away = True
    async with alive(_app(fake)) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert "read back" in (await client.get("/readyz")).json()["reasons"]
        asked = asyncio.create_task(client.get("/leads"))
        fake.fake.away = False
        assert (await asyncio.wait_for(asked, HANGS_AFTER)).json() == "open"


async def test_after_a_mere_restart_requests_are_answered_while_kafka_is_away(fake: World) -> None:
    async with alive(_app(fake)):
        await fake.eventually(lambda: _marked(fake))
    fake.fake.away = True
    async with alive(_app(fake)) as client:
        assert (await asyncio.wait_for(client.get("/leads"), HANGS_AFTER)).json() == "open"
        await fake.eventually(lambda: _is_served(client))
        assert "kafka" in (await client.get("/readyz")).json()["reasons"]


async def test_after_a_mere_restart_requests_are_answered_while_dead_letters_hold_the_consumer(
    fake: World,
) -> None:
    """Who was ready before goes on being asked; a node that is emptied would silence reps else, until
    somebody has looked at the letters."""
    fake.settings.dead_letter_limit = 0
    await fake.send([signal("reject")[1]])
    async with alive(_app(fake, consumes=True)) as client:
        await fake.eventually(lambda: _is_held(client))
    async with alive(_app(fake, consumes=True)) as client:
        await fake.eventually(lambda: _is_held(client))
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/servez")).json() == {"serves": True, "reasons": {}}
        assert (await client.get("/leads")).json() == "open"


async def _is_held(client: httpx.AsyncClient) -> bool:
    return "baton dlq resume" in (await client.get("/readyz")).text


async def test_a_request_that_waited_too_long_is_told_to_ask_again(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "HELD_REQUEST_SECONDS", 0.02)
    fake.fake.away = True
    async with alive(_app(fake)) as client:
        answer = await client.get("/leads")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "ask again soon" in answer.json()["detail"]


def _app(world: World, *, consumes: bool = False) -> FastAPI:
    router = APIRouter()

    @router.get("/leads")
    async def leads() -> str:
        return "open"

    # the lifespan closes the pool it is given: the test's own stays open
    database = Database(world.store.dsn, schema=world.store.schema, application_name="app")
    return create_app(
        title="test",
        settings=world.settings,
        build=lambda rt: [rt.consumer(ConsumerSpec(NAME, (INPUT,), note, EFFECTS))] if consumes else [],
        routers=lambda _: [router],
        runtime=Runtime(world.settings, broker=world.broker, database=database),
        open_to_all=unguarded(router),
        read_back=lambda rt: ReadBack(
            rt, [Stage(ConsumerSpec(OWN, (INPUT,), note, EFFECTS), (INPUT,), is_own=True)]
        ),
    )
