"""A schema of sla-monitor to copy for each month."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from baton_dev.databases import create_database, drop_database
from baton_dev.testing import Servers
from service_kit.migrate import migrate
from sla_monitor.main import PACKAGES


@pytest.fixture(scope="session")
def template(stack: Servers) -> Iterator[str]:
    name = f"sla_model_{uuid4().hex[:12]}"
    migrate(create_database(stack.postgres_dsn, name), schema="sla_monitor", packages=PACKAGES)
    yield name
    drop_database(stack.postgres_dsn, name)
