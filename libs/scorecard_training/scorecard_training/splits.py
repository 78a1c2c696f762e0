"""Which leads are learned from and which only tested on; the same split for the same seed."""

from collections.abc import Iterator

import numpy as np

from scorecard_training.columns import Codes, Flags, Floats

Split = tuple[Codes, Codes]
"""Rows to learn from, rows to test on."""


def stratified_folds(outcome: Codes, folds: int, seed: int) -> Iterator[Split]:
    """Each lead is tested on once, and each fold has its share of those that were won."""
    fold = np.empty(outcome.size, np.int64)
    draw = np.random.default_rng(seed)
    for side in (0, 1):
        rows = np.flatnonzero(outcome == side)
        draw.shuffle(rows)
        fold[rows] = np.arange(rows.size) % folds
    for number in range(folds):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def past_and_later(moments: Floats, share_past: float = 0.7) -> tuple[Split, float]:
    """Earlier leads to learn from and later ones to test on, and the moment that parts them.

    Leads of one moment stay together.
    """
    border = float(np.quantile(moments, share_past, method="higher"))
    past: Flags = moments < border
    return (np.flatnonzero(past), np.flatnonzero(~past)), border
