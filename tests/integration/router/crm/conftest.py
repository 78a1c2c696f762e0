"""A router that has a CRM on loopback, with its secrets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from service_kit.clock import ManualClock
from tests.integration.router.crm.crms import EVENTS, Crm, book, contacts
from tests.integration.router.worlds import TUESDAY_10, World, router_over
from tests.integration.stores import empty

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
    empty(migrated, "router")
    allowed = {"secrets_dir": tmp_path, "delivery_allow": "127.0.0.0/8"}
    async with router_over(CrmWorld, migrated, ManualClock(TUESDAY_10), **allowed) as running:
        yield running


@pytest.fixture
async def known(routed: CrmWorld, crm: Crm) -> CrmWorld:
    """Ada's lead is with Ana, and the CRM keeps it as c-1."""
    crm.answers("GET", "/search", 200, {"results": [{"id": "c-1"}]})
    crm.answers("PATCH", "/contacts/c-1", 200)
    await routed.publish_rulebook(book(contacts(crm, events=EVENTS)))
    routed.score("ada")
    await routed.tell()
    routed.clock.advance(600)
    return routed
