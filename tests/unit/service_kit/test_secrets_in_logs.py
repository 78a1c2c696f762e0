"""A path may hold a secret, as the links in messages do: no log ever shows it."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from service_kit.problems import install_problems

SECRET = "eyJsZWFkIjoi-a-link-that-accepts-a-lead"


@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), asyncpg.CannotConnectNowError("starting"), TimeoutError()]
)
async def test_an_error_is_logged_by_the_route_and_not_by_what_stood_in_its_path(error: Exception) -> None:
    app = FastAPI()
    install_problems(app)

    @app.post("/act/{token}")
    async def act(token: str) -> None:
        raise error

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with capture_logs() as logged:
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            assert (await client.post(f"/act/{SECRET}")).status_code >= 500
    assert [entry["path"] for entry in logged] == ["/act/{token}"]
    assert SECRET not in str(logged)
