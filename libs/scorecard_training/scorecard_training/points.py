"""A learned scorecard in numbers: rules with whole points, bases, what makes 100, thresholds, a curve.

Ten points double the odds that a lead is won. So points of both parts have one unit and may be compared.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorecard_training.bins import Bin, Binned, bin_column
from scorecard_training.columns import Codes, Column, Floats
from scorecard_training.history import History, Part
from scorecard_training.regression import fit, logistic, plain_fit
from scorecard_training.selection import Cut, cut_of, design_of, merged_bins, select

POINTS_PER_DOUBLING = 10
FACTOR = POINTS_PER_DOUBLING / math.log(2)
MOST_POINTS = 100
LEAST_POINTS = 2
"""Rules of fewer points are not worth a line."""
MOST_RULES = 24
LOW, HIGH = 1, 99
"""Percentiles of the leads learned from that make a score of 0 and of 100."""
SMALLEST_SIDE = 0.1
"""A threshold leaves at least this share of leads on each side."""


@dataclass(frozen=True, slots=True)
class PointRule:
    """Whole points for the rows of one bin of one column; `rows` and `won` among the leads learned from."""

    part: Part
    column: str
    bin: Bin
    points: int
    rows: int
    won: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """Fit or interest: base, the points that make 100, and the score from which on it is high."""

    base: int
    full: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Of many leads: the plain sums of points, and 0-100 as the engine makes them."""

    sums: Floats
    fit: Codes
    interest: Codes


@dataclass(frozen=True)
class Card:
    """A learned scorecard. `curve`: intercept, for each point of fit, of interest (log-odds)."""

    rules: tuple[PointRule, ...]
    cuts: dict[str, Binned]
    dimensions: dict[Part, Dimension]
    curve: tuple[float, float, float]

    def scores(self, columns: Sequence[Column]) -> Scores:
        """Score leads by these columns; one that is not there gives nothing."""
        sums = {part: self._sums(columns, part) for part in Part}
        fit_score, interest = (self._scaled(sums[part], part) for part in Part)
        return Scores(sums[Part.FIT] + sums[Part.INTEREST], fit_score, interest)

    def chances(self, scores: Scores) -> Floats:
        """How probably each lead is won, from its two scores."""
        intercept, by_fit, by_interest = self.curve
        return logistic(intercept + by_fit * scores.fit + by_interest * scores.interest)

    def holds(self, columns: Sequence[Column]) -> Floats:
        """A column of zeros and ones for each rule."""
        by_name = {column.name: column for column in columns}
        rows = columns[0].is_missing.size if columns else 0
        found = np.zeros((rows, len(self.rules)))
        codes = {name: cut.codes(by_name[name]) for name, cut in self.cuts.items() if name in by_name}
        for at, rule in enumerate(self.rules):
            if rule.column in codes:
                found[:, at] = codes[rule.column] == self.cuts[rule.column].bins.index(rule.bin)
        return found

    def _sums(self, columns: Sequence[Column], part: Part) -> Floats:
        points = np.array([rule.points if rule.part is part else 0 for rule in self.rules], float)
        return np.asarray(self.dimensions[part].base + self.holds(columns) @ points)

    def _scaled(self, sums: Floats, part: Part) -> Codes:
        """As scorecard.points does it: the share of what is full, half to even, cut to 0-100."""
        scaled = np.rint(sums * 100 / self.dimensions[part].full)
        return np.clip(scaled, 0, 100).astype(np.int64)


def learn(history: History, most_rules: int = MOST_RULES) -> Card:
    """Learn a scorecard from these leads, with all of its columns that have a part."""
    cuts = list[Cut]()
    for column in history.columns:
        binned = bin_column(column, history.outcome) if column.name in history.parts else None
        if binned is not None:
            cuts.append(cut_of(binned, column))
    kept = select(cuts, history.outcome, most_rules)
    rules, binned_by_name = _rules(kept, history)
    bare = {part: Dimension(0, 100, 50) for part in Part}
    unscaled = Card(rules, binned_by_name, bare, (0.0, 0.0, 0.0))
    return _scaled_card(unscaled, history)


def _rules(cuts: Sequence[Cut], history: History) -> tuple[tuple[PointRule, ...], dict[str, Binned]]:
    """Fit once more on what was selected; a rule of too few points joins the usual leads first."""
    while True:
        fitted = fit(design_of(cuts, len(history)), history.outcome)
        points = [round(weight * FACTOR) for weight in fitted.weights]
        owners = [(cut, group) for cut in cuts for group in cut.ruled]
        small = [owner for owner, each in zip(owners, points, strict=True) if abs(each) < LEAST_POINTS]
        if not small:
            break
        for cut, group in small:
            cut.join(cut.group[cut.usual], group)
        cuts = [cut for cut in cuts if cut.ruled]
    rules, by_name, numbered = list[PointRule](), dict[str, Binned](), iter(points)
    for cut in cuts:
        merged, groups = merged_bins(cut)
        by_name[merged.column] = merged
        for each, group in zip(merged.bins, groups, strict=True):
            held = np.isin(cut.codes, [at for at, own in enumerate(cut.group) if own == group])
            given = max(-MOST_POINTS, min(MOST_POINTS, next(numbered)))
            part, won = history.parts[merged.column], int(history.outcome[held].sum())
            rules.append(PointRule(part, merged.column, each, given, int(held.sum()), won))
    return tuple(rules), by_name


def _scaled_card(card: Card, history: History) -> Card:
    dimensions = dict[Part, Dimension]()
    for part in Part:
        sums = card._sums(history.columns, part)
        base = int(np.clip(-np.floor(np.percentile(sums, LOW)), 0, 100))
        full = max(1, int(np.ceil(np.percentile(sums + base, HIGH))))
        if not any(rule.part is part for rule in card.rules):
            base, full = 50, 100  # nothing is known of it: every lead stands at the threshold
        dimensions[part] = Dimension(base, full, 50)
    scaled = Card(card.rules, card.cuts, dimensions, card.curve)
    scores = scaled.scores(history.columns)
    for part, values in ((Part.FIT, scores.fit), (Part.INTEREST, scores.interest)):
        each = dimensions[part]
        dimensions[part] = Dimension(each.base, each.full, best_threshold(values, history.outcome))
    intercept, slopes = plain_fit(np.stack([scores.fit, scores.interest], axis=1) / 100, history.outcome)
    curve = (round(intercept, 4), *(round(float(slope) / 100, 5) for slope in slopes))
    return Card(card.rules, card.cuts, dimensions, (curve[0], curve[1], curve[2]))


def best_threshold(scores: Codes, outcome: Codes) -> int:
    """The score that parts won from not won best (chi-square) with a fair share of leads on each side.

    Where no lead lies between, the middle.
    """
    parted = dict[int, float]()
    for threshold in range(1, 101):
        high = scores >= threshold
        share = float(high.mean())
        if SMALLEST_SIDE <= share <= 1 - SMALLEST_SIDE:
            gap = float(outcome[high].mean() - outcome[~high].mean())
            parted[threshold] = round(gap * gap * share * (1 - share), 12)
    if not parted:
        return 50
    best = max(parted.values())
    alike = [threshold for threshold, found in parted.items() if found == best]
    return alike[len(alike) // 2]
