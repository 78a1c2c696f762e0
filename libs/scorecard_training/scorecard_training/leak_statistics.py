"""What a column's values say about the outcome, alone and beside all others, whatever it is called."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorecard_training.bins import deviance, first_cuts
from scorecard_training.columns import Codes, Column, Flags, Floats, Kind
from scorecard_training.measures import auc
from scorecard_training.regression import fit, unit_rows
from scorecard_training.splits import stratified_folds

COMMON = 20
"""A value of fewer rows is pooled with the other rare ones."""
FEW = 20
"""Numbers with no more different values than this may be a code that somebody chose."""
FILLED_BY_ORDER = 0.8
"""A numeric column is no code when a rising or falling curve explains this share of all it explains."""


@dataclass(frozen=True)
class Sight:
    """A column cut finely for looking at it. `names`: what each code stands for; the last one is "empty"."""

    column: Column
    codes: Codes
    names: tuple[str, ...]
    size: Floats
    won: Floats
    auc: float
    alone: float
    """The share of the outcome's deviance that it explains by itself, chance taken off."""
    is_code: bool
    """Whether its values are kinds rather than amounts."""

    @property
    def filled(self) -> Flags:
        """Rows that have a value."""
        return ~self.column.is_missing


def sight_of(column: Column, outcome: Codes) -> Sight:
    """Look at one column."""
    codes, names = _codes(column)
    size = np.bincount(codes, minlength=len(names)).astype(float)
    won = np.bincount(codes, outcome, minlength=len(names)).astype(float)
    explained = _explained(size, won, outcome)
    return Sight(
        column,
        codes,
        names,
        size,
        won,
        _auc_out_of_fold(codes, len(names), outcome),
        explained,
        column.kind is Kind.CATEGORY or (column.distinct <= FEW and not _is_ordered(codes, outcome)),
    )


def null_deviance(outcome: Codes) -> float:
    """What there is to explain."""
    return deviance(np.array([float(outcome.size)]), np.array([float(outcome.sum())]))


def _codes(column: Column) -> tuple[Codes, tuple[str, ...]]:
    if column.is_numeric and column.numbers.size and column.distinct > FEW:
        cuts = first_cuts(column.numbers[~column.is_missing])
        codes = np.searchsorted(cuts, column.numbers, side="right")
        names = [f"from {cut:g} on" for cut in cuts]
        names.insert(0, f"below {cuts[0]:g}" if cuts.size else "any")
    elif column.kind in (Kind.PRESENCE, Kind.MOMENT, Kind.SERIAL):
        codes, names = np.zeros(column.is_missing.size, np.int64), ["filled in"]
    else:
        counts = np.bincount(column.codes[column.codes >= 0], minlength=column.distinct)
        common = [code for code in range(column.distinct) if counts[code] >= COMMON]
        if column.is_numeric:
            common.sort(key=lambda code: float(column.literals[code]))
        place = np.full(column.distinct + 1, len(common), np.int64)
        place[common] = range(len(common))
        codes, names = place[column.codes], [*(column.labels[code] for code in common), "rare values"]
    codes = np.where(column.is_missing, len(names), codes)
    return codes, (*names, "empty")


def _explained(size: Floats, won: Floats, outcome: Codes) -> float:
    null, used = null_deviance(outcome), int((size > 0).sum())
    return (null - deviance(size, won) - (used - 1)) / null


def _is_ordered(codes: Codes, outcome: Codes) -> bool:
    """Whether more of it, or less, goes with winning: most of what the values explain lies on a line."""
    size, won = np.bincount(codes).astype(float), np.bincount(codes, outcome).astype(float)
    null = null_deviance(outcome)
    gained = null - deviance(size, won)
    if gained < 20:
        return True
    best = min(deviance(*_pooled(size, won, way)) for way in (1, -1))
    return null - best >= FILLED_BY_ORDER * gained


def _pooled(size: Floats, won: Floats, way: int) -> tuple[Floats, Floats]:
    """Pool adjacent violators, so that rates rise (1) or fall (-1)."""
    sizes, wins = list[float](), list[float]()
    for n, w in zip(size[::way], won[::way], strict=True):
        if n == 0:
            continue
        sizes.append(n)
        wins.append(w)
        while len(sizes) > 1 and wins[-2] / sizes[-2] > wins[-1] / sizes[-1]:
            n, w = sizes.pop(), wins.pop()
            sizes[-1] += n
            wins[-1] += w
    return np.array(sizes), np.array(wins)


def _auc_out_of_fold(codes: Codes, width: int, outcome: Codes) -> float:
    """How well each row's value tells its outcome, by the rates of other rows."""
    guess = np.zeros(outcome.size)
    for train, test in stratified_folds(outcome, 5, seed=1):
        size = np.bincount(codes[train], minlength=width)
        won = np.bincount(codes[train], outcome[train], minlength=width)
        guess[test] = ((won + 2 * outcome.mean()) / (size + 2))[codes[test]]
    return auc(guess, outcome)


def tie(one: Sight, other: Sight, outcome: Codes) -> float:
    """0-1: how much of the narrower column the other tells, among leads of one outcome that have both."""
    both = one.filled & other.filled
    shares = []
    for side in (0, 1):
        rows = both & (outcome == side)
        counted = [np.bincount(codes[rows]) for codes in (one.codes, other.codes)]
        count = max(1, int(rows.sum()))
        first, second = (_entropy(each) for each in counted)
        by_chance = math.prod(max(0, int((each > 0).sum()) - 1) for each in counted) / (2 * count)
        pairs = np.bincount((one.codes * len(other.names) + other.codes)[rows])
        shared = first + second - _entropy(pairs) - by_chance
        shares.append((int(rows.sum()), shared / least if (least := min(first, second)) > 0.05 else 0.0))
    rows_all = sum(rows for rows, _ in shares)
    return sum(rows * share for rows, share in shares) / rows_all if rows_all >= 100 else 0.0


def is_told_by(one: Sight, other: Sight) -> bool:
    """Whether a column, where both are filled, is the other one told more coarsely."""
    both = one.filled & other.filled
    if both.sum() < max(50, 0.3 * one.filled.sum()):
        return False
    own = _entropy(np.bincount(one.codes[both]))
    together = _entropy(np.bincount(one.codes[both] * len(other.names) + other.codes[both]))
    left = together - _entropy(np.bincount(other.codes[both]))
    return own > 0.1 and left < 0.02 * own


def _entropy(counts: Codes) -> float:
    share = counts[counts > 0] / max(1, counts.sum())
    return float(-(share * np.log(share)).sum())


def gains(sights: Sequence[Sight], groups: Sequence[Sequence[int]], outcome: Codes) -> list[float]:
    """The share of the deviance that each group of columns explains and all the others together do not."""
    parts = [np.eye(len(each.names))[each.codes] for each in sights]
    if not parts:
        return []
    starts = np.cumsum([0, *(part.shape[1] for part in parts)])
    fitted = fit(np.hstack(parts), outcome)
    null = null_deviance(outcome)
    found = []
    for group in groups:
        own = [at for member in group for at in range(starts[member], starts[member + 1])]
        freedom = sum(int((sights[member].size > 0).sum()) - 1 for member in group)
        worth = fitted.worth(unit_rows(own, fitted.weights.size))
        found.append((worth - freedom) / null)
    return found
