"""What a service does with bodies larger than it reads."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from service_kit.auth_tokens import Credentials, bearer_token, refused_token
from service_kit.body_limit import LARGEST_OF_STRANGERS, BodyLimit, Proves
from service_kit.errors import Transient
from service_kit.problems import install_problems

LARGE = b'{"a": "' + b"x" * LARGEST_OF_STRANGERS + b'"}'
JSON = {"Content-Type": "application/json"}


def _client(limit: int = 1000, proves: Proves | None = None) -> httpx.AsyncClient:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, limit=limit, proves=proves)

    @app.post("/")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.post("/json")
    async def size(body: dict[str, str]) -> int:
        return len(body)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 400


async def test_a_body_within_the_limit_is_read() -> None:
    async with _client() as client:
        assert (await client.post("/", content=b"x" * 1000)).json() == 1000


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    async with _client() as client:
        answer = await client.post("/", content=b"x" * 1001)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "send less" in answer.json()["detail"]


async def test_an_endless_body_is_refused_as_soon_as_it_is_over_the_limit() -> None:
    async with _client() as client:
        answer = await client.post("/", content=_endless())
    assert answer.status_code == 413


async def test_a_route_that_reads_json_refuses_it_with_the_same_status() -> None:
    async with _client() as client:
        answer = await client.post("/json", content=_endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "send less" in answer.json()["detail"]


async def _good(sent: Credentials, _: str) -> None:
    if bearer_token(sent) != "good":
        raise refused_token("ask for another")


def _fails_with(error: Exception) -> Proves:
    async def proves(_: Credentials, __: str) -> None:
        raise error

    return proves


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


@pytest.mark.parametrize("is_declared", [True, False])
async def test_much_is_read_of_who_is_known_and_of_nobody_else(is_declared: bool) -> None:
    async def sent(client: httpx.AsyncClient, token: str | None) -> httpx.Response:
        body = LARGE if is_declared else _pieces(LARGE * 2)
        return await client.post("/json", content=body, headers=JSON | _bearer(token))

    async with _client(5 * LARGEST_OF_STRANGERS, _good) as client:
        refused = [await sent(client, token) for token in (None, "wrong")]
        known = await sent(client, "good")
        few = await client.post("/json", content=b'{"a": "x"}', headers=JSON)
    assert [answer.status_code for answer in refused] == [401, 401]
    assert all(answer.headers["www-authenticate"] == "Bearer" for answer in refused)
    assert known.status_code == (200 if is_declared else 422), "two documents are no JSON, and are read"
    assert few.json() == 1, "its route asks whose it is"


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (ConnectionError(), 503, "the store is away"),
        (Transient("PostgreSQL is in recovery"), 503, "another server takes over"),
        (ValueError("broken"), 500, "a fault of ours, and none of the body's"),
    ],
)
async def test_while_nobody_can_be_known_little_is_read_and_the_body_is_not_blamed(
    error: Exception, status: int, why: str
) -> None:
    async with _client(5 * LARGEST_OF_STRANGERS, _fails_with(error)) as client:
        answer = await client.post("/json", content=LARGE, headers=JSON | _bearer("good"))
    assert answer.status_code == status, why
    assert answer.headers.get("retry-after") == ("2" if status == 503 else None)


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}
