"""A small service on a real PostgreSQL, with the fake and the real broker in turn."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.service_kit.worlds import INPUT, LIVE_AND_BULK, OUTPUT, World

from lead_events.catalog import topic
from service_kit import failpoints
from service_kit.fakes import FakeBroker
from service_kit.kafka import KafkaBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.topics import create_topics

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


@pytest.fixture
def migrated(database_dsn: str) -> str:
    migrate(database_dsn, schema="kit", packages=[])
    return database_dsn


@pytest.fixture
async def database(migrated: str) -> AsyncIterator[Database]:
    database = await Database.connect(migrated, schema="kit", application_name="test", max_size=6)
    yield database
    await database.close()


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.stack)])
async def world(request: pytest.FixtureRequest, database: Database, migrated: str) -> AsyncIterator[World]:
    if request.param == "fake":
        broker: FakeBroker | KafkaBroker = FakeBroker(partitions=2)
    else:
        broker = KafkaBroker(
            request.getfixturevalue("kafka_with_topics"), publish_deadline=5, fetch_wait_ms=20
        )
    world = World(broker, database, migrated)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def fake(database: Database, migrated: str) -> AsyncIterator[World]:
    """Where the fake's own levers are needed."""
    world = World(FakeBroker(partitions=2), database, migrated)
    await world.open()
    yield world
    await world.close()
