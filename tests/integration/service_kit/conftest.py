"""A small service on a real PostgreSQL, with the fake and the real broker in turn."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from lead_events.catalog import topic
from service_kit import failpoints
from service_kit.fakes import FakeBroker
from service_kit.kafka import KafkaBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.topics import create_topics
from tests.integration.service_kit.worlds import INPUT, LIVE_AND_BULK, OUTPUT, Store, World

TOPICS = (INPUT, OUTPUT, *LIVE_AND_BULK)


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    failpoints.clear()
    yield
    failpoints.clear()


@pytest.fixture(scope="session")
def kafka_with_topics(kafka_bootstrap: str) -> str:
    catalog = [topic(name) for name in TOPICS]
    wanted = [*catalog, *(each.dead_letters("scoring") for each in catalog)]
    with ThreadPoolExecutor(1) as aside:  # asked for while a test's own loop is running
        aside.submit(lambda: asyncio.run(create_topics(kafka_bootstrap, wanted))).result()
    return kafka_bootstrap


@pytest.fixture(scope="session")
def shared_dsn(stack: Servers) -> Iterator[str]:
    """One database for the session: a schema is made much faster than a database."""
    name = f"kit_{uuid4().hex[:16]}"
    yield create_database(stack.postgres_dsn, name)
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
def store(shared_dsn: str) -> Iterator[Store]:
    """An empty, migrated schema of this test's own."""
    schema = f"kit_{uuid4().hex[:16]}"
    migrate(shared_dsn, schema=schema, packages=[])
    yield Store(shared_dsn, schema)
    with psycopg.connect(shared_dsn, autocommit=True) as conn:
        conn.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())


@pytest.fixture
async def database(store: Store) -> AsyncIterator[Database]:
    database = await Database.connect(
        store.dsn, schema=store.schema, application_name=store.schema, max_size=6
    )
    yield database
    await database.close()


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.stack)])
async def world(request: pytest.FixtureRequest, database: Database, store: Store) -> AsyncIterator[World]:
    if request.param == "fake":
        broker: FakeBroker | KafkaBroker = FakeBroker(partitions=2)
    else:
        broker = KafkaBroker(
            request.getfixturevalue("kafka_with_topics"), publish_deadline=5, fetch_wait_ms=20
        )
    world = World(broker, database, store)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def fake(database: Database, store: Store) -> AsyncIterator[World]:
    """Where the fake's own levers are needed."""
    world = World(FakeBroker(partitions=2), database, store)
    await world.open()
    yield world
    await world.close()
