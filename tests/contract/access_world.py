"""A router that gives out tokens, on a real port, and any other service that asks it about them."""

import asyncio
import importlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from service_kit.auth_gate import Gate
from service_kit.auth_remote import RouterDirectory
from service_kit.clock import ManualClock
from service_kit.fakes import FakeBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from tests.integration.intake.running import publication
from tests.integration.router.worlds import rulebook

SETTINGS = {
    "intake": "IntakeSettings",
    "scoring": "ScoringSettings",
    "router": "RouterSettings",
    "sla_monitor": "Settings",
}
OPERATOR = "the operator's own"


def built(
    service: str,
    dsn: str,
    folder: Path,
    *,
    asks: str | None = None,
    clock: ManualClock | None = None,
    **more: Any,
) -> FastAPI:
    """The application of a service, with a store of its own in the database; it `asks` a router about tokens,
    and believes its answers by this clock.
    """
    main = importlib.import_module(f"{service}.main")
    chosen = getattr(importlib.import_module(f"{service}.settings"), SETTINGS[service])
    settings = chosen(
        dsn=SecretStr(dsn), operator_token=SecretStr(OPERATOR), instance="test", data_dir=folder, **more
    )
    broker, database = FakeBroker(), None
    if service != "scoring":
        broker.append(publication(1, rulebook()))
    if service != "intake":
        migrate(dsn, schema=settings.store_schema, packages=main.PACKAGES)
        database = Database(dsn, schema=settings.store_schema, application_name="test")
    runtime = Runtime(settings, broker=broker, database=database)
    if asks is not None and clock is not None:
        runtime.gate = Gate(settings, RouterDirectory(asks, OPERATOR, clock.monotonic))
    app: FastAPI = main.build_app(settings, runtime)
    return app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An application in this process."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


@asynccontextmanager
async def on_a_port(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """The address of an application that is served as in production."""
    listening = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def bearer(token: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {token}"}


async def token_of(router: str, **wish: Any) -> dict[str, Any]:
    """A new token, as the router gives it out."""
    async with httpx.AsyncClient(base_url=router) as client:
        made = await client.post("/v1/tokens", json={"name": "test", **wish}, headers=bearer(OPERATOR))
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return told
