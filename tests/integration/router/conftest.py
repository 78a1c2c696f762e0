"""A router with its own database, migrated once and emptied for each test."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from router.main import PACKAGES
from service_kit.clock import ManualClock
from service_kit.migrate import migrate
from tests.integration.router.worlds import TUESDAY_10, World, router_over
from tests.integration.stores import empty


@pytest.fixture(scope="session")
def migrated(stack: Servers) -> Iterator[str]:
    name = f"router_{uuid4().hex[:12]}"
    dsn = create_database(stack.postgres_dsn, name)
    migrate(dsn, schema="router", packages=PACKAGES)
    yield dsn
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
async def world(migrated: str) -> AsyncIterator[World]:
    """An empty router: no rulebook yet."""
    empty(migrated, "router")
    async with router_over(World, migrated, ManualClock(TUESDAY_10)) as running:
        yield running


@pytest.fixture
async def routing(world: World) -> World:
    """A router with the first rulebook."""
    await world.publish_rulebook()
    return world
