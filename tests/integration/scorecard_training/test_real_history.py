"""What is reached on real leads; skipped where they are absent."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from scorecard_training.column_map import listed_map
from scorecard_training.leakage import find_leaks
from scorecard_training.preparation import Question, prepare
from scorecard_training.reading import Row, read_rows
from scorecard_training.training import Options, train

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
COURSES = DATA / "x_education_leads_part1.csv"
SELLERS, DEALS = DATA / "olist_marketing_qualified_leads_dataset.csv", DATA / "olist_closed_deals_dataset.csv"
TODAY = date(2026, 1, 5)
AFTER_CONTACT = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
AFTER_CONTACT |= {
    f"Asymmetrique {of} {what}" for of in ("Activity", "Profile") for what in ("Index", "Score")
}
ACTS = [
    "Lead Origin",
    "Lead Source",
    "Do Not Email",
    "Do Not Call",
    "TotalVisits",
    "Total Time Spent on Website",
    "Page Views Per Visit",
    "A free copy of Mastering The Interview",
]

needs_courses = pytest.mark.skipif(not COURSES.is_file(), reason="the real leads are not on this machine")
needs_sellers = pytest.mark.skipif(not SELLERS.is_file(), reason="the real leads are not on this machine")


def known_before(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in AFTER_CONTACT} for row in rows]


@needs_courses
def test_whole_points_reach_what_was_aimed_at_on_leads_not_seen() -> None:
    question = Question("Converted", said=listed_map([], ACTS))
    found = train(known_before(read_rows(COURSES)), question, Options(), source="courses", today=TODAY)
    assert found.leaks == []
    assert found.validation.auc.value >= 0.86
    assert found.validation.lifts[0.2] >= 2.2
    assert found.validation.auc_fit.value >= 0.68
    assert found.validation.auc_interest.value >= 0.8
    assert found.validation.calibration_error < 0.03
    assert len(found.rules) <= 24


@needs_courses
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_columns_filled_in_after_contact_are_named_whatever_they_are_called(seed: int) -> None:
    rows = read_rows(COURSES)
    names = [name for name in rows[0] if name != "Converted"]
    shuffled = np.random.default_rng(seed).permutation(len(names))
    called = {name: f"c{number}" for name, number in zip(names, shuffled, strict=True)}
    hidden = [{called.get(name, name): value for name, value in row.items()} for row in rows]
    columns = {name: [row[name] for row in hidden] for name in sorted(called.values())}
    table: list[Row] = [
        {"Converted": row["Converted"], **{name: columns[name][at] for name in columns}}
        for at, row in enumerate(hidden)
    ]
    found = {leak.column for leak in find_leaks(prepare(table, Question("Converted")).history)}
    assert found == {called[name] for name in AFTER_CONTACT}


PLANTED: dict[str, Callable[[np.random.Generator, int], str]] = {
    "a copy that is wrong in 10 %": lambda draw, won: "ab"[won if draw.random() > 0.1 else 1 - won],
    "a copy that is wrong in 25 %": lambda draw, won: "ab"[won if draw.random() > 0.25 else 1 - won],
    "filled in for a tenth of those won": lambda draw, won: "x" if won and draw.random() < 0.1 else "",
    "a date of the contract": lambda draw, won: f"2024-03-{draw.integers(10, 28)}" if won else "",
    "an amount, blurred": lambda draw, won: f"{won + draw.normal(0, 0.6):.2f}",
}


@needs_courses
@pytest.mark.parametrize("planted", PLANTED)
def test_one_planted_leak_is_found_among_honest_columns_and_among_leaks(planted: str) -> None:
    rows, draw = read_rows(COURSES), np.random.default_rng(7)
    told = [PLANTED[planted](draw, int(row["Converted"])) for row in rows]
    with_it: list[Row] = [{**row, "Website": text} for row, text in zip(rows, told, strict=True)]
    for table, expected in ((known_before(with_it), {"Website"}), (with_it, {"Website"} | AFTER_CONTACT)):
        found = {leak.column for leak in find_leaks(prepare(table, Question("Converted")).history)}
        assert found == expected


@needs_sellers
def test_later_leads_of_sellers_are_told_better_than_by_chance_and_what_a_deal_fills_in_is_named() -> None:
    with DEALS.open(encoding="utf-8", newline="") as file:
        deals = {row["mql_id"]: row for row in csv.DictReader(file)}
    filled = [name for name in next(iter(deals.values())) if name != "mql_id"]
    rows: list[Row] = [
        dict(row) | dict.fromkeys(filled, "") | deals.get(row["mql_id"], {}) | {"won": row["mql_id"] in deals}
        for row in read_rows(SELLERS)
        if row["first_contact_date"] >= "2018-01"
    ]  # fmt: skip
    found = train(rows, Question("won", date="first_contact_date"), Options(), source="sellers", today=TODAY)
    assert {leak.column for leak in found.leaks} == set(filled)
    assert found.validation.auc.low > 0.6
    assert found.validation.rows > 1500
