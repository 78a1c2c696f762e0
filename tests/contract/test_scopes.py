"""Every route of every service names the scope that it needs, and asks for it."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service_kit.auth_principal import Scope
from tests.contract.access_world import OPERATOR, SETTINGS, bearer, built, client_of, on_a_port, token_of
from tests.contract.test_openapi import OPEN

UNPROTECTED = OPEN | {"/docs", "/redoc", "/openapi.json", "/metrics"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass
class Installation:
    """One service, and the router that it asks."""

    client: httpx.AsyncClient
    router: str
    lacking: dict[frozenset[str], str] = field(default_factory=dict)

    async def token_without(self, scopes: frozenset[str]) -> str:
        """An operator's token with every other scope."""
        if scopes not in self.lacking:
            others = [scope for scope in Scope if scope not in scopes]
            self.lacking[scopes] = (await token_of(self.router, role="operator", scopes=others))["token"]
        return self.lacking[scopes]


@pytest.fixture(params=SETTINGS)
async def installation(
    request: pytest.FixtureRequest, database_dsn: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    async with AsyncExitStack() as stack:
        app = built("router", database_dsn, tmp_path)
        router = await stack.enter_async_context(on_a_port(app))
        if request.param == "router":
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=router))
        else:
            asked = built(request.param, database_dsn, tmp_path / "other", router_url=router)
            client = await stack.enter_async_context(client_of(asked))
        yield Installation(client, router)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Method, path and scopes of every route that is not open to all."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in UNPROTECTED:
                needed = [
                    frozenset(scopes) for kind in operation.get("security", []) for scopes in kind.values()
                ]
                assert needed, f"{method} {path} asks for no token"
                assert all(each and each == needed[0] for each in needed), f"{method} {path} names no scope"
                yield method.upper(), path, needed[0]


async def test_every_route_refuses_who_has_no_token_and_who_lacks_its_scope(
    installation: Installation,
) -> None:
    client, found = installation.client, 0
    document = (await client.get("/openapi.json")).json()
    for method, path, scopes in operations(document):
        address = re.sub(r"\{[^}]*_id\}", NOBODY, path)
        address = re.sub(r"\{[^}]*\}", "1", address)
        where, found = f"{method} {path}", found + 1
        assert (await client.request(method, address)).status_code == 401, where
        for scope in scopes:
            token = await installation.token_without(frozenset({scope}))
            refused = await client.request(method, address, headers=bearer(token))
            assert (refused.status_code, scope in refused.text) == (403, True), f"{where}: {refused.text}"
        passed = await client.request(method, address, headers=bearer(OPERATOR))
        is_a_reps = f"{path}/".startswith(("/v1/me/", "/v1/assignments/"))
        assert passed.status_code not in ((401,) if is_a_reps else (401, 403)), f"{where}: {passed.text}"
    assert found >= 5


async def test_every_scope_is_asked_for_by_some_route(database_dsn: str, tmp_path: Path) -> None:
    asked: set[str] = set()
    for service in SETTINGS:
        document = built(service, database_dsn, tmp_path / service).openapi()
        asked |= {scope for _, _, scopes in operations(document) for scope in scopes}
    assert set(Scope) == asked
