"""What is learned: bins, few rules with the right signs, whole points that the engine agrees with."""

import shutil
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from rulebook.check import check_folder
from scorecard_training.bins import bin_column
from scorecard_training.columns import column_of
from scorecard_training.engine import Disagreement, check_agreement
from scorecard_training.history import Part
from scorecard_training.preparation import Question
from scorecard_training.reading import Row
from scorecard_training.refusals import CannotTrain
from scorecard_training.training import Options, Trained, train
from tests.unit.scorecard_training.histories import past_leads, with_column, won_of

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
TODAY = date(2026, 1, 5)
ROWS = past_leads()


def trained_on(rows: Sequence[Row], date: str | None = None, options: Options | None = None) -> Trained:
    question = Question("won", date=date)
    return train(rows, question, options or Options(), source="made-up.csv", today=TODAY)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return trained_on(ROWS)


def points(trained: Trained, column: str) -> list[int]:
    return [rule.learned.points for rule in trained.rules if rule.learned.column == column]


def test_numbers_are_cut_where_the_outcome_changes_into_bins_that_rise() -> None:
    draw = np.random.default_rng(1)
    amount = draw.integers(0, 200, 4000)
    won = (draw.random(4000) < np.where(amount < 50, 0.1, np.where(amount < 120, 0.4, 0.8))).astype(np.int64)
    binned = bin_column(column_of("amount", [str(each) for each in amount]), won)
    assert binned is not None
    assert binned.direction == 1
    cuts = [each.low for each in binned.bins if each.low is not None]
    assert all(min(abs(cut - 50), abs(cut - 120)) <= 8 for cut in cuts)
    assert min(cuts) < 60 < 110 < max(cuts)


def test_a_curve_that_clearly_turns_is_no_monotone_one() -> None:
    draw = np.random.default_rng(2)
    amount = draw.integers(0, 100, 4000)
    won = (draw.random(4000) < np.where(abs(amount - 50) < 20, 0.8, 0.2)).astype(np.int64)
    binned = bin_column(column_of("amount", [str(each) for each in amount]), won)
    assert binned is not None
    assert binned.direction == 0
    assert binned.bins[0].high == pytest.approx(30, abs=4)
    assert binned.bins[-1].low == pytest.approx(70, abs=4)


def test_rare_answers_are_pooled_and_missing_ones_are_a_bin_of_their_own() -> None:
    answers = ["a", "b"] * 500 + [f"rare {number}" for number in range(60)] + [""] * 100
    won = np.array([number % 2 for number in range(1000)] + [0] * 60 + [1] * 100)
    binned = bin_column(column_of("answer", answers), won)
    assert binned is not None
    assert [(each.labels, each.is_rest, each.is_missing) for each in binned.bins] == [
        (("a",), False, False),
        (("b",), False, False),
        ((), True, False),
        ((), False, True),
    ]


def test_points_have_the_signs_of_what_made_the_leads_and_what_says_nothing_gets_none(
    trained: Trained,
) -> None:
    assert points(trained, "Channel") == []
    found = {label: rule.learned.points for rule in trained.rules for label in rule.learned.bin.labels}
    assert found.get("now", 0) > found.get("this year", 0) > found["just looking"]
    visits = points(trained, "visits")
    assert visits == sorted(visits)
    assert len(trained.rules) <= 24
    assert all(2 <= abs(rule.learned.points) <= 100 for rule in trained.rules)


def test_rules_of_a_title_read_its_seniority_too_and_the_part_follows_the_column() -> None:
    titles = [f"{row['job_title']} {number}" for number, row in enumerate(ROWS)]
    found = trained_on(with_column(ROWS, "job_title", titles))
    ranks = [rule for rule in found.rules if rule.learned.column == "job_title (seniority)"]
    assert ranks
    assert all(rule.when.startswith("has(lead.seniority)") for rule in ranks)
    assert {rule.learned.part for rule in ranks} == {Part.FIT}


def test_figures_on_leads_not_seen_are_near_what_the_leads_were_made_of(trained: Trained) -> None:
    found = trained.validation
    assert 0.75 < found.auc.low < found.auc.value < found.auc.high < 0.9
    assert found.auc_fit.value > 0.6
    assert found.auc_interest.value > 0.6
    assert found.lifts[0.1] >= found.lifts[0.3] > 1.3
    assert found.calibration_error < 0.06
    rates = {row.quadrant.value: row.rate.value for row in found.quadrants}
    assert rates["perfect"] > max(rates["warm"], rates["curious"])
    assert min(rates["warm"], rates["curious"]) > rates["cold"]
    assert sum(row.rows for row in found.quadrants) == len(ROWS)


def test_columns_that_say_nothing_make_no_scorecard() -> None:
    draw = np.random.default_rng(3)
    rows = [{"won": str(draw.integers(0, 2)), **{f"q{at}": str(draw.integers(0, 9)) for at in range(15)}}
            for _ in range(1500)]  # fmt: skip
    with pytest.raises(CannotTrain, match="no column that is left tells won leads from the others"):
        trained_on(rows)


def test_later_leads_are_tested_where_there_is_a_date() -> None:
    found = trained_on(ROWS, date="came")
    assert "before 2025-" in found.validation.how
    assert found.validation.rows < len(ROWS) / 2
    assert len(found.validation.cards) == 1


def test_the_same_rows_make_the_same_file(trained: Trained) -> None:
    assert trained_on(ROWS).text == trained.text


def test_the_engine_of_live_leads_scores_the_file_to_the_same_scores(trained: Trained) -> None:
    assert trained.agreement.leads == 400
    base = trained.card.dimensions[Part.FIT].base
    other = trained.text.replace(f"fit_base: {base}", f"fit_base: {base - 9}", 1)
    with pytest.raises(Disagreement, match="learned"):
        check_agreement(other, trained.card, trained.prepared.history.columns, range(50))


def test_the_file_passes_the_check_as_it_is_and_says_how_it_was_learned(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    shutil.copytree(EXAMPLE, folder)
    quoted = [f'it\'s \\ "{row["timeline"]}"  {{now}}: #1' for row in ROWS]
    rows = with_column(ROWS, "When? (título)", quoted)
    found = trained_on(rows, options=Options(mean_deal=Decimal(1200)))
    (folder / "scorecards" / "main.yaml").write_text(found.text, "utf-8")
    assert check_folder(folder) == []
    card = yaml.safe_load(found.text)
    assert card["value"]["mean_deal"] == 1200
    assert any("when_titulo" in rule["when"] for rule in card["fit"] + card["interest"])
    assert "# Learned on 2026-01-05 from made-up.csv: 1,500 leads" in found.text
    assert found.agreement.leads == 400


def test_without_a_mean_deal_the_value_is_a_comment(trained: Trained) -> None:
    assert "value" not in yaml.safe_load(trained.text)
    assert "# value:" in trained.text


def test_no_more_rules_than_asked_for() -> None:
    assert len(trained_on(ROWS, options=Options(most_rules=4)).rules) <= 4


def test_standings_tell_a_sure_rule_from_a_shaky_one(trained: Trained) -> None:
    by_id = {rule.id: standing for rule, standing in zip(trained.rules, trained.standings, strict=True)}
    sure = by_id["timeline-just-looking"]
    assert sure.same_sign == 1
    assert sure.high < 0
    assert sure.found_again == sure.of_cards == 5
    assert sure.auc_lost > 0


def test_bools_and_numbers_as_a_store_has_them_are_compared_as_such() -> None:
    draw = np.random.default_rng(8)
    won = won_of(ROWS)
    told = [bool(draw.random() < (0.7 if each else 0.3)) for each in won]
    found = trained_on(with_column(ROWS, "wants_demo", told))
    rule = next(rule for rule in found.rules if rule.learned.column == "wants_demo")
    assert rule.when.endswith(("== true", "== false"))
    assert rule.reason in ("Wants demo: yes", "Wants demo: no")
    assert found.agreement.leads == 400
