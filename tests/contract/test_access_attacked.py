"""Ways around the gate that have worked elsewhere: none opens anything here."""

import asyncio
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from service_kit.auth_attempts import MOST_FAILURES
from tests.contract.access_world import OPERATOR, bearer, built, on_a_port, token_of
from tests.patience import HANGS_AFTER

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "TRACE")
PATHS = [
    "/v1/tokens",
    "//v1/tokens",
    "/v1//tokens",
    "/v1/tokens/",
    "/V1/TOKENS",
    "/v1/%74okens",
    "/v1%2Ftokens",
    "/v1/./tokens",
    "/healthz/../v1/tokens",
    "/healthz/..%2fv1/tokens",
    "/act/../v1/tokens",
    "/act/x%2F..%2F..%2Fv1%2Ftokens",
    "/v1/tokens;/healthz",
    "/v1/tokens?/healthz",
    "/v1/tokens#/healthz",
    "/v1/tokens%00",
    "/v1/tokens%20",
    "http://127.0.0.1/v1/tokens",
    "*",
]
HEADERS = [
    "Authorization: Bearer",
    "Authorization: Bearer ",
    "Authorization: Bearer null",
    "Authorization: Bearer undefined",
    f"Authorization: Basic {OPERATOR}",
    f"Authorization: {OPERATOR}",
    f"Authorization: Bearer {OPERATOR}x",
    f"Authorization: Bearer {OPERATOR[:-1]}",
    f"Authorization: Bearer {OPERATOR.upper()}",
    f"Authorization: Bearer,{OPERATOR}",
    f"Proxy-Authorization: Bearer {OPERATOR}",
    f"Cookie: token={OPERATOR}",
    f"X-Operator: {OPERATOR}",
    "Authorization: Bearer \udc80\udcff",
    "Authorization: Bearer ' OR 1=1 --",
    "Authorization: Bearer %00",
    "Authorization: Bearer ..",
    "Authorization: Bearer a.b.c",
    "X-Forwarded-User: operator",
]
WAYS_TO_WRITE_AN_ID = [
    "{}",
    "{{{}}}",
    "urn:uuid:{}",
    "URN:UUID:{}",
    "{}%20",
    "%20{}",
    "{}%00",
    "0x{}",
    "{}/",
    "uuid:{}",
]


@pytest.fixture
async def router(database_dsn: str, tmp_path: Path) -> AsyncIterator[str]:
    async with on_a_port(built("router", database_dsn, tmp_path)) as address:
        yield address


async def raw(address: str, request: bytes) -> int:
    """The status of a request that no client would send; 0 where the connection is closed."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    await writer.drain()
    line = (await asyncio.wait_for(reader.readline(), HANGS_AFTER)).split()
    writer.close()
    return int(line[1]) if len(line) > 1 else 0


def asked(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: router", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


async def test_no_way_to_write_a_path_leads_past_the_gate(router: str) -> None:
    tricks = ("X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-HTTP-Method-Override: GET")
    for path, method in product(PATHS, METHODS):
        status = await raw(router, asked(path, *tricks, "Content-Length: 0", method=method))
        assert status in (0, 400, 401, 404, 405), f"{method} {path}: {status}"


async def test_nothing_but_the_whole_token_in_its_header_is_one(router: str) -> None:
    assert len(HEADERS) < MOST_FAILURES  # else the address waits
    for header in HEADERS:
        assert await raw(router, asked("/v1/tokens", header)) in (400, 401), header
    assert await raw(router, asked(f"/v1/tokens?access_token={OPERATOR.replace(' ', '+')}")) == 401


async def test_a_huge_token_is_refused_at_once(router: str) -> None:
    for size, kind in product((20_000, 200_000, 5_000_000), ("{}", "eyJhbGciOiJub25lIn0.{}.x")):
        token = kind.format("a" * size)
        async with asyncio.timeout(HANGS_AFTER):
            status = await raw(router, asked("/v1/tokens", f"Authorization: Bearer {token}"))
        assert status in (0, 400, 401, 431), size
    assert await raw(router, asked("/healthz")) == 200


async def test_however_a_lead_is_written_a_rep_meets_nothing_of_anothers(router: str) -> None:
    async with (
        httpx.AsyncClient(base_url=router, headers=bearer(OPERATOR)) as client,
        asyncio.timeout(HANGS_AFTER),
    ):
        while (made := await client.post("/v1/reps/ana/tokens")).status_code != 201:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    token = made.json()["token"]
    leads = (str(uuid4()), uuid4().hex, str(uuid4()).upper())
    for written, lead in product(WAYS_TO_WRITE_AN_ID, leads):
        path = f"/v1/leads/{written.format(lead)}"
        status = await raw(router, asked(path, f"Authorization: Bearer {token}"))
        assert status in (404, 422), f"{path}: {status}"


async def test_ends_of_a_token_do_not_count(router: str) -> None:
    token = (await token_of(router, role="manager"))["token"]
    for wrong in (token[:-1], token + "A", token.upper(), token.lower(), token[4:], f"oper_{token[4:]}"):
        if wrong != token:
            assert await raw(router, asked("/v1/reps", f"Authorization: Bearer {wrong}")) == 401
    assert await raw(router, asked("/v1/reps", f"Authorization: Bearer {token}")) == 200
