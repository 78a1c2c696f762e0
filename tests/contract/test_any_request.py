"""Any request that a service documents, and many that it does not: answered as it says, never a 5xx."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from pydantic import SecretStr
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service_kit.fakes import FakeBroker
from service_kit.migrate import migrate
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from tests.integration.intake.running import FORMS, KEY, Harness, Running, publication, rulebook
from tests.integration.router.worlds import rulebook as router_rulebook
from tests.patience import HANGS_AFTER

AnyCase = Case[Any]
EXAMPLES = 4
"""Of each operation, and of each kind: as documented, and otherwise."""
OPERATOR = "secret"
FEW = 2
"""The same, of services with a store."""
STORED = {"scoring": "ScoringSettings", "router": "RouterSettings", "sla_monitor": "Settings"}
SHARED = ("/healthz", "/readyz")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Running]:
    harness = Harness(tmp_path)
    harness.broker.append(publication(1, rulebook(FORMS)))
    async with harness.start() as running:
        yield running


def cases(document: dict[str, Any], mode: GenerationMode, examples: int = EXAMPLES) -> list[AnyCase]:
    """Requests of every operation; the same in every run."""
    schema = schemathesis.openapi.from_dict(document)
    found: list[AnyCase] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), f"the document cannot be read: {result}"
        operation: Any = result.ok()
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except schemathesis.errors.SchemathesisError:
            continue

        @given(strategy)
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def collect(case: AnyCase) -> None:
            found.append(case)

        with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            collect()
    return found


async def send(client: httpx.AsyncClient, case: AnyCase, token: str = OPERATOR) -> httpx.Response:
    case.headers["Authorization"] = f"Bearer {token}"
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://intake")).prepare()
    body: Any = sent.body
    headers: Any = list(sent.headers.items())
    return await client.request(sent.method or "GET", str(sent.url), content=body, headers=headers)


@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_no_request_whatever_is_answered_otherwise_than_documented(
    intake: Running, mode: GenerationMode
) -> None:
    document = (await intake.client.get("/openapi.json")).json()
    sent = cases(document, mode)
    assert len({case.operation.label for case in sent}) >= 5
    told: set[str] = set()
    for number, case in enumerate(sent):
        if number % 3 and "key" in case.path_parameters:
            case.path_parameters["key"] = KEY
        told |= otherwise(case, await send(intake.client, case))
    assert sorted(told) == []


def otherwise(case: AnyCase, answer: httpx.Response) -> set[str]:
    """What about an answer is otherwise than documented."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        return {f"{case.operation.label}: {each.title}: {each.message}" for each in group.exceptions}
    return set()


@asynccontextmanager
async def running(service: str, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A service with a store, over the broker in memory, once it knows a rulebook."""
    main = importlib.import_module(f"{service}.main")
    chosen = getattr(importlib.import_module(f"{service}.settings"), STORED[service])
    settings = chosen(dsn=SecretStr(dsn), operator_token=SecretStr("secret"), instance="test")
    migrate(dsn, schema=settings.store_schema, packages=main.PACKAGES)
    broker = FakeBroker()
    if service != "scoring":
        broker.append(publication(1, router_rulebook()))
    database = Database(dsn, schema=settings.store_schema, application_name="test")
    app = main.build_app(settings, Runtime(settings, broker=broker, database=database))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        if service == "scoring":
            asked = {"rulebook": router_rulebook(), "published_by": "ana"}
            headers = {"Authorization": "Bearer secret"}
            assert (await client.post("/v1/rulebooks", json=asked, headers=headers)).status_code == 201
        yield client


async def token_of_a_rep(client: httpx.AsyncClient) -> str:
    headers = {"Authorization": "Bearer secret"}
    async with asyncio.timeout(HANGS_AFTER):
        while (answer := await client.post("/v1/reps/ana/tokens", headers=headers)).status_code != 201:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return str(answer.json()["token"])


@pytest.mark.parametrize("service", STORED)
async def test_no_request_to_a_service_with_a_store_is_answered_otherwise_than_documented(
    service: str, database_dsn: str
) -> None:
    async with running(service, database_dsn) as client:
        rep = await token_of_a_rep(client) if service == "router" else "secret"
        document = (await client.get("/openapi.json")).json()
        for path in SHARED:  # of every service the same, and a service is not ready at once
            document["paths"].pop(path, None)
        told: set[str] = set()
        for case in (case for mode in GenerationMode for case in cases(document, mode, FEW)):
            is_a_reps = f"{case.operation.path}/".startswith(("/v1/me/", "/v1/assignments/"))
            told |= otherwise(case, await send(client, case, rep if is_a_reps else "secret"))
        assert sorted(told) == []
