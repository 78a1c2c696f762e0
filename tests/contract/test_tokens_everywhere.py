"""Tokens that the router gives out, in services that keep none: what opens, for whom, and until when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from service_kit.auth_remote import KEEP_SECONDS
from service_kit.clock import ManualClock
from tests.contract.access_world import OPERATOR, bearer, built, client_of, on_a_port, token_of
from tests.integration.router.worlds import TUESDAY_10, rulebook
from tests.patience import HANGS_AFTER

ROUTES = {"intake": "/v1/forms", "scoring": "/v1/rulebooks", "sla_monitor": "/v1/timers"}
every_other_service = pytest.mark.parametrize("service", ROUTES)


@asynccontextmanager
async def asking(
    service: str, router: str, dsn: str, folder: Path, clock: ManualClock | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A service that asks this router."""
    app = built(service, dsn, folder / service, asks=router, clock=clock or ManualClock(TUESDAY_10))
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def router(database_dsn: str, tmp_path: Path) -> AsyncIterator[str]:
    async with on_a_port(built("router", database_dsn, tmp_path)) as address:
        yield address


async def status(client: httpx.AsyncClient, path: str, token: str) -> int:
    return (await client.get(path, headers=bearer(token))).status_code


@every_other_service
async def test_a_token_opens_what_its_scopes_name_and_once_revoked_nothing_after_ten_seconds(
    service: str, router: str, database_dsn: str, tmp_path: Path
) -> None:
    clock, path = ManualClock(TUESDAY_10), ROUTES[service]
    wide, narrow = (
        await token_of(router, role="manager"),
        await token_of(router, role="machine", scopes=["crm:read"]),
    )
    async with asking(service, router, database_dsn, tmp_path, clock) as client:
        assert await status(client, path, wide["token"]) == 200
        assert await status(client, path, narrow["token"]) == 403
        assert await status(client, path, "mgr_" + "a" * 43) == 401
        async with httpx.AsyncClient(base_url=router) as at_router:
            revoking = f"/v1/tokens/{wide['id']}/revoke"
            assert (await at_router.post(revoking, headers=bearer(OPERATOR))).status_code == 200
        clock.advance(KEEP_SECONDS - 1)
        assert await status(client, path, wide["token"]) == 200
        clock.advance(1)
        assert await status(client, path, wide["token"]) == 401


@every_other_service
async def test_while_the_router_is_away_nobody_new_gets_in_and_the_operators_own_token_does(
    service: str, database_dsn: str, tmp_path: Path
) -> None:
    clock, path = ManualClock(TUESDAY_10), ROUTES[service]
    async with AsyncExitStack() as stack:
        app = built("router", database_dsn, tmp_path)
        async with on_a_port(app) as router:
            token = (await token_of(router, role="manager"))["token"]
            asked = asking(service, router, database_dsn, tmp_path, clock)
            client = await stack.enter_async_context(asked)
            assert await status(client, path, token) == 200
        assert await status(client, path, token) == 200
        clock.advance(KEEP_SECONDS)
        refused = await client.get(path, headers=bearer(token))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert token not in refused.text
        assert await status(client, path, OPERATOR) == 200


@every_other_service
async def test_a_rep_meets_nothing_of_anybody_elses(
    service: str, router: str, database_dsn: str, tmp_path: Path
) -> None:
    token = await rep_token(router)
    async with asking(service, router, database_dsn, tmp_path) as client:
        assert await status(client, ROUTES[service], token) == 403
        if service != "intake":
            paths = [f"/v1/leads/{uuid4()}", f"/v1/leads/{uuid4()}/score", f"/v1/leads/{uuid4()}/signals"]
            for path in paths if service == "scoring" else [f"/v1/leads/{uuid4()}/timers"]:
                answer = await client.get(path, headers=bearer(token))
                assert (answer.status_code, answer.json()["title"]) == (404, "No such lead"), path


async def rep_token(router: str) -> str:
    async with (
        httpx.AsyncClient(base_url=router, headers=bearer(OPERATOR)) as client,
        asyncio.timeout(HANGS_AFTER),
    ):
        while (made := await client.post("/v1/reps/ana/tokens")).status_code != 201:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # until the rulebook is read that names her
    return str(made.json()["token"])


async def test_only_who_may_ask_is_told_whose_a_token_is(router: str) -> None:
    wide = (await token_of(router, role="manager"))["token"]
    asking_token = (await token_of(router, role="machine", scopes=["tokens:check"]))["token"]
    async with httpx.AsyncClient(base_url=router) as client:
        for token, expected in ((wide, 403), ("none", 401), (asking_token, 200)):
            answer = await client.post("/v1/tokens/check", json={"token": wide}, headers=bearer(token))
            assert answer.status_code == expected
        assert answer.json()["role"] == "manager"
        for nonsense in (OPERATOR, "", "x" * 20_000, "a.b.c", "\x00"):
            told = await client.post(
                "/v1/tokens/check", json={"token": nonsense}, headers=bearer(asking_token)
            )
            assert told.json() == {"active": False}, nonsense


async def test_a_name_in_the_body_is_believed_of_the_operators_own_token_alone(
    router: str, database_dsn: str, tmp_path: Path
) -> None:
    token = (await token_of(router, role="manager", name="eva"))["token"]
    account = {"name": "Acme", "domains": ["acme.example"]}
    async with asking("scoring", router, database_dsn, tmp_path) as client:
        published = {"rulebook": rulebook(), "published_by": "ana"}
        made = await client.post("/v1/rulebooks", json=published, headers=bearer(OPERATOR))
        assert made.status_code == 201, made.text
        kept = await client.put(
            "/v1/accounts/A-1", json=account, headers=bearer(token) | {"X-Operator": "ana"}
        )
        assert kept.status_code == 200, kept.text
        order = {"expected": 0, "by": "ana", "why": "looked at it"}
        done = await client.post("/v1/quarantine/refuse", json=order, headers=bearer(token))
        assert done.status_code == 200, done.text
        told = (await client.get("/v1/audit", headers=bearer(token))).json()["audit"]
    assert [(each["action"], each["name"]) for each in told] == [
        ("quarantine.refuse", "manager:eva"),
        ("account.keep", "manager:eva"),
        ("rulebook.publish", "ana"),
    ]
    assert told[2]["detail"]["changes"] == {"version": [None, 1]}
