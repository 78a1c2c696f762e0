"""CSV: a figure a row, each named once, and nothing that a spreadsheet computes."""

import csv
import io
from dataclasses import replace
from functools import cache

import pytest

from sla_monitor.ledger.book import Won
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.figures.touches import source_report
from sla_monitor.reports.tidy import month_csv, safe, source_csv
from tests.unit.sla_monitor.reports.month import plausible_month
from tests.unit.sla_monitor.reports.small import at, book, lead


@cache
def report() -> MonthReport:
    return month_report(plausible_month())


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_figure_a_row_and_each_is_named_once() -> None:
    rows = rows_of(month_csv(report()))
    named = [(row["section"], row["item"], row["figure"]) for row in rows]
    assert len(named) == len(set(named))
    told = {name: row["value"] for name, row in zip(named, rows, strict=True)}
    goal = report().marketing.goals[0]
    assert told["marketing.goals", "perfect", "delivered"] == str(goal.delivered)
    assert told["head", "", "month"] == "2026-11"
    assert told["marketing.pace.days", "perfect/2026-11-03", "planned"] == "3.0"
    assert told["speed.follow_up.working", "all", "n"] == str(report().speed.follow_up[0].working.n)


def test_csv_of_nothing_is_empty_and_no_zero() -> None:
    told = {(row["section"], row["figure"]): row["value"] for row in rows_of(month_csv(month_report(book())))}
    assert told["speed", "win_rate"] == ""


@pytest.mark.parametrize(
    ("cell", "written", "why"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)", "a formula"),
        ("+34600", "'+34600", "a spreadsheet would add"),
        ("-1+1", "'-1+1", "or subtract"),
        ("@SUM(A1)", "'@SUM(A1)", "or call"),
        ("\t=1", "'\t=1", "also behind a tab"),
        (-3.5, -3.5, "a figure stays a figure"),
        ("plain", "plain", "a text stays a text"),
        (None, "", "nothing is nothing"),
        (True, "true", "yes"),
    ],
)
def test_no_spreadsheet_computes_what_people_wrote(cell: object, written: object, why: str) -> None:
    assert safe(cell) == written, why


def test_csv_of_a_source_has_a_touch_a_row() -> None:
    month = plausible_month()
    evil = replace(month.touches[0], source="comparison-portal", campaign="=1+1")
    found = source_report(Frame.of(replace(month, touches=(evil, *month.touches[1:]))), "comparison-portal")
    rows = rows_of(source_csv(found))
    assert len(rows) == len(found.touches)
    assert rows[0]["campaign"] == "'=1+1"


def test_csv_says_none_where_nothing_is_told_and_all_only_of_quadrants() -> None:
    unsaid = lead("a", at(3), lost_at=at(5))
    sold = lead("b", None, received_at=at(2), won=Won(at(9), 100))
    items = {row["item"] for row in rows_of(month_csv(month_report(book([unsaid, sold]))))}
    assert {"lost/none", "none", "all"} <= items
    assert "lost/all" not in items


@pytest.mark.parametrize("seed", range(3))
def test_each_row_of_csv_has_a_name_of_its_own_in_any_month(seed: int) -> None:
    rows = rows_of(month_csv(month_report(plausible_month(150, seed))))
    named = [(row["section"], row["item"], row["figure"]) for row in rows]
    assert len(named) == len(set(named))
