"""Services share one database, each in its own schema: what one does for its store is never another's."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import ClassVar
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from service_kit.app import create_app
from service_kit.clock import SystemClock, pause
from service_kit.conservation import StoreGauges
from service_kit.fakes import FakeBroker
from service_kit.inbox import keep_partitions
from service_kit.metrics import UNACCOUNTED
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from service_kit.settings import ServiceSettings
from service_kit.spec import ConsumerSpec
from tests.integration.service_kit.worlds import EFFECTS, INPUT, note
from tests.patience import HANGS_AFTER

SERVICES = ("scoring", "router", "sla-monitor")


@pytest.fixture
def schemas(shared_dsn: str) -> Iterator[list[str]]:
    """A migrated schema for each of three services."""
    names = [f"kit_{service.replace('-', '_')}_{uuid4().hex[:8]}" for service in SERVICES]
    for name in names:
        migrate(shared_dsn, schema=name, packages=[])
    yield names
    with psycopg.connect(shared_dsn, autocommit=True) as conn:
        for name in names:
            conn.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


async def test_three_services_in_one_database_each_export_the_gauges_of_their_store(
    shared_dsn: str, schemas: list[str]
) -> None:
    expected = [f'baton_leads_unaccounted{{hop="intake-{service}"}} 0.0' for service in SERVICES]
    expected += [f'baton_outbox_records{{schema="{schema}"}} 0.0' for schema in schemas]
    async with AsyncExitStack() as running:
        for service, schema in zip(SERVICES, schemas, strict=True):
            app = _service(service, schema, shared_dsn)
            await running.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        client = await running.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://test")
        )
        clock, nothing = SystemClock(), asyncio.Event()
        async with asyncio.timeout(HANGS_AFTER):  # each holds its own lock for as long as it runs
            while missing := [line for line in expected if line not in (await client.get("/metrics")).text]:
                await pause(clock, 0.05, unless=nothing)
    assert not missing


async def test_a_lock_of_one_store_is_free_in_another(shared_dsn: str, schemas: list[str]) -> None:
    ours, theirs = [Database(shared_dsn, schema=name, application_name="test") for name in schemas[:2]]
    await ours.open()
    await theirs.open()
    try:
        async with ours.advisory_lock("gauges") as first, theirs.advisory_lock("gauges") as second:
            assert first is not None
            assert second is not None
        async with ours.transaction() as conn:
            await conn.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                f"baton {ours.schema} inbox partitions",
            )
            await keep_partitions(ours)  # another instance is at it
            await keep_partitions(theirs)
        assert await _days(ours) == 0
        assert await _days(theirs) == 4
    finally:
        await ours.close()
        await theirs.close()


async def test_who_exports_no_gauges_of_the_store_keeps_what_it_counts_by_itself(
    shared_dsn: str, schemas: list[str]
) -> None:
    database = await Database.connect(shared_dsn, schema=schemas[0], application_name="test")
    gauges = StoreGauges(database, [_spec("scoring")])
    UNACCOUNTED.labels("a-count-of-its-own").set(0)
    try:
        await gauges.work()
        assert {"intake-scoring", "a-count-of-its-own"} <= _hops()
        gauges.forget()
        assert "intake-scoring" not in _hops()
        assert "a-count-of-its-own" in _hops()
    finally:
        UNACCOUNTED.clear()
        await database.close()


def _spec(service: str) -> ConsumerSpec:
    return ConsumerSpec(name=service, topics=[INPUT], handler=note, effects=EFFECTS)


def _service(name: str, schema: str, dsn: str) -> FastAPI:
    class Settings(ServiceSettings):
        service: ClassVar[str] = name
        store_schema: ClassVar[str] = schema

    settings = Settings()
    database = Database(dsn, schema=schema, application_name=name)
    runtime = Runtime(settings, broker=FakeBroker(), database=database)
    return create_app(
        title=name,
        settings=settings,
        build=lambda rt: [rt.consumer(_spec(name))],
        routers=lambda _: [],
        runtime=runtime,
    )


def _hops() -> set[str]:
    return {sample.labels["hop"] for metric in UNACCOUNTED.collect() for sample in metric.samples}


async def _days(database: Database) -> int:
    async with database.acquire() as conn:
        return int(
            await conn.fetchval(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'inbox'::regclass"
                " AND inhrelid::regclass::text ~ '[0-9]{8}$'"
            )
        )
