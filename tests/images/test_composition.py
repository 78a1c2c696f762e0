"""`docker compose up` on an empty machine, and what runs after it."""

import json
from typing import Any

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.images.composition import SERVICES, ComposedStack, Composition

JOBS = {
    "secrets",
    "topics",
    "database",
    "migrate-scoring",
    "migrate-router",
    "migrate-sla-monitor",
    "publication",
}
SERVERS = {"kafka", "postgres"}
RUNNING = SERVERS | set(SERVICES.values())


@pytest.fixture(scope="module")
def containers(first_start: Composition) -> dict[str, dict[str, Any]]:
    return first_start.containers()


def test_one_command_brings_everything_up_in_health(containers: dict[str, dict[str, Any]]) -> None:
    assert set(containers) == JOBS | RUNNING
    health = {name: containers[name]["State"]["Health"]["Status"] for name in RUNNING}
    assert health == dict.fromkeys(RUNNING, "healthy")
    states = {name: containers[name]["State"] for name in JOBS}
    ended = {name: (state["Status"], state["ExitCode"]) for name, state in states.items()}
    assert ended == dict.fromkeys(JOBS, ("exited", 0))


def test_one_more_command_sends_leads_and_tells_what_became_of_each(first_start: Composition) -> None:
    forms = ("demo-request", "both-lines", "newsletter", "generic")
    _, *told = first_start.compose("run", "--rm", "send-leads").split("== ")
    assert [each.partition("\n")[0] for each in told] == [*forms, "leads"]
    for each in told[:-1]:
        assert any(f" {state}\n" in each for state in ("assigned", "held", "nurturing")), each
    page = json.loads(first_start.compose("run", "--rm", "baton", "leads", "--json"))
    assert len(page["leads"]) >= len(forms)


def test_the_installation_is_in_order(first_start: Composition) -> None:
    status = json.loads(first_start.compose("run", "--rm", "baton", "status", "--json"))
    assert status["ok"], status


def test_nothing_runs_with_more_than_it_needs(containers: dict[str, dict[str, Any]]) -> None:
    for name, container in containers.items():
        host = container["HostConfig"]
        assert host["CapDrop"] == ["ALL"], name
        assert host["SecurityOpt"] == ["no-new-privileges:true"], name
        assert host["ReadonlyRootfs"] == (name != "kafka"), name
        assert not host["Privileged"], name
        added = [each.removeprefix("CAP_") for each in host["CapAdd"] or []]
        assert added == (["CHOWN"] if name == "secrets" else []), name


def test_only_the_four_services_are_reached_from_outside_and_only_from_this_machine(
    containers: dict[str, dict[str, Any]],
) -> None:
    opened = {
        (name, each["HostIp"])
        for name, container in containers.items()
        for ports in (container["HostConfig"]["PortBindings"] or {}).values()
        for each in ports
    }
    assert opened == {(name, "127.0.0.1") for name in SERVICES.values()}


def test_no_secret_stands_in_what_the_engine_tells_of_a_container(
    first_start: Composition, containers: dict[str, dict[str, Any]]
) -> None:
    read = ("--no-deps", "--entrypoint", "cat", "secrets", "/secrets/all/secrets.json")
    kept = first_start.compose("run", "--rm", *read)
    known = set(json.loads(kept).values())
    assert all(len(value) >= 32 for value in known)
    told = {name: json.dumps(container) for name, container in containers.items()}
    assert not [name for name, text in told.items() if any(value in text for value in known)]


@pytest.mark.parametrize("service", SERVICES.values())
def test_nothing_of_opentelemetry_is_set_where_nobody_asks_for_traces(
    first_start: Composition, service: str
) -> None:
    told = first_start.compose("exec", "-T", service, "env")
    assert "BATON_VERSION=" in told
    assert "OTEL_" not in told


def test_a_service_has_its_own_secrets_and_no_others(first_start: Composition) -> None:
    seen = {
        service: set(first_start.compose("exec", "-T", service, "ls", "/run/secrets/env").split())
        for service in SERVICES.values()
    }
    assert seen == {
        "intake": {"BATON_FORM_TOKEN_SECRET", "BATON_OPERATOR_TOKEN"},
        "scoring": {"BATON_DSN", "BATON_ERASURE_KEY", "BATON_OPERATOR_TOKEN"},
        "router": {"BATON_DSN", "BATON_LINK_SECRET", "BATON_OPERATOR_TOKEN"},
        "sla-monitor": {"BATON_DSN", "BATON_OPERATOR_TOKEN"},
    }


@pytest.mark.parametrize("role", ["baton_scoring", "baton_router", "baton_sla_monitor"])
def test_a_role_reads_nothing_of_another_service(first_start: Composition, role: str) -> None:
    other = "router" if role != "baton_router" else "scoring"
    table = "inbox"
    question = f"SET ROLE {role}; SELECT count(*) FROM {other}.{table}"
    with pytest.raises(PartFailedError, match="permission denied for schema"):
        _psql(first_start, question)
    assert _psql(first_start, f"SET ROLE {role}; SELECT count(*) FROM {role.removeprefix('baton_')}.{table}")


def _psql(composition: Composition, question: str) -> str:
    words = ["psql", "--host=postgres", "--username=postgres", "--dbname=baton", "-v", "ON_ERROR_STOP=1"]
    return composition.compose("run", "--rm", "--no-deps", "database", *words, "-c", question)


def test_who_starts_it_again_keeps_secrets_and_data(whole: ComposedStack) -> None:
    before = whole.operator_token()
    whole.stop()
    whole.start()
    assert whole.operator_token() == before
