"""From many bins to few rules: what tells nothing beside the others goes, what hardly differs is one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from scorecard_training.bins import NO_BIN, Bin, Binned, renamed
from scorecard_training.columns import Codes, Column, Floats, Kind
from scorecard_training.regression import Fit, fit

COLUMN_WORTH = 7.0
"""Deviance that a column must explain beside the others for each of its rules: less than 1 % of chance."""
BIN_WORTH = 5.0
BEST_CUT = 11.5
LEAST_STEP = 0.2
"""Bins of one column that differ by less, in log-odds (3 points), become one rule."""


@dataclass(slots=True)
class Cut:
    """A column's bins, which of them go together (`group`, one number a bin), and which count as usual."""

    binned: Binned
    codes: Codes
    usual: int
    group: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.group:
            self.group = list(range(len(self.binned.bins)))

    @property
    def ruled(self) -> list[int]:
        """The groups that get a rule: all but the usual one."""
        return sorted(set(self.group) - {self.group[self.usual]})

    def design(self) -> Floats:
        """A column of zeros and ones for each group that gets a rule."""
        of_row = np.array([*self.group, self.group[self.usual]])[self.codes]  # NO_BIN is -1: the last
        return np.stack([of_row == group for group in self.ruled], axis=1).astype(float)

    def join(self, one: int, other: int) -> None:
        """Make two groups one."""
        self.group = [one if each == other else each for each in self.group]


def cut_of(binned: Binned, column: Column) -> Cut:
    """Every bin a group of its own; the one with the most rows is the usual one."""
    codes = binned.codes(column)
    sizes = np.bincount(codes[codes != NO_BIN], minlength=len(binned.bins))
    return Cut(binned, codes, int(sizes.argmax()))


def design_of(cuts: Sequence[Cut], rows: int) -> Floats:
    """The columns of zeros and ones of all cuts, side by side."""
    parts = [cut.design() for cut in cuts if cut.ruled]
    return np.hstack(parts) if parts else np.empty((rows, 0))


def select(cuts: Sequence[Cut], outcome: Codes, most_rules: int) -> list[Cut]:
    """Leave out and join until everything that is left earns its place, then until there are few enough.

    Works on the curvature of one fit, then fits again, until nothing changes.
    """
    kept = list(cuts)
    for _ in range(4):
        before = [list(cut.group) for cut in kept]
        kept = _reduced(kept, fit(design_of(kept, outcome.size), outcome), most_rules)
        if before == [list(cut.group) for cut in kept]:
            break
    return kept


@dataclass(frozen=True, slots=True)
class _Step:
    """A way to have fewer rules: `pairs` of groups that become one, and what is lost by it."""

    cut: Cut
    pairs: tuple[tuple[int, int], ...]
    cost: float
    is_forced: bool = False


def _reduced(cuts: Sequence[Cut], fitted: Fit, most_rules: int) -> list[Cut]:
    kept = list(cuts)
    names = [(id(cut), group) for cut in cuts for group in cut.ruled]
    place = {name: at for at, name in enumerate(names)}
    while True:
        count = sum(len(cut.ruled) for cut in kept)
        step = min(
            _steps(kept, fitted, place), key=lambda step: (not step.is_forced, step.cost), default=None
        )
        if step is None or not (step.is_forced or step.cost < 1 or count > most_rules):
            return kept
        fitted.hold_at_zero(_contrast(step.cut, step.pairs, place, len(names)))
        for one, other in step.pairs:
            step.cut.join(one, other)
        kept = [cut for cut in kept if cut.ruled]


def _steps(cuts: Sequence[Cut], fitted: Fit, place: dict[tuple[int, int], int]) -> Iterator[_Step]:
    for cut in cuts:
        usual = cut.group[cut.usual]
        whole = tuple((usual, group) for group in cut.ruled)
        contrast = _contrast(cut, whole, place, fitted.weights.size)
        yield _Step(cut, whole, fitted.worth(contrast) / max(_by_chance(cut), COLUMN_WORTH * len(whole)))
        for one, other in _neighbours(cut):
            contrast = _contrast(cut, ((one, other),), place, fitted.weights.size)
            apart = float((contrast @ fitted.weights)[0])
            is_wrong = cut.binned.direction * apart < 0
            cost = fitted.worth(contrast) / BIN_WORTH
            near = abs(apart) < LEAST_STEP
            pair = (one, other) if other != usual else (other, one)
            yield _Step(cut, (pair,), min(cost, 0.9) if near else cost, is_wrong)


def _by_chance(cut: Cut) -> float:
    """What a column that says nothing explains once in a hundred times, though it was cut where it is best.

    For answers the 99 % quantile of chi-square (Wilson and Hilferty 1931) with a degree for each answer that
    could be set apart; for numbers that of the best of many cuts (Miller and Siegmund 1982, about 11.5).
    """
    if cut.binned.kind is Kind.NUMBER:
        return BEST_CUT
    freedom = max(1, len(cut.binned.seen) - 1)
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + 2.326 * math.sqrt(spread)) ** 3)


def _contrast(
    cut: Cut, pairs: Sequence[tuple[int, int]], place: dict[tuple[int, int], int], width: int
) -> Floats:
    """Rows that say second group less first; the usual group has no coefficient, it is zero."""
    rows = np.zeros((len(pairs), width))
    usual = cut.group[cut.usual]
    for row, (one, other) in zip(rows, pairs, strict=True):
        if other != usual:
            row[place[id(cut), other]] += 1
        if one != usual:
            row[place[id(cut), one]] -= 1
    return rows


def _neighbours(cut: Cut) -> Iterator[tuple[int, int]]:
    """Groups that one condition could name together, the lower first where they have an order."""
    plain = [at for at, each in enumerate(cut.binned.bins) if not (each.is_missing or each.is_rest)]
    usual = cut.group[cut.usual]
    groups = list(dict.fromkeys(cut.group[at] for at in plain))
    if cut.binned.kind is Kind.NUMBER:
        yield from pairwise(groups)
    else:
        yield from ((one, other) for at, one in enumerate(groups) for other in groups[at + 1 :])
    for at, each in enumerate(cut.binned.bins):
        if (each.is_missing or each.is_rest) and cut.group[at] != usual:
            yield usual, cut.group[at]


def merged_bins(cut: Cut) -> tuple[Binned, list[int]]:
    """The bins that get a rule, joined as their groups say, and the group of each."""
    bins: list[Bin] = []
    for group in cut.ruled:
        members = [each for each, own in zip(cut.binned.bins, cut.group, strict=True) if own == group]
        bins.append(_joined(members))
    return renamed(cut.binned, bins), cut.ruled


def _joined(members: Sequence[Bin]) -> Bin:
    first = members[0]
    if len(members) == 1:
        return first
    if first.labels:
        return Bin(labels=tuple(label for each in members for label in each.labels))
    lows, highs = [each.low for each in members], [each.high for each in members]
    low = None if None in lows else min(each for each in lows if each is not None)
    return Bin(low, None if None in highs else max(each for each in highs if each is not None))
