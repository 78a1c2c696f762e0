"""A publisher finds what it published last, under whichever name that is kept and however much came since."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI

from scoring.api import scoring_router
from service_kit.auth_gate import Gate
from service_kit.auth_principal import SCOPES, Principal, Role

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

TOKENS_OWN = "a token of the job's own"


class Tokens:
    """Knows one token, of a program."""

    async def principal(self, token: str) -> Principal | None:
        known = Principal(Role.MACHINE, "publisher", "Publisher", SCOPES[Role.MACHINE])
        return known if token == TOKENS_OWN else None

    async def confine(self, principal: Principal, path: Mapping[str, str]) -> None: ...


def _client(world: "World", token: str) -> httpx.AsyncClient:
    world.runtime.gate = Gate(world.runtime.settings, Tokens())
    app = FastAPI()
    app.include_router(scoring_router(world.runtime))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://scoring",
        headers={"Authorization": f"Bearer {token}"},
    )


async def test_what_one_published_is_found_behind_what_others_did_since(bare_world: "World") -> None:
    token = bare_world.runtime.settings.operator_token.get_secret_value()
    async with _client(bare_world, token) as client:
        for publisher in ("job", "ana", "ana"):
            new = {"rulebook": bare_world.document, "published_by": publisher}
            assert (await client.post("/v1/rulebooks", json=new)).status_code == 201
        found = (await client.get("/v1/rulebooks", params={"published_by": "job", "limit": 1})).json()
    assert ([each["version"] for each in found["versions"]], found["published_by"]) == ([1], "job")


async def test_a_token_that_says_whose_it_is_finds_what_it_published(bare_world: "World") -> None:
    async with _client(bare_world, TOKENS_OWN) as client:
        new = {"rulebook": bare_world.document, "published_by": "kubernetes"}
        assert (await client.post("/v1/rulebooks", json=new)).status_code == 201
        found = (await client.get("/v1/rulebooks", params={"published_by": "kubernetes"})).json()
    assert found["published_by"] == found["versions"][0]["published_by"] == "machine:publisher"
