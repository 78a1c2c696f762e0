"""`baton scorecard train` from the command line, and its page."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from baton_cli.errors import CommandFailed
from scorecard_training import cli
from tests.unit.scorecard_training.histories import past_leads

Run = Callable[..., Result]
EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a folder with leads.csv, which has one column that knows the outcome."""
    monkeypatch.chdir(tmp_path)
    rows = [row | {"zip code": "A" if row["won"] == "yes" else "B"} for row in past_leads(900)]
    with Path("leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    app = typer.Typer(add_completion=False)
    app.command()(cli.train)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_it_writes_a_scorecard_and_a_page_and_tells_all_figures(run: Run) -> None:
    result = run("leads.csv", "--outcome", "won", "--html", "report.html", "--line", "courses")
    assert result.exit_code == 0, result.output
    for told in ("AUC, fit alone", "lift of the best 20%", "perfect", "zip code", "leak", "Taken for fit: "):
        assert told in result.output
    card = yaml.safe_load(Path("learned-courses.yaml").read_text("utf-8"))
    assert card["fit"]
    assert card["interest"]
    assert "zip" not in json.dumps(card)


def test_the_page_needs_nothing_from_outside_and_shows_texts_as_texts(run: Run) -> None:
    Path("leads.csv").write_text(
        Path("leads.csv").read_text("utf-8").replace("just looking", "<script>alert(1)</script>"), "utf-8"
    )
    run("leads.csv", "--outcome", "won", "--html", "report.html")
    page = Path("report.html").read_text("utf-8")
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert set(re.findall(r"https?://[^\s\"<]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(?:src|href)=", page)


def test_json_for_machines(run: Run) -> None:
    result = run("leads.csv", "--outcome", "won", "--json", "--out", "card.yaml", "--keep", "zip code")
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["leaks"] == []
    assert found["auc"]["value"] > 0.95
    assert set(found["quadrants"]) == {"perfect", "warm", "curious", "cold"}


def test_no_file_is_overwritten_unasked(run: Run) -> None:
    Path("learned-main.yaml").write_text("mine", "utf-8")
    result = run("leads.csv", "--outcome", "won")
    assert isinstance(result.exception, CommandFailed)
    assert "--force" in str(result.exception)
    assert "learning" not in result.output, "it is told before the work, not after it"
    assert Path("learned-main.yaml").read_text("utf-8") == "mine"
    page = run("leads.csv", "--outcome", "won", "--out", "other.yaml", "--html", "learned-main.yaml")
    assert isinstance(page.exception, CommandFailed)
    assert not Path("other.yaml").exists()


def test_a_map_is_written_edited_and_used(run: Run) -> None:
    assert run("leads.csv", "--outcome", "won", "--write-map", "map.yaml").exit_code == 0
    said = yaml.safe_load(Path("map.yaml").read_text("utf-8"))
    assert said["columns"]["timeline"] == {"part": "interest", "reads": "lead.attributes.timeline"}
    said["columns"]["timeline"] = {"part": "fit", "reads": "lead.attributes.buys"}
    Path("map.yaml").write_text(yaml.safe_dump(said), "utf-8")
    result = run("leads.csv", "--outcome", "won", "--map", "map.yaml")
    assert result.exit_code == 0, result.output
    card = yaml.safe_load(Path("learned-main.yaml").read_text("utf-8"))
    assert any("lead.attributes.buys" in rule["when"] for rule in card["fit"])


def test_rows_are_read_by_a_form_so_that_rules_read_what_its_leads_will_have(run: Run) -> None:
    words = ("--outcome", "won", "--date", "came", "--form", "generic", "--rulebook", EXAMPLE)
    result = run("leads.csv", *words)
    assert result.exit_code == 0, result.output
    card = yaml.safe_load(Path("learned-main.yaml").read_text("utf-8"))
    rules = json.dumps(card["fit"] + card["interest"])
    assert "lead.attributes.timeline" in rules
    assert "attributes.won" not in rules


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["leads.csv", "--outcome", "won", "--mean-deal", "much"], "--mean-deal: 'much' is no amount"),
        (["leads.csv", "--outcome", "won", "--map", "m", "--fit", "a"], "--map says it all"),
        (
            ["leads.csv", "--outcome", "won", "--form", "gen", "--rulebook", str(EXAMPLE)],
            "there is no form `gen`",
        ),
        (["gone.csv", "--outcome", "won"], "There is no file gone.csv"),
    ],
)
def test_a_wrong_call_says_what_to_write(run: Run, words: list[str], told: str) -> None:
    result = run(*words)
    assert isinstance(result.exception, CommandFailed)
    assert told.casefold() in str(result.exception).casefold()


def test_a_refusal_that_asks_ends_with_its_question(run: Run) -> None:
    told = str(run("leads.csv", "--outcome", "wone").exception)
    assert told == "There is no column `wone`: did you mean `won`?"
    assert str(run("gone.csv", "--outcome", "won").exception).endswith("past leads.")


def test_without_the_extra_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "NEEDED", ("numpy", "no_such_learner"))
    result = run("leads.csv", "--outcome", "won")
    assert "pip install 'baton-scorecard-training[learn]'" in str(result.exception)
