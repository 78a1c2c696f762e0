"""Rules and routes hold together: metrics exist, each alert is tried both ways, routed, and has a runbook."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from baton_dev.boards.declared import declared
from baton_dev.observability.pace import seconds_of
from baton_dev.observability.packages import program
from baton_dev.observability.servers import ALERTMANAGER, DEPLOY, RULES

ROOT = DEPLOY.parent
RUNBOOKS = ROOT / "docs" / "operations" / "runbooks"
CASES = sorted((DEPLOY / "prometheus" / "tests").glob("*.test.yml"))
PARTS = ("## How to look", "## Causes, and what to do", "## It is over when")
HOW_TO_RUN = "(README.md#how-to-run-what-the-pages-say)"
"""Where the pages send who does not know how a query is asked."""
OF_PROMETHEUS = {"up", "process_cpu_seconds_total", "process_start_time_seconds"}
"""What the scraper or the client library exports by itself."""


@cache
def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def run(*command: str) -> str:
    done = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_finds_nothing_in_the_rules() -> None:
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *map(str, sorted(RULES.glob("*.yml"))))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.name)
def test_alerts_fire_and_are_quiet_as_their_cases_say(file: Path) -> None:
    run("promtool", "test", "rules", str(file))


def test_each_alert_has_a_case_where_it_fires_and_one_where_it_does_not() -> None:
    fires: set[str] = set()
    quiet: set[str] = set()
    for file in CASES:
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for each in case["alert_rule_test"]:
                (fires if each["exp_alerts"] else quiet).add(each["alertname"])
    assert fires == quiet == {alert["alert"] for alert in alerts()}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_how_grave_whose_and_where_its_page_is(alert: dict[str, Any]) -> None:
    name, notes = alert["alert"], alert["annotations"]
    assert re.fullmatch(r"Baton([A-Z][a-z]+)+", name)
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["labels"]["team"] in ("operations", "marketing", "sales")
    assert notes["runbook_url"] == "{{ $externalLabels.runbooks }}/" + name + ".md"
    assert notes["summary"].endswith(".")
    assert notes["description"]
    page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n")
    assert [part for part in PARTS if part not in page] == []
    assert HOW_TO_RUN in page.partition(PARTS[0])[2].partition(PARTS[1])[0]


def test_each_runbook_is_of_an_alert_and_stands_in_the_index() -> None:
    names = {alert["alert"] for alert in alerts()}
    assert {page.stem for page in RUNBOOKS.glob("Baton*.md")} == names
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"]({name}.md)" not in index] == []


def test_the_index_says_of_each_alert_whom_it_wakes_and_what_it_says() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    rows = {
        grave: index.partition(f"\n## {grave}\n")[2].partition("\n## ")[0] for grave in ("page", "ticket")
    }
    told = {
        (alert["labels"]["severity"], f"| [{name}]({name}.md) | {alert['labels']['team']} | {says} |")
        for alert in alerts()
        for name, says in [(alert["alert"], alert["annotations"]["summary"])]
        if alert["labels"].get("state") != "full"  # told once more
    }
    assert [row for grave, row in sorted(told) if row not in rows[grave]] == []
    assert sum(text.count("| [Baton") for text in rows.values()) == len(told)


def test_the_index_says_how_a_query_is_asked_in_compose_and_on_kubernetes() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    how = index.partition("## How to run what the pages say")[2].partition("\n## ")[0]
    asked = (
        "curl -sG http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=QUERY'",
        "port-forward",
        ":9090",
    )
    assert [part for part in asked if part not in how] == []


def test_every_metric_of_a_rule_is_exported_by_a_service_or_recorded() -> None:
    folders = ("libs", "services")
    code = "\n".join(
        path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("metrics.py")
    )
    exported = set(re.findall(r'"(baton_[a-z_]+)"', code)) | {"baton_build_info"}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    unknown = set()
    for rule in rules():
        text = re.sub(r'"[^"]*"', '""', rule["expr"])
        named = re.findall(r"(?<![\w:])(?:up|process_\w+|[a-z_]*:?baton[\w:]*)(?![\w:(])", text)
        for metric in named:
            base = re.sub(r"_(bucket|count|sum)$", "", metric)
            if not {metric, base} & (exported | recorded | OF_PROMETHEUS):
                unknown.add(metric)
    assert unknown == set()


def _queries_of_runbooks() -> Iterator[tuple[str, str]]:
    """Each piece of code that speaks of a metric of ours, with its page."""
    for page in sorted(RUNBOOKS.glob("*.md")):
        text = page.read_text(encoding="utf-8").replace("\\|", "|")
        for query in re.findall(r"`([^`\n]+)`|query=([^'\n]+)'", text):
            code = query[0] or query[1]
            if re.search(r"\bbaton_|:baton_|\bbaton:", code) and not code.startswith("curl"):
                yield page.stem, code


def _selectors(query: str) -> list[promql.VectorSelector]:
    """Whatever a query asks of. Raises ValueError where it is none."""
    found: list[promql.VectorSelector] = []

    def enter(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector):
            found.append(node)

    promql.walk(promql.parse(query), pre_visit=enter, post_visit=lambda _: None)
    return found


def test_a_query_of_a_runbook_asks_of_metrics_and_labels_that_there_are() -> None:
    known = {name: metric.labels | {"job", "instance"} for name, metric in declared(ROOT).items()}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    queries = list(_queries_of_runbooks())
    assert len(queries) >= 40
    wrong = []
    for page, query in queries:
        for selector in _selectors(query):
            asked = {matcher.name for matcher in selector.matchers.matchers}
            name = selector.name or ""
            if name not in recorded and (name not in known or asked - known[name]):
                wrong.append((page, query))
    assert wrong == []


def test_amtool_finds_nothing_in_the_routes() -> None:
    run("amtool", "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize(
    ("labels", "receiver", "why"),
    [
        ("severity=page team=sales", "page", "a lead in danger wakes somebody, whichever team it is"),
        ("severity=ticket team=sales", "tickets-sales", "sales hears of its own"),
        ("severity=ticket team=marketing", "tickets-marketing", "marketing hears of its own"),
        ("severity=ticket team=operations", "tickets-operations", "the rest is the operator's"),
    ],
)
def test_an_alert_goes_to_whoever_can_act(labels: str, receiver: str, why: str) -> None:
    told = run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels.split())
    assert told.strip() == receiver, why


def test_inhibition_names_alerts_that_exist_and_labels_that_both_sides_may_have() -> None:
    config = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    named = {
        name
        for rule in config["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        for name in re.findall(r"Baton\w+", matcher)
    }
    assert named - {alert["alert"] for alert in alerts()} == set()


def test_a_cause_stays_for_as_long_as_what_comes_behind_it() -> None:
    """Else that is told anew as soon as the cause is over."""
    stays = {alert["alert"]: seconds_of(alert.get("keep_firing_for", "0s")) for alert in alerts()}
    config = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    for rule in config["inhibit_rules"]:
        causes, behind = (
            re.findall(r"Baton\w+", str(rule[side])) for side in ("source_matchers", "target_matchers")
        )
        assert min(stays[name] for name in causes) >= max(stays[name] for name in behind), rule
    late = [rule for rule in config["inhibit_rules"] if "BatonHandoffSlow|" in str(rule["target_matchers"])]
    assert {
        stays[name] > 0 for rule in late for name in re.findall(r"Baton\w+", str(rule["source_matchers"]))
    } == {True}


def test_no_page_is_silenced_by_a_ticket() -> None:
    """Whoever is not woken by the cause must be woken by what it does."""
    severity = {alert["alert"]: alert["labels"]["severity"] for alert in alerts()}
    config = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    for rule in config["inhibit_rules"]:
        sources = re.findall(r"Baton\w+", rule["source_matchers"][0])
        assert {severity[name] for name in sources} == {"page"}
