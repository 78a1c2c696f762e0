"""How good scores are: AUC with its interval, lift, calibration. All on leads that were not learned from."""

import math
from dataclasses import dataclass

import numpy as np

from scorecard_training.columns import Codes, Floats

CONFIDENT = 1.959964
"""Standard deviations of a 95 % interval."""
DEPTHS = (0.1, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and where it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Leads of like promised chances: the mean of what was promised, and what share was won."""

    rows: int
    promised: float
    won: float


def ranks(values: Floats) -> Floats:
    """Ranks from 1, ties share the middle."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse])


def auc(scores: Floats, outcome: Codes) -> float:
    """The chance that a won lead has a higher score than one not won, ties counted half."""
    won = outcome == 1
    wins, losses = int(won.sum()), int((~won).sum())
    if not wins or not losses:
        return math.nan
    return float((ranks(scores)[won].sum() - wins * (wins + 1) / 2) / (wins * losses))


def auc_interval(scores: Floats, outcome: Codes) -> Interval:
    """AUC with its 95 % interval after DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988)."""
    won = outcome == 1
    every = ranks(scores)
    wins, losses = int(won.sum()), int((~won).sum())
    above = (every[won] - ranks(scores[won])) / losses
    below = 1 - (every[~won] - ranks(scores[~won])) / wins
    value = float(above.mean())
    spread = math.sqrt(above.var(ddof=1) / wins + below.var(ddof=1) / losses) * CONFIDENT
    return Interval(value, max(0.0, value - spread), min(1.0, value + spread))


def lift(scores: Floats, outcome: Codes, depth: float) -> float:
    """How many times the usual share is won among the best `depth` of leads; ties at the edge in part."""
    order = np.argsort(-scores, kind="stable")
    ordered, won = scores[order], outcome[order].astype(float)
    take = outcome.size * depth
    edge = ordered[min(outcome.size - 1, math.ceil(take) - 1)]
    surely, tied = ordered > edge, ordered == edge
    part = (take - surely.sum()) * won[tied].mean()
    return float((won[surely].sum() + part) / take / outcome.mean())


def calibration(chances: Floats, outcome: Codes, bins: int = 10) -> list[CalibrationBin]:
    """Leads in order of their promised chance, in ten equal shares."""
    order = np.argsort(chances, kind="stable")
    return [
        CalibrationBin(rows.size, float(chances[rows].mean()), float(outcome[rows].mean()))
        for rows in np.array_split(order, bins)
        if rows.size
    ]


def calibration_error(bins: list[CalibrationBin]) -> float:
    """The mean distance between what was promised and what came, in shares of one."""
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.promised - each.won) for each in bins) / rows


def brier(chances: Floats, outcome: Codes) -> float:
    """Mean squared error of the chances."""
    return float(((chances - outcome) ** 2).mean())


def share_interval(won: int, rows: int) -> Interval:
    """A share with its 95 % interval after Wilson (1927)."""
    if rows == 0:
        return Interval(0.0, 0.0, 1.0)
    share, z2 = won / rows, CONFIDENT**2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = CONFIDENT * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
