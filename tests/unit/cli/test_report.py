"""`baton report` and `baton report source`, against an sla-monitor that answers with real figures."""

import json
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
