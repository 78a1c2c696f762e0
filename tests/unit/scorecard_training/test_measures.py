"""AUC, its interval, lift and shares, beside values worked out by hand."""

import numpy as np
import pytest

from scorecard_training.measures import auc, auc_interval, calibration, lift, share_interval


def test_auc_counts_pairs_and_ties_half() -> None:
    scores = np.array([3.0, 2.0, 2.0, 1.0])
    assert auc(scores, np.array([1, 1, 0, 0])) == 3.5 / 4


def test_the_interval_holds_the_true_value_about_19_times_in_20() -> None:
    draw = np.random.default_rng(1)
    true, held = 0.7602, 0  # of two normal curves one apart: Phi(1 / sqrt 2)
    for _ in range(200):
        outcome = (draw.random(300) < 0.4).astype(np.int64)
        found = auc_interval(draw.normal(outcome, 1), outcome)
        held += found.low <= true <= found.high
    assert 180 <= held <= 199


def test_lift_is_the_share_won_among_the_best_over_the_usual_share() -> None:
    outcome = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 1])
    assert lift(np.arange(10, 0, -1.0), outcome, 0.2) == pytest.approx(2.5)


def test_lift_of_tied_scores_depends_on_no_order() -> None:
    outcome = np.array([1, 0] * 50)
    assert lift(np.zeros(100), outcome, 0.1) == pytest.approx(1)
    assert lift(np.zeros(100), outcome[::-1].copy(), 0.1) == pytest.approx(1)


def test_calibration_parts_leads_by_their_promise() -> None:
    chances = np.linspace(0, 1, 100)
    bins = calibration(chances, (chances > 0.5).astype(np.int64))
    assert [each.rows for each in bins] == [10] * 10
    assert [each.won for each in bins] == [0] * 5 + [1] * 5


def test_a_share_of_few_has_a_wide_interval() -> None:
    few, many = share_interval(1, 4), share_interval(250, 1000)
    assert few.low < many.low < 0.25 < many.high < few.high
    assert share_interval(0, 0).high == 1
