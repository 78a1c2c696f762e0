"""What alerts want to know of every service: dead letters that wait, PostgreSQL and its clock, readiness."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from prometheus_client import REGISTRY

from lead_events.catalog import dead_letter_name
from service_kit import metrics
from service_kit.broker import BrokerUnavailable
from service_kit.clock import Clock, ManualClock, SystemClock
from service_kit.database_watch import DatabaseWatch
from service_kit.deadletter_watch import DeadLetterWatch
from service_kit.postgres import Database
from service_kit.queries import load_queries
from service_kit.spec import ConsumerSpec
from tests.integration.service_kit.test_app import OPERATOR, alive, application
from tests.integration.service_kit.worlds import EFFECTS, INPUT, NAME, Store, World, note, signal

SPEC = ConsumerSpec(name=NAME, topics=[INPUT], handler=note, effects=EFFECTS)


def letters(what: str) -> float | None:
    return REGISTRY.get_sample_value(f"baton_dead_letters_{what}", {"consumer": NAME, "topic": INPUT})


@dataclass
class Ahead:
    """A clock that goes ahead of the machine's."""

    by: timedelta
    machine: Clock

    def now(self) -> datetime:
        return self.machine.now() + self.by

    def monotonic(self) -> float:
        return self.machine.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.machine.sleep(seconds)


async def test_a_dead_letter_waits_until_somebody_sends_it_back_however_old_it_grows(fake: World) -> None:
    watch = DeadLetterWatch(fake.runtime, [SPEC])
    await watch.work()
    assert (letters("waiting"), letters("oldest_seconds")) == (0, 0)
    await fake.send([signal("reject")[1], signal("reject")[1]])
    async with fake.running(fake.consumer()):
        await fake.eventually(partial(_are_dead, fake, 2))
    fake.runtime.clock = Ahead(timedelta(days=8), SystemClock())
    await watch.work()
    assert letters("waiting") == 2
    assert timedelta(days=8) <= timedelta(seconds=letters("oldest_seconds") or 0) < timedelta(days=8, hours=1)

    fake.runtime.clock = SystemClock()
    async with alive(application(fake)) as client:
        listed = (await client.get("/v1/dead-letters", headers=OPERATOR)).json()["dead_letters"]
        places = [{name: each[name] for name in ("topic", "partition", "offset")} for each in listed]
        await client.post("/v1/dead-letters/replay", headers=OPERATOR, json={"letters": places, "by": "ops"})
        await fake.eventually(partial(_are_dead, fake, 4))  # still out of domain: two new ones wait
    await watch.work()
    assert letters("waiting") == 2
    watch.forget()
    assert letters("waiting") is None


async def test_who_asks_and_is_dealt_no_partition_knows_of_no_letter(fake: World) -> None:
    metrics.DEAD_LETTERS_WAITING.labels(NAME, INPUT).set(3)
    fake.fake.create_topic(dead_letter_name(INPUT, NAME), 0)
    fake.runtime.clock = clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    asking = asyncio.create_task(DeadLetterWatch(fake.runtime, [SPEC]).work())
    while not asking.done():
        clock.advance(1)
        await asyncio.sleep(0)
    with pytest.raises(BrokerUnavailable, match="no partition"):
        await asking
    assert letters("waiting") == 3


async def _are_dead(world: World, number: int) -> bool:
    return len(await world.dead()) == number


async def test_a_clock_that_is_apart_from_the_databases_is_measured(database: Database) -> None:
    behind = timedelta(seconds=-90)
    await DatabaseWatch(database, Ahead(behind, SystemClock())).work()
    labels = {"schema": database.schema}
    assert REGISTRY.get_sample_value("baton_database_up", labels) == 1
    offset = REGISTRY.get_sample_value("baton_database_clock_offset_seconds", labels)
    assert offset == pytest.approx(90, abs=5)


async def test_wal_that_a_slot_keeps_and_connections_in_use_are_told_before_the_server_stops(
    database: Database,
) -> None:
    async with database.acquire() as conn:
        await conn.execute("SELECT pg_create_physical_replication_slot('left_behind', true)")
    try:
        async with database.acquire() as conn:
            await conn.execute(
                "CREATE TABLE written AS SELECT repeat('x', 1000) FROM generate_series(1, 2000)"
            )
        await DatabaseWatch(database, SystemClock()).work()
    finally:
        async with database.acquire() as conn:
            await conn.execute("SELECT pg_drop_replication_slot('left_behind')")
    labels = {"schema": database.schema}
    assert (REGISTRY.get_sample_value("baton_database_slots_kept_bytes", labels) or 0) > 1_000_000
    assert 0 < (REGISTRY.get_sample_value("baton_database_connections_ratio", labels) or 0) < 1
    assert REGISTRY.get_sample_value("baton_database_archive_behind_seconds", labels) == 0


async def test_a_role_without_any_right_of_its_own_may_ask_how_the_server_is(database: Database) -> None:
    async with database.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL ROLE pg_signal_backend")
        (state,) = await conn.fetch(load_queries("service_kit").server_state)
    assert state["connections"] > 0
    assert state["slots_kept"] == 0


async def test_a_database_that_does_not_answer_is_down_and_asked_again(store: Store) -> None:
    database = Database(store.dsn, schema="nowhere", application_name="test")
    watch = DatabaseWatch(database, SystemClock())
    with pytest.raises(Exception, match="the pool is not open"):
        await watch.work()
    assert REGISTRY.get_sample_value("baton_database_up", {"schema": "nowhere"}) == 0
    await database.open()
    await watch.work()
    assert REGISTRY.get_sample_value("baton_database_up", {"schema": "nowhere"}) == 1
    await database.close()


async def test_a_refused_password_is_a_database_that_is_away(store: Store) -> None:
    refused = store.dsn.replace("@", "-and-not-the-password@", 1)
    database = Database(refused, schema="refused", application_name="test")
    await database.open()
    with pytest.raises(Exception, match="password"):
        await DatabaseWatch(database, SystemClock()).work()
    assert REGISTRY.get_sample_value("baton_database_up", {"schema": "refused"}) == 0
    await database.close()


async def test_readiness_version_and_the_process_own_time_are_exported(fake: World) -> None:
    fake.settings.version = "1.4.2"
    app = application(fake)
    async with alive(app):
        await fake.eventually(_is_ready)
        app.state.runtime.clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
        assert REGISTRY.get_sample_value("baton_build_info", {"service": NAME, "version": "1.4.2"}) == 1
        told = REGISTRY.get_sample_value("baton_process_time_seconds")
        assert told == datetime(2026, 3, 2, tzinfo=UTC).timestamp()
        app.state.lifecycle.died = "a part"
        assert REGISTRY.get_sample_value("baton_ready") == 0


async def _is_ready() -> bool:
    return REGISTRY.get_sample_value("baton_ready") == 1
