"""How sure each rule's points are: learned again from resampled leads, and found again in other folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorecard_training.history import History
from scorecard_training.measures import auc
from scorecard_training.points import FACTOR, Card
from scorecard_training.regression import fit

RESAMPLES = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one rule: its points in nine of ten resamples, how often with the same sign, in how many of the
    validation's scorecards its column has a rule, and the AUC that all points together lose without it."""

    low: int
    high: int
    same_sign: float
    found_again: int
    of_cards: int
    auc_lost: float


def standings(card: Card, history: History, cards: Sequence[Card], seed: int) -> list[Standing]:
    """One for each rule of the card, in its order."""
    holds = card.holds(history.columns)
    draw = np.random.default_rng(seed)
    points = np.zeros((RESAMPLES, len(card.rules)))
    for number in range(RESAMPLES):
        rows = draw.integers(0, len(history), len(history))
        if 0 < history.outcome[rows].sum() < rows.size:
            points[number] = fit(holds[rows], history.outcome[rows]).weights * FACTOR
    given = np.array([rule.points for rule in card.rules], float)
    whole = auc(holds @ given, history.outcome)
    return [
        Standing(
            round(float(np.quantile(points[:, at], 0.05))),
            round(float(np.quantile(points[:, at], 0.95))),
            float((np.sign(points[:, at]) == np.sign(rule.points)).mean()),
            sum(rule.column in each.cuts for each in cards),
            len(cards),
            whole - auc(holds @ np.where(np.arange(given.size) == at, 0, given), history.outcome),
        )
        for at, rule in enumerate(card.rules)
    ]
