"""Any request that intake's document describes, and many that it does not: never a 5xx, always as it says."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.intake.running import FORMS, KEY, Harness, Running, publication, rulebook

AnyCase = Case[Any]
EXAMPLES = 4
"""Of each operation, and of each kind: as documented, and otherwise."""
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


def cases(document: dict[str, Any], mode: GenerationMode) -> list[AnyCase]:
    """Requests of every operation; the same in every run."""
    schema = schemathesis.openapi.from_dict(document)
    found: list[AnyCase] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # the document is ours: it can be read
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except schemathesis.errors.SchemathesisError:
            continue

        @given(strategy)
        @settings(
            max_examples=EXAMPLES,
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


async def send(client: httpx.AsyncClient, case: AnyCase) -> httpx.Response:
    case.headers["Authorization"] = "Bearer secret"
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
        answer = await send(intake.client, case)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            told |= {f"{case.operation.label}: {each.title}: {each.message}" for each in group.exceptions}
    assert sorted(told) == []
