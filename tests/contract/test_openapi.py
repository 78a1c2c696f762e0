"""The OpenAPI document of every service: tokens by their kind, refusals as the problems that they are."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from service_kit.settings import ServiceSettings

SERVICES = {
    "intake": "IntakeSettings",
    "scoring": "ScoringSettings",
    "router": "RouterSettings",
    "sla_monitor": "Settings",
}
READMES = Path(__file__).resolve().parents[2] / "services"
OPEN = {
    "/healthz",
    "/readyz",
    "/v1/forms/{key}/submissions",
    "/v1/forms/{key}/token",
    "/v1/signals",
    "/v1/calendar.ics",
    "/v1/crm/{name}/events",
    "/baton.js",
}
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

Operation = tuple[str, str, dict[str, Any]]


def _print_document(package: str) -> None:
    """Of a service that is never started. A process each, as metrics of services share names."""
    settings_class = getattr(importlib.import_module(f"{package}.settings"), SERVICES[package])
    with TemporaryDirectory() as folder:
        settings: ServiceSettings = settings_class(**({"data_dir": folder} if package == "intake" else {}))
        database = None
        if package != "intake":
            dsn = "postgresql://x:y@localhost/z"
            database = Database(dsn, schema=settings.store_schema, application_name="test")
        runtime = Runtime(settings, broker=FakeBroker(), database=database)
        app = importlib.import_module(f"{package}.main").build_app(settings, runtime)
        sys.stdout.write(json.dumps(app.openapi()))


@cache
def _document(package: str) -> dict[str, Any]:
    told = subprocess.run([sys.executable, __file__, package], capture_output=True, check=True)
    document: dict[str, Any] = json.loads(told.stdout)
    return document


@pytest.fixture
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return _document(request.param)


def _acts_on_a_lead(method: str, path: str) -> bool:
    """What a rep, or a person by hand, does with a lead that may have changed, or a rep who may be full."""
    by_hand = ("/v1/assignments/", "/v1/leads/{lead_id}/", "/v1/declines/", "/v1/me/leads")
    return method.lower() == "post" and path.startswith(by_hand)


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


every_service = pytest.mark.parametrize("document", SERVICES, indirect=True)


@every_service
def test_every_route_names_the_token_it_needs(document: dict[str, Any]) -> None:
    others = ["operator", "token"]
    schemes = document["components"]["securitySchemes"]
    assert all((each["type"], each["scheme"]) == ("http", "bearer") for each in schemes.values())
    assert all(each["description"] for each in schemes.values())
    for path, method, operation in _operations(document):
        of_a_rep = f"{path}/".startswith(("/v1/me/", "/v1/assignments/"))
        expected = [] if path in OPEN else ["rep"] if of_a_rep else others
        told_of = [name for kind in operation.get("security", []) for name in kind]
        assert told_of == expected, f"{method} {path}"
        told = [parameter["name"].lower() for parameter in operation.get("parameters", [])]
        assert "authorization" not in told, f"{method} {path}"


@every_service
def test_every_refusal_is_told_as_a_problem(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, method, operation in _operations(document):
        if path in ("/healthz", "/readyz"):
            continue
        answers, where = operation["responses"], f"{method} {path}"
        refusals = {status: answer for status, answer in answers.items() if int(status) >= 400}
        assert all(answer["content"] == PROBLEM for answer in refusals.values()), where
        assert all(answer["description"] for answer in answers.values()), where
        if path not in OPEN:  # there a vendor proves itself by its signature
            assert ("401" in answers) == ("security" in operation), where
        assert "404" in answers or "{" not in path, where
        takes = "requestBody" in operation or "parameters" in operation
        assert ("422" in answers) == takes, where


@pytest.mark.parametrize("document", ["router"], indirect=True)
def test_an_act_of_a_rep_may_meet_a_lead_in_another_state(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        assert ("409" in operation["responses"]) == _acts_on_a_lead(method, path), f"{method} {path}"


@pytest.mark.parametrize(("document", "service"), [(each, each) for each in SERVICES], indirect=["document"])
def test_the_readme_of_a_service_lists_every_route(document: dict[str, Any], service: str) -> None:
    readme = (READMES / service.replace("_", "-") / "README.md").read_text("utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("|")]
    routes = [f"`{method} {path}`" for path, method, _ in _operations(document)]
    assert [route for route in routes if not any(route in row for row in rows)] == []


if __name__ == "__main__":
    _print_document(sys.argv[1])
