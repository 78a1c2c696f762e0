"""A store of sla-monitor for each test."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import psycopg
import pytest

from baton_dev.databases import create_database, drop_database, with_database
from baton_dev.testing import Servers
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.migrate import migrate
from service_kit.postgres import Database
from sla_monitor.main import PACKAGES, build_app
from tests.integration.sla_monitor.worlds import MONDAY_9, TOKEN, World


@pytest.fixture(scope="session")
def migrated(stack: Servers) -> Iterator[str]:
    """Name of a database with sla-monitor's schema, copied for each test."""
    name = f"sla_monitor_{uuid4().hex[:12]}"
    migrate(create_database(stack.postgres_dsn, name), schema="sla_monitor", packages=PACKAGES)
    yield name
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
async def world(stack: Servers, migrated: str) -> AsyncIterator[World]:
    name = f"{migrated}_{uuid4().hex[:8]}"
    with psycopg.connect(stack.postgres_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}".encode())
    clock = ManualClock(MONDAY_9)
    dsn = with_database(stack.postgres_dsn, name)
    database = await Database.connect(
        dsn,
        schema="sla_monitor",
        application_name="test",
        clock=ManualTransactionClock(clock),
    )
    yield await World.open(database, clock, dsn)
    await database.close()
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    application = build_app(world.settings, runtime=world.runtime)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://sla-monitor",
        headers={"Authorization": f"Bearer {TOKEN}", "X-Operator": "ana"},
    ) as client:
        yield client
