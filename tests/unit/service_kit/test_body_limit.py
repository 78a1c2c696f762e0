"""What a service does with bodies larger than it reads."""

from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI, Request

from service_kit.body_limit import BodyLimit
from service_kit.problems import install_problems


def _client() -> httpx.AsyncClient:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, limit=1000)

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
