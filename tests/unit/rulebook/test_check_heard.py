"""Somebody hears of what reps let wait, or the check says that nobody does."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Severity

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
LEADS = ("marta-ibanez", "rui-figueiredo", "paola-ferri", "mihai-ionescu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def without_leads(folder: Path, *leads: str) -> None:
    path = folder / "roster.yaml"
    text = path.read_text("utf-8")
    for lead in leads:
        assert f", lead: {lead}}}" in text
        text = text.replace(f", lead: {lead}}}", "}")
    path.write_text(text, "utf-8")


def test_a_team_without_a_lead_has_that_of_a_fallback_rep(folder: Path) -> None:
    """Marta, Rui and Paola are of the fallback pool; Rui and Paola lead their teams."""
    without_leads(folder, "marta-ibanez", "mihai-ionescu")
    assert check_folder(folder) == []


def test_teams_whose_broken_promises_nobody_hears_of_are_doubtful(folder: Path) -> None:
    without_leads(folder, *LEADS)
    found = check_folder(folder)
    assert {each.path for each in found} == {
        f"roster.teams.{team}" for team in ("spain", "portugal", "italy", "romania")
    }
    assert {each.severity for each in found} == {Severity.WARNING}
    assert "nobody leads a team of `everywhere-else`, the fallback of line `main`" in found[0].message
    assert (found[0].hint, found[0].line > 1) == ("add `lead: REP`", True)


def test_a_team_that_gets_no_leads_needs_nobody_to_decide(folder: Path) -> None:
    without_leads(folder, "elena-navarro")
    path = folder / "roster.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("    team: academy\n", "    team: italy\n"), "utf-8")
    assert not [each for each in check_folder(folder) if "nobody hears" in each.message]
