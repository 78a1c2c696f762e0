"""The boards are what their program writes; each panel can be read, and asks what can be answered."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from baton_cli.catalogue import offers
from baton_dev.boards.declared import declared
from baton_dev.boards.linting import problems
from baton_dev.boards.writing import FOLDER, RUNBOOKS_AT, documents, text_of

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy" / "grafana"
BOARDS = documents()
METRICS = declared(ROOT)
PANELS_AT_MOST = 18
ROWS_AT_MOST = 36
"""A screen and a half of a laptop: a row of the grid is 30 pixels and a gap."""


def _panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for uid, board in BOARDS.items():
        for panel in board["panels"]:
            yield uid, panel


@cache
def _rules() -> list[dict[str, Any]]:
    files = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
    groups = [group for path in files for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def _recorded() -> dict[str, str]:
    """Recording rules by name."""
    return {rule["record"]: rule["expr"] for rule in _rules() if "record" in rule}


def _alerts() -> set[str]:
    """Alerts, each of which has a page of this name."""
    return {rule["alert"] for rule in _rules() if "alert" in rule}


def _spelled_out(expr: str) -> str:
    """The query with recording rules in full."""
    for name, rule in _recorded().items():
        expr = expr.replace(name, rule)
    return expr


every_panel = pytest.mark.parametrize(
    ("uid", "panel"), [pytest.param(*each, id=f"{each[0]}: {each[1]['title']}") for each in _panels()]
)


def test_the_files_are_what_the_program_writes() -> None:
    """`make generate` writes them again."""
    written = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / FOLDER).glob("*.json")}
    assert written == {uid: text_of(board) for uid, board in BOARDS.items()}


@every_panel
def test_a_panel_asks_a_question_and_says_how_its_answer_is_made(uid: str, panel: dict[str, Any]) -> None:
    assert panel["title"].endswith("?")
    assert len(panel["title"]) <= 60
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None


@every_panel
def test_a_panel_names_its_series(uid: str, panel: dict[str, Any]) -> None:
    if panel["type"] in ("timeseries", "bargauge"):
        assert all(target["legendFormat"] for target in panel["targets"])
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@every_panel
def test_a_query_is_answered_by_what_the_services_export(uid: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert problems(target["expr"], METRICS, _recorded()) == []
        assert target["datasource"]["uid"] == "prometheus"


@every_panel
def test_a_legend_speaks_of_labels_that_its_query_keeps(uid: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        kept = {
            label.strip()
            for group in re.findall(r"by \(([^)]*)\)", _spelled_out(target["expr"]))
            for label in group.split(",")
        }
        assert named <= kept


@every_panel
def test_commands_that_a_panel_names_exist(uid: str, panel: dict[str, Any]) -> None:
    assert set(re.findall(r"`baton ([a-z-]+)", panel["description"])) <= set(offers())


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_fits_a_laptop(uid: str) -> None:
    panels = BOARDS[uid]["panels"]
    assert len(panels) <= PANELS_AT_MOST
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) <= ROWS_AT_MOST
    widths: dict[int, int] = {}
    for panel in panels:
        widths[panel["gridPos"]["y"]] = widths.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
    assert set(widths.values()) == {24}


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_asks_nothing_twice(uid: str) -> None:
    titles = [panel["title"] for panel in BOARDS[uid]["panels"]]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_leads_to_the_others(uid: str) -> None:
    (others,) = BOARDS[uid]["links"]
    assert others["type"] == "dashboards"
    assert set(others["tags"]) <= set(BOARDS[uid]["tags"])
    assert others["keepTime"]


@every_panel
def test_a_link_of_a_panel_leads_somewhere(uid: str, panel: dict[str, Any]) -> None:
    for link in panel["links"]:
        board = re.fullmatch(r"/d/([a-z-]+)", link["url"])
        runbook = re.fullmatch(r"\${runbooks}/(\w+)\.md", link["url"])
        assert board or runbook
        if board:
            assert board[1] in BOARDS
            assert board[1] != uid
        if runbook:
            assert runbook[1] in _alerts()
            assert (ROOT / "docs" / "operations" / "runbooks" / f"{runbook[1]}.md").is_file()


def test_grafana_is_told_of_the_data_source_and_the_folder_that_boards_name() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/baton.yml").read_text())["providers"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")
    assert provider["options"]["path"] == "/etc/grafana/dashboards"


def test_boards_and_prometheus_agree_on_how_often_is_scraped_and_where_runbooks_are() -> None:
    (source,) = _provisioned("datasources/prometheus.yml")["datasources"]
    scraped = yaml.safe_load((ROOT / "deploy" / "compose" / "prometheus.yml").read_text())["global"]
    assert source["jsonData"]["timeInterval"] == scraped["scrape_interval"]
    assert f"RUNBOOKS_URL={RUNBOOKS_AT}" in (ROOT / ".env").read_text().splitlines()


def _provisioned(file: str) -> Any:
    return yaml.safe_load((GRAFANA / "provisioning" / file).read_text())


@pytest.mark.parametrize(
    ("expr", "problem", "why"),
    [
        ("sum(", "no PromQL", "it must parse"),
        ("sum(baton_leads_lost)", "no service exports it", "a metric that there is not"),
        ("baton_leads_held", "sum it up", "a series an instance"),
        ("sum(baton_leads_received_total)", "only grows", "a counter says how long a process lives"),
        ("sum(rate(baton_leads_held[5m]))", "goes up and down", "a gauge has no rate"),
        ("sum by (form) (baton_leads_held)", "has no label form", "a label that there is not"),
        ('sum(baton_leads_held{form="a"})', "has no label form", "the same, to choose by"),
        (
            "histogram_quantile(0.5, sum(rate(baton_speed_to_lead_seconds_bucket[5m])))",
            "keep le",
            "quantiles are read from le",
        ),
        ("sum( baton_leads_held )", "say baton:held:sum", "a recording rule has it"),
    ],
)
def test_what_is_wrong_with_a_query_is_told(expr: str, problem: str, why: str) -> None:
    (found,) = problems(expr, METRICS, {"baton:held:sum": "sum(baton_leads_held)"})
    assert problem in found, why


def test_a_recording_rule_needs_no_sum() -> None:
    assert problems("baton:held:sum", METRICS, {"baton:held:sum": "sum(baton_leads_held)"}) == []
