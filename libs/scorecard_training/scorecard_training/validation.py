"""What a learned scorecard is worth on leads it has not seen: later ones where dated, else folds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from lead_events.words import Quadrant
from scorecard_training.columns import Codes, Floats
from scorecard_training.history import History
from scorecard_training.measures import (
    DEPTHS,
    CalibrationBin,
    Interval,
    auc_interval,
    brier,
    calibration,
    calibration_error,
    lift,
    share_interval,
)
from scorecard_training.points import MOST_RULES, Card, learn
from scorecard_training.refusals import CannotTrain
from scorecard_training.splits import past_and_later, stratified_folds

FOLDS = 5
FEWEST_WON_LATER = 20
"""Won leads, and others, that the later part must have to be tested on."""


@dataclass(frozen=True, slots=True)
class QuadrantRow:
    """Leads of one quadrant, and the share of them that was won."""

    quadrant: Quadrant
    rows: int
    won: int
    rate: Interval


@dataclass(frozen=True)
class Validation:
    """Figures on leads that the scorecard which scored them had not seen. `how` says which, in words."""

    how: str
    rows: int
    won: int
    auc: Interval
    auc_fit: Interval
    auc_interest: Interval
    lifts: Mapping[float, float]
    brier: float
    calibration: list[CalibrationBin]
    calibration_error: float
    quadrants: list[QuadrantRow]
    cards: tuple[Card, ...]
    scores: Floats
    outcome: Codes


@dataclass(slots=True)
class _Held:
    rows: list[Codes]
    chances: list[Floats]
    fit: list[Codes]
    interest: list[Codes]
    high_fit: list[Codes]
    high_interest: list[Codes]


def validate(history: History, seed: int, most_rules: int = MOST_RULES) -> Validation:
    """Learn on a part, test on the rest. Raises CannotTrain when the later part has too few of one kind."""
    if history.moments is None:
        splits = list(stratified_folds(history.outcome, FOLDS, seed))
        how = f"{FOLDS}-fold cross-validated: each lead scored by points learned from the other folds"
    else:
        split, border = past_and_later(history.moments)
        splits = [split]
        day = datetime.fromtimestamp(border, UTC).date()
        _check_later(history.outcome[split[1]], f"{day}")
        how = f"learned from {split[0].size:,} leads before {day}, tested on {split[1].size:,} from then on"
    held, cards = _Held([], [], [], [], [], []), list[Card]()
    for train, test in splits:
        card = learn(history.rows(train), most_rules)
        cards.append(card)
        _score(card, history, test, held)
    return _validation(how, history, held, cards)


def _check_later(outcome: Codes, day: str) -> None:
    rarer = min(int(outcome.sum()), int(outcome.size - outcome.sum()))
    if rarer < FEWEST_WON_LATER:
        raise CannotTrain(
            f"of the {outcome.size:,} leads from {day} on, which are kept for testing, only {rarer} have one "
            "of the two outcomes: leave out leads whose outcome is not known yet, or test without --date"
        )


def _score(card: Card, history: History, test: Codes, held: _Held) -> None:
    scores = card.scores(history.rows(test).columns)
    fit, interest = card.dimensions.values()
    held.rows.append(test)
    held.chances.append(card.chances(scores))
    held.fit.append(scores.fit)
    held.interest.append(scores.interest)
    held.high_fit.append((scores.fit >= fit.threshold).astype(np.int64))
    held.high_interest.append((scores.interest >= interest.threshold).astype(np.int64))


def _validation(how: str, history: History, held: _Held, cards: list[Card]) -> Validation:
    outcome = history.outcome[np.concatenate(held.rows)]
    chances = np.concatenate(held.chances)
    bins = calibration(chances, outcome)
    return Validation(
        how,
        outcome.size,
        int(outcome.sum()),
        auc_interval(chances, outcome),
        auc_interval(np.concatenate(held.fit).astype(float), outcome),
        auc_interval(np.concatenate(held.interest).astype(float), outcome),
        {depth: lift(chances, outcome, depth) for depth in DEPTHS},
        brier(chances, outcome),
        bins,
        calibration_error(bins),
        quadrant_rows(np.concatenate(held.high_fit), np.concatenate(held.high_interest), outcome),
        tuple(cards),
        chances,
        outcome,
    )


def quadrant_rows(high_fit: Codes, high_interest: Codes, outcome: Codes) -> list[QuadrantRow]:
    """How many leads stand in each quadrant, and what became of them."""
    found = []
    for quadrant, fit, interest in (
        (Quadrant.PERFECT, 1, 1),
        (Quadrant.WARM, 1, 0),
        (Quadrant.CURIOUS, 0, 1),
        (Quadrant.COLD, 0, 0),
    ):
        rows = (high_fit == fit) & (high_interest == interest)
        count, won = int(rows.sum()), int(outcome[rows].sum())
        found.append(QuadrantRow(quadrant, count, won, share_interval(won, count)))
    return found
