"""A router that has a CRM on loopback, with its secrets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from router.settings import RouterSettings
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from tests.integration.router.conftest import EMPTY
from tests.integration.router.crm.crms import Crm
from tests.integration.router.worlds import OPERATOR, TUESDAY_10, World

SECRETS = {
    "crm-token": "tok-1",
    "crm-events": "shared-secret",
    "hubspot-token": "pat-1",
    "hubspot-app": "app-secret",
    "salesforce-client": "client-secret",
    "rd-client": "rd-secret",
    "rd-refresh": "refresh-1",
    "rd-events": "rd-hook",
}


class CrmWorld(World):
    """A router whose CRM parts work when they are told to."""

    async def tell(self) -> None:
        """Read what came, and tell CRMs what is due."""
        await self.read()
        await self.wiring.crm.sender.work()

    async def apply(self) -> None:
        """Do what CRMs said."""
        await self.wiring.crm.apply()
        await self.runtime.published()

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.runtime.database.acquire() as conn:
            return [dict(row) for row in await conn.fetch(query)]

    async def requests(self, state: str) -> list[dict[str, Any]]:
        response = await self.operate("GET", f"/v1/crm/requests?state={state}")
        found: list[dict[str, Any]] = response.json()["requests"]
        return found

    async def unmatched(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.operate("GET", "/v1/crm/unmatched")).json()["unmatched"]
        return found


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    made = Crm()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def routed(migrated: str, tmp_path: Path) -> AsyncIterator[CrmWorld]:
    """An empty router that may call loopback."""
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(value)
    with psycopg.connect(migrated) as conn:
        conn.execute(EMPTY.encode())
    clock = ManualClock(TUESDAY_10)
    database = await Database.connect(
        migrated,
        schema="router",
        application_name="test",
        max_size=12,
        clock=ManualTransactionClock(clock),
    )
    settings = RouterSettings(
        operator_token=SecretStr(OPERATOR),
        dsn=SecretStr(migrated),
        gather_ms=0,
        drain_ms=1000,
        secrets_dir=tmp_path,
        delivery_allow="127.0.0.0/8",
    )
    broker = FakeBroker(partitions=2)
    runtime = Runtime(settings, broker=broker, database=database)
    await runtime.publisher.start()
    running = CrmWorld(runtime, broker, clock, settings)
    yield running
    await running.stop_reading()
    await runtime.close()
