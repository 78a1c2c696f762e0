"""`baton report` and `baton report source`, against an sla-monitor that answers with real figures."""

import json
import re
from pathlib import Path

import pytest

from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.month import month_report
from sla_monitor.reports.figures.touches import source_report
from tests.unit.cli.conftest import Run, Services
from tests.unit.sla_monitor.reports.month import plausible_month

MONTH = "GET /v1/reports/2026-11"
SOURCE = f"{MONTH}/sources/comparison-portal"


@pytest.fixture
def known(services: Services) -> Services:
    book = plausible_month(120)
    services.answer(MONTH, month_report(book).model_dump(mode="json"))
    services.answer(SOURCE, source_report(Frame.of(book), "comparison-portal").model_dump(mode="json"))
    return services


def test_a_month_is_told_in_short(known: Services, baton: Run) -> None:
    result = baton("report", "--month", "2026-11")
    assert result.exit_code == 0, result.output
    assert "2026-11 (open)" in result.stdout
    assert "Marketing and sales, Aurora Cloud" in result.stdout
    for word in ("perfect", "warm", "quality", "academy", "accept", "first response"):
        assert word in result.stdout
    whole = json.loads(baton("report", "--month", "2026-11", "--json").stdout)
    assert whole["head"]["month"] == "2026-11"


def test_page_and_table_go_into_files(known: Services, baton: Run, tmp_path: Path) -> None:
    known.answer(MONTH, "<!doctype html>")
    page, table = tmp_path / "month.html", tmp_path / "month.csv"
    result = baton(
        "report", "--month", "2026-11", "--html", str(page), "--csv", str(table), "--language", "it"
    )
    assert result.exit_code == 0, result.output
    assert page.read_text() == table.read_text() == "<!doctype html>"
    assert known.asked[-2:] == [(MONTH, "format=html&language=it"), (MONTH, "format=csv&language=it")]


def test_a_source_shows_each_lead_and_what_may_be_given_back(known: Services, baton: Run) -> None:
    result = baton("report", "source", "comparison-portal", "--month", "2026-11")
    assert result.exit_code == 0, result.output
    told = json.loads(baton("report", "source", "comparison-portal", "--month", "2026-11", "--json").stdout)
    assert "Software comparison portal" in result.stdout
    assert all(touch["lead_id"] in result.stdout for touch in told["touches"])


def test_a_report_that_is_being_made_says_when_to_ask_again(known: Services, baton: Run) -> None:
    known.answer(MONTH, {"title": "A report is being made", "detail": "ask again in 5 s"}, 429)
    result = baton("report", "--month", "2026-11")
    assert result.exit_code != 0
    assert "ask again in 5 s" in result.output


def test_a_folder_that_is_not_there_is_told(known: Services, baton: Run, tmp_path: Path) -> None:
    result = baton("report", "--month", "2026-11", "--html", str(tmp_path / "no" / "month.html"))
    assert result.exit_code == 2
    assert "name a file in a folder that is there" in result.output


def test_without_a_month_the_companys_own_is_asked_for(known: Services, baton: Run) -> None:
    known.answer("GET /v1/reports/this", known.answers[MONTH][1])
    assert baton("report").exit_code == 0
    assert known.asked[-1][0] == "GET /v1/reports/this"


def test_it_waits_while_another_report_is_made(known: Services, baton: Run) -> None:
    known.busy[MONTH] = ["0", "0"]
    result = baton("report", "--month", "2026-11")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("is busy: asked again in 0 s") == 2
    assert [asked for asked, _ in known.asked] == [MONTH] * 3


@pytest.mark.parametrize("told", ["86400", "soon", "-5", ""])
def test_it_does_not_wait_for_a_day_or_for_what_is_no_time(known: Services, baton: Run, told: str) -> None:
    known.busy[MONTH] = [told]
    result = baton("report", "--month", "2026-11")
    assert result.exit_code != 0
    assert "one at a time" in result.output


@pytest.mark.parametrize("month", ["2026/11", "2026-13", "11-2026", "nov", "../readyz", "2026-11?format=csv"])
def test_what_is_no_month_is_told_before_anybody_is_asked(known: Services, baton: Run, month: str) -> None:
    result = baton("report", "--month", month)
    assert result.exit_code == 2
    assert "write a month" in result.output
    assert not known.asked


def test_a_source_may_be_called_anything(known: Services, baton: Run) -> None:
    known.answer(f"{MONTH}/sources/a%2Fb%3Fc%20%23", known.answers[SOURCE][1])
    result = baton("report", "source", "a/b?c #", "--month", "2026-11")
    assert result.exit_code == 0, result.output


def test_revenue_is_told_with_what_is_corrected_of_it(known: Services, baton: Run) -> None:
    found = known.answers[MONTH][1]
    found["sources"] |= {"revenue_minor": 100_000, "corrections_minor": -5_000}
    assert "1,000.00 EUR, corrections -50.00 EUR" in baton("report", "--month", "2026-11").stdout


def _lines(told: str, heading: str) -> list[list[str]]:
    """The table below a heading, a list of cells a row."""
    below = told.split(heading, 1)[1].split("\n\n")[0]
    return [re.split(r"  +", line.strip()) for line in below.splitlines()[1:] if line]


def test_goals_are_told_with_their_pace(known: Services, baton: Run) -> None:
    found = known.answers[MONTH][1]
    found["marketing"]["pace"][0] |= {"due": 57.14, "ahead": 8.86}
    found["marketing"]["pace"][1] |= {"due": 120.0, "ahead": -3.0}
    head, first, second, *_ = _lines(baton("report", "--month", "2026-11").stdout, "Marketing's side")
    assert head[-2:] == ["due by now", "ahead"]
    assert first[-2:] == ["57.14", "+8.86"]
    assert second[-2:] == ["120", "-3"]


def test_breaches_that_are_excused_are_told_beside_those_that_count(known: Services, baton: Run) -> None:
    found = known.answers[MONTH][1]["sales"]["promises"][0]
    found |= {"excused_by_objection": 2, "excused_by_incident": 3}
    head, first, *_ = _lines(baton("report", "--month", "2026-11").stdout, "Sales' side")
    assert first[head.index("excused")] == "5"


def test_an_agreement_on_trial_is_told_with_its_goals_and_promises(known: Services, baton: Run) -> None:
    (tried,) = known.answers[MONTH][1]["trials"]
    result = baton("report", "--month", "2026-11")
    heading = f"On trial: {tried['name']} (italy)"
    head, *goals = _lines(result.stdout, heading)
    assert head[0] == "goal"
    assert [row[0] for row in goals] == [each["id"] for each in tried["goals"]]
    assert result.stdout.split(heading, 1)[1].count("kept by sales") == 1


def test_without_a_trial_nothing_is_said_of_one(known: Services, baton: Run) -> None:
    known.answers[MONTH][1]["trials"] = []
    assert "On trial" not in baton("report", "--month", "2026-11").stdout


@pytest.mark.parametrize(
    ("unit", "said"), [("money", "4,200.50 EUR"), ("points", "420,050 points"), ("number", "420,050")]
)
def test_a_goal_is_told_in_its_unit(known: Services, baton: Run, unit: str, said: str) -> None:
    found = known.answers[MONTH][1]["marketing"]
    found["goals"][0] |= {"counted_in": unit, "goal": 420_050}
    _, first, *_ = _lines(baton("report", "--month", "2026-11").stdout, "Marketing's side")
    assert first[1] == said
