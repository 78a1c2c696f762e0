"""The four services on servers that let nobody in without TLS and a login, and what their logs say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.installation import Installation, somebody
from tests.integration.security.company import Installed, installed
from tests.integration.security.rough_day import AWAY, Marks, rough_day
from tests.integration.security.servers import PASSWORD, Papers

pytestmark = pytest.mark.stack
SECONDS = 60.0
OPEN = ("/metrics", "/readyz", "/servez", "/healthz", "/openapi.json")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, made: Papers) -> Iterator[Installed]:
    """One installation for all tests of this module."""
    found = installed(tmp_path_factory.mktemp("guarded"), made)
    found.stack.start()
    yield found
    found.stack.stop()


@pytest.fixture
def baton(running: Installed) -> Iterator[Installation]:
    installation = Installation(running.stack)
    yield installation
    installation.close()


def test_a_lead_goes_from_form_to_rep_and_into_a_report_over_tls_alone(
    running: Installed, baton: Installation
) -> None:
    (lead,) = baton.leads_of(baton.post("demo-request", somebody()))
    assert baton.assigned(lead)["rep_id"]
    baton.eventually(lambda: baton.timers(lead), bool, "the promises on the lead")
    assert _report(baton).status_code == 200, "made by a process of its own"
    with psycopg.connect(running.stack.postgres.dsn) as superuser:
        rows = superuser.execute(
            "select application_name, ssl from pg_stat_activity join pg_stat_ssl using (pid)"
            " where usename like 'baton_%'"
        ).fetchall()
    names = {name for name, _ in rows}
    assert names >= {"baton-scoring", "baton-router", "baton-sla-monitor"}
    assert all(encrypted for _, encrypted in rows), rows


def test_intake_spools_while_kafka_refuses_its_password_and_says_so(
    running: Installed, baton: Installation
) -> None:
    intake = running.stack.services["intake"]
    intake.stop()
    running.kafka_password.write_text("rotated-elsewhere")
    try:
        intake.start()
        intake.await_answer()
        submission = baton.post("newsletter", somebody())
        answer = baton.eventually(
            lambda: _readiness(intake.base_url), lambda found: "concerns" in found, "why"
        )
        assert answer["ready"], "it takes leads all the same"
        assert "correct BATON_KAFKA_USER and BATON_KAFKA_PASSWORD_FILE" in answer["concerns"]["kafka"]
        assert "Kafka cannot be used" in _events(intake.log_path)
    finally:
        running.kafka_password.write_text(PASSWORD)
    assert baton.leads_of(submission), "drained with the right password, without a restart"
    assert "concerns" not in baton.eventually(
        lambda: _readiness(intake.base_url), lambda found: "concerns" not in found, "no more concern"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"BATON_KAFKA_SECURITY": "PLAINTEXT"}, "set BATON_KAFKA_SECURITY to what its listener is"),
        ({"BATON_POSTGRES_SSLMODE": "disable"}, "set BATON_POSTGRES_SSLMODE=verify-full"),
    ],
    ids=["plaintext on Kafka's TLS port", "plaintext to PostgreSQL"],
)
def test_a_service_that_is_not_let_in_waits_and_says_what_to_set(
    running: Installed, baton: Installation, wrong: dict[str, str], said: str
) -> None:
    router = running.stack.services["router"]
    right = dict(router.env)
    router.stop()
    router.env.update(wrong)
    try:
        router.start()
        router.await_answer("/healthz")
        reasons = baton.eventually(
            lambda: _readiness(router.base_url)["reasons"], lambda found: said in str(found), said
        )
        assert reasons
        assert said in _log(router.log_path)
        assert router.is_alive()
    finally:
        router.stop()
        router.env.clear()
        router.env.update(right)
        router.start()
        router.await_answer()
    (lead,) = baton.leads_of(baton.post("newsletter", somebody()))
    assert baton.assigned(lead)["rep_id"]


def test_no_log_line_and_nothing_that_is_open_to_all_holds_a_secret_or_anything_of_a_person(
    running: Installed, baton: Installation
) -> None:
    marks = Marks()
    rough_day(running, baton, marks)
    shown = _open_to_all(running)
    for service in running.stack.services.values():
        service.stop()
    logs = sorted((running.stack.home / "logs").glob("*.log"))
    assert {log.stem for log in logs} >= set(running.stack.services)
    wanted = {**running.secrets, **marks.by_name}
    wanted |= {f"token of {rep}": each["token"] for rep, each in baton.at["reps"].items()}
    found = [
        f"{log.name}: {name}: {line[:300]}"
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        for name, text in wanted.items()
        if text.lower() in line.lower()
    ]
    assert not found, "\n".join(found[:20])
    told = [f"{where}: {name}" for where, text in shown.items() for name in wanted if wanted[name] in text]
    assert not told, "\n".join(told)
    assert _events_of_all(logs) >= AWAY, "what the day was to bring about is there to be read"


def _open_to_all(running: Installed) -> dict[str, str]:
    """What each service tells whoever asks, without a token."""
    found = {}
    for name, service in running.stack.services.items():
        for path in OPEN:
            answer = httpx.get(service.base_url + path, timeout=SECONDS, trust_env=False)
            assert answer.status_code in (200, 503), f"{name}{path}: {answer.status_code}"
            found[name + path] = answer.text
    return found


def _readiness(address: str) -> dict[str, Any]:
    try:
        return dict(httpx.get(f"{address}/readyz", timeout=30, trust_env=False).json())
    except httpx.TransportError:
        return {"ready": False, "reasons": {}}


def _report(baton: Installation) -> httpx.Response:
    url = f"{baton.at['sla_monitor']}/v1/reports/2026-11"
    headers = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    return httpx.get(url, headers=headers, timeout=SECONDS, trust_env=False)


def _log(path: Path) -> str:
    return path.read_text(errors="replace")


def _events(path: Path) -> set[str]:
    lines = [line for line in _log(path).splitlines() if line.startswith("{")]
    return {str(json.loads(line).get("event")) for line in lines}


def _events_of_all(logs: list[Path]) -> set[str]:
    return set().union(*(_events(log) for log in logs))
