"""What docker-compose.yml hands to whom: settings that are known, traces where asked for, own secrets."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from intake.settings import IntakeSettings
from router.settings import RouterSettings
from scoring.settings import ScoringSettings
from service_kit.settings import ServiceSettings
from sla_monitor.settings import Settings as MonitorSettings

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "scoring": ScoringSettings,
    "router": RouterSettings,
    "sla-monitor": MonitorSettings,
}
SECRET_OF_TRACING = "OTEL_EXPORTER_OTLP_HEADERS"
ENDS = "service_completed_successfully"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return read


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_knows_every_setting_that_it_is_given(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    known = {f"BATON_{field}".upper() for field in SERVICES[name].model_fields} | {"BATON_ROUTER_URL"}
    given = {each for each in services[name]["environment"] if each.startswith("BATON_")}
    assert given <= known


@pytest.mark.parametrize("name", SERVICES)
def test_all_that_the_page_names_reaches_a_service_and_is_absent_where_it_is_not_set(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    page = (ROOT / "docs/operations/tracing.md").read_text()
    table = "\n".join(
        line.partition("|")[2].partition("|")[0] for line in page.splitlines() if "| `OTEL_" in line
    )
    named = {
        each.replace("...", "OTEL_EXPORTER_OTLP")
        for each in re.findall(r"`((?:OTEL|\.\.\.)_[A-Z_]+)`", table)
    }
    handed = {each: value for each, value in services[name]["environment"].items() if "OTEL_" in each}
    assert handed == dict.fromkeys(named - {SECRET_OF_TRACING})


def test_who_waits_for_a_job_waits_for_its_success_and_for_a_server_until_it_is_in_health(
    services: dict[str, dict[str, Any]],
) -> None:
    waits = {
        (name, other): how["condition"]
        for name, service in services.items()
        for other, how in service.get("depends_on", {}).items()
    }
    wanted = {pair: ENDS if services[pair[1]]["restart"] == "no" else "service_healthy" for pair in waits}
    assert waits == wanted


def test_everything_that_stays_says_whether_it_is_in_health(services: dict[str, dict[str, Any]]) -> None:
    staying = {name for name, service in services.items() if service["restart"] != "no"}
    assert staying - SERVICES.keys() == {name for name in staying if "healthcheck" in services[name]}


def test_who_reads_files_of_the_release_is_started_anew_with_each_release(
    services: dict[str, dict[str, Any]],
) -> None:
    """`up` starts nothing anew for a mounted file that changed, and a container keeps the file it had."""

    def sources(service: dict[str, Any]) -> set[str]:
        return {str(each).partition(":/")[0] for each in service.get("volumes", ())}

    readers = {
        name
        for name, service in services.items()
        if service["restart"] != "no"
        and any(each.startswith("./") or each == "${ALERTMANAGER_FOLDER}" for each in sources(service))
    }
    assert readers >= {"prometheus", "alertmanager", "grafana", *SERVICES}
    known = {name: (services[name]["image"], services[name].get("labels", {})) for name in readers}
    assert {name for name, of in known.items() if "${BATON_VERSION}" not in str(of)} == set()


def test_whose_secrets_are_mounted_has_them_made_before_it_starts(
    services: dict[str, dict[str, Any]],
) -> None:
    def behind(name: str) -> set[str]:
        first = set(services[name].get("depends_on", {}))
        return first.union(*(behind(each) for each in first))

    mounted = {
        name
        for name, service in services.items()
        if any(str(each).startswith("secrets-") for each in service.get("volumes", ())) and name != "secrets"
    }
    asked_by_hand = {"baton", "send-leads"}
    assert {name for name in mounted - asked_by_hand if "secrets" not in behind(name)} == set()
    for name in mounted - asked_by_hand:
        assert set(services[name]["profiles"]) <= set(services["secrets"]["profiles"]), name


def with_secrets(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a command says that the script runs, its folders below `folder`."""
    script = (ROOT / "deploy/compose/with-secrets.sh").read_text().replace("/run/secrets/", f"{folder}/")
    (folder / "script").write_text(script)
    return subprocess.run(["sh", folder / "script", "sh", "-c", command], capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("env", "baton"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_each_secret_of_a_program_is_a_variable_of_its_own(folder: Path) -> None:
    (folder / "env" / "BATON_DSN").write_text("postgresql://somebody:a b$c@postgres/baton")
    (folder / "baton" / "slack-token").write_text("of the rulebook")
    assert with_secrets(folder, 'echo "$BATON_DSN"').stdout == "postgresql://somebody:a b$c@postgres/baton\n"


def test_headers_for_a_collector_are_taken_from_the_operators_folder(folder: Path) -> None:
    (folder / "env" / "BATON_DSN").write_text("any")
    (folder / "baton" / SECRET_OF_TRACING).write_text("authorization=Bearer%20token\n")
    said = with_secrets(folder, f'echo "${SECRET_OF_TRACING}"')
    assert said.stdout == "authorization=Bearer%20token\n"


def test_a_mail_servers_password_can_stand_where_no_inspection_shows_it(folder: Path) -> None:
    (folder / "env" / "BATON_DSN").write_text("any")
    (folder / "baton" / "BATON_SMTP_URL").write_text("smtp://baton:secret@mail.example.com:587\n")
    (folder / "baton" / "BATON_OPERATOR_TOKEN").write_text("of another program: not taken from here")
    said = with_secrets(folder, 'echo "$BATON_SMTP_URL ${BATON_OPERATOR_TOKEN:-none}"')
    assert said.stdout == "smtp://baton:secret@mail.example.com:587 none\n", said.stderr


@pytest.mark.parametrize(
    "written",
    [
        b"smtp://baton:s$e'c\"r`t@mail.example.com:587\r\n",
        b"\xef\xbb\xbfsmtp://baton:s$e'c\"r`t@mail.example.com:587",
    ],
    ids=["as Windows ends lines", "as Notepad marks UTF-8"],
)
def test_an_address_is_taken_as_it_was_meant_whatever_editor_wrote_it(written: bytes, folder: Path) -> None:
    (folder / "env" / "BATON_DSN").write_text("any")
    (folder / "baton" / "BATON_SMTP_URL").write_bytes(written)
    said = with_secrets(folder, 'printf %s "$BATON_SMTP_URL"')
    assert said.stdout == "smtp://baton:s$e'c\"r`t@mail.example.com:587", said.stderr


@pytest.mark.parametrize("name", [f"{SECRET_OF_TRACING}.expires", f"{SECRET_OF_TRACING}~"])
def test_what_stands_beside_a_secret_keeps_no_program_from_starting(name: str, folder: Path) -> None:
    (folder / "env" / "BATON_DSN").write_text("any")
    (folder / "baton" / SECRET_OF_TRACING).write_text("authorization=Bearer%20token")
    (folder / "baton" / name).write_text("2027-01-31")
    said = with_secrets(folder, f'echo "${SECRET_OF_TRACING}"')
    assert said.stdout == "authorization=Bearer%20token\n", said.stderr


def test_a_folder_in_the_place_of_a_secret_is_named_and_no_empty_value_taken(folder: Path) -> None:
    """Docker makes one where a file that is to be mounted does not exist."""
    (folder / "env" / "BATON_DSN").write_text("any")
    (folder / "baton" / "BATON_SMTP_URL").mkdir()
    done = with_secrets(folder, "echo started")
    assert (done.returncode, done.stdout) == (1, "")
    assert "BATON_SMTP_URL is no file" in done.stderr


def test_a_program_without_secrets_does_not_start_and_says_what_makes_them(folder: Path) -> None:
    done = with_secrets(folder, "echo started")
    assert (done.returncode, done.stdout) == (1, "")
    assert "docker compose up secrets" in done.stderr


def test_every_port_is_opened_on_this_machine_alone_unless_the_operator_says_otherwise(
    services: dict[str, dict[str, Any]],
) -> None:
    assert "\nBIND=127.0.0.1\n" in (ROOT / ".env").read_text()
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) >= len(SERVICES) + 4
    assert [port for port in ports if not port.startswith("${BIND}:")] == []


@pytest.mark.parametrize(
    "name",
    [
        ".env.local",
        "docker-compose.override.yml",
        "deploy/compose/settings.env",
        "deploy/compose/secrets/crm",
    ],
)
def test_what_an_operator_writes_is_in_the_way_of_no_release(name: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    done = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=ROOT)
    assert done.returncode == 0


def test_what_an_operator_changes_is_taken_from_a_folder_that_is_theirs_to_name(
    services: dict[str, dict[str, Any]],
) -> None:
    mounted = {str(each) for service in services.values() for each in service.get("volumes", [])}
    for target, variable in (
        ("/etc/baton/rulebook", "BATON_RULEBOOK"),
        ("/etc/alertmanager", "ALERTMANAGER_FOLDER"),
        ("/run/secrets/baton", "BATON_SECRETS"),
    ):
        assert {each for each in mounted if f":{target}:" in each} == {f"${{{variable}}}:{target}:ro"}


def test_every_variable_without_a_default_has_its_value_in_env() -> None:
    needed = set(re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env").read_text(), re.MULTILINE))
    assert needed - given == set()


def test_no_password_stands_in_the_file(services: dict[str, dict[str, Any]]) -> None:
    given = [
        (name, each, str(value))
        for name, service in services.items()
        for each, value in (service.get("environment") or {}).items()
        if re.search("PASSWORD|TOKEN|SECRET|_KEY$", each) and "OTEL" not in each
    ]
    assert len(given) >= 11
    for name, each, value in given:
        is_handed_on, is_a_file = value == f"${{{each}:-}}", value.startswith("/run/secrets/")
        assert is_handed_on or is_a_file, f"{each} of {name}"


def test_prometheus_scrapes_each_container_of_a_service_that_may_be_scaled() -> None:
    """A name that stands for several is answered by one of them at a time: counters would jump."""
    read = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in read["scrape_configs"]}
    assert jobs["intake"]["static_configs"] == [{"targets": ["intake:8080"]}], "one, which owns the spool"
    for name in sorted(SERVICES.keys() - {"intake"}):
        (found,) = jobs[name]["dns_sd_configs"]
        assert (found["names"], found["type"], found["port"]) == ([name], "A", 8080)
