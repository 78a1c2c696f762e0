"""Regularised logistic regression, and what its curvature says of leaving a part of it out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from scorecard_training.columns import Codes, Floats

STRENGTH = 1.0
"""Inverse of the ridge's weight on each coefficient: a bin of 20 rows is pulled in, one of 500 is not."""


@dataclass(slots=True)
class Fit:
    """Coefficients (log-odds) around their optimum: a normal distribution to ask and to constrain."""

    intercept: float
    weights: Floats
    covariance: Floats

    def worth(self, contrast: Floats) -> float:
        """How much deviance rises when these combinations (one a row) are held at zero (Wald)."""
        inner = contrast @ self.covariance @ contrast.T
        value = contrast @ self.weights
        return float(value @ np.linalg.lstsq(inner, value, rcond=None)[0])

    def hold_at_zero(self, contrast: Floats) -> None:
        """Constrain these combinations to zero; the others move as far as they were tied to them."""
        inner = contrast @ self.covariance @ contrast.T
        pull = self.covariance @ contrast.T @ np.linalg.pinv(inner)
        self.weights = self.weights - pull @ (contrast @ self.weights)
        self.covariance = self.covariance - pull @ contrast @ self.covariance


def fit(design: Floats, outcome: Codes) -> Fit:
    """Learn the log-odds of winning from columns of zeros and ones."""
    if design.shape[1] == 0:
        share = float(np.clip(outcome.mean(), 1e-6, 1 - 1e-6))
        return Fit(float(np.log(share / (1 - share))), np.empty(0), np.empty((0, 0)))
    model = LogisticRegression(C=STRENGTH, solver="newton-cholesky", max_iter=100)
    model.fit(design, outcome)
    weights, intercept = np.asarray(model.coef_[0]), float(model.intercept_[0])
    chance = logistic(intercept + design @ weights)
    return Fit(intercept, weights, _covariance(design, chance))


def _covariance(design: Floats, chance: Floats) -> Floats:
    whole = np.hstack([design, np.ones((design.shape[0], 1))])
    curvature = (whole * (chance * (1 - chance))[:, None]).T @ whole
    ridge = np.full(whole.shape[1], 1 / STRENGTH)
    ridge[-1] = 1e-9
    return np.asarray(np.linalg.inv(curvature + np.diag(ridge))[:-1, :-1])


def logistic(log_odds: Floats) -> Floats:
    """Log-odds to chances."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))


def plain_fit(scores: Floats, outcome: Codes) -> tuple[float, Floats]:
    """Intercept and slopes, without regularisation to speak of: for two or three scores."""
    model = LogisticRegression(C=1e6, solver="newton-cholesky", max_iter=200)
    model.fit(scores, outcome)
    return float(model.intercept_[0]), np.asarray(model.coef_[0])


def unit_rows(positions: Sequence[int], width: int) -> Floats:
    """A contrast that picks these coefficients, one a row."""
    return np.eye(width)[list(positions)]
