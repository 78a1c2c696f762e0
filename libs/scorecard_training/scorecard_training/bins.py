"""Supervised binning: a column cut where the outcome changes, into few bins that a sentence can name."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scorecard_training.columns import Codes, Column, Floats, Kind

FIRST_CUTS = 24
"""Numbers are first cut into so many bins of equal size, then merged."""
MOST_BINS = 6
NEARBY = 0.015
"""The share of rows by which a cut may move to a plainer number."""
NO_BIN = -1
"""Rows that no bin holds: they get the points of the usual lead."""
DIFFERENT = 6.63
"""Chi-square of two neighbours below which they are one bin: 1 % of chance."""
TURNED = 12.0
"""What a curve that turns must explain beyond a monotone one (in deviance, for each bin more) to be taken."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One of: a range [low, high) of numbers, some labels, all other labels, nothing, or anything at all."""

    low: float | None = None
    high: float | None = None
    labels: tuple[str, ...] = ()
    is_rest: bool = False
    is_missing: bool = False
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Binned:
    """How a column is cut. `direction`: 1 or -1 where its bins rise or fall with it, else 0."""

    column: str
    kind: Kind
    bins: tuple[Bin, ...]
    direction: int = 0
    seen: tuple[str, ...] = ()
    """All labels that a bin names; what is beyond them is the rest."""

    def codes(self, column: Column) -> Codes:
        """The number of the bin that holds each row, NO_BIN where none does."""
        found = np.full(column.is_missing.size, NO_BIN, np.int64)
        by_label: dict[str, int] = {}
        for number, each in enumerate(self.bins):
            if each.is_missing:
                found[column.is_missing] = number
            elif each.is_filled or each.is_rest:
                found[~column.is_missing] = number
            elif each.labels:
                by_label |= dict.fromkeys(each.labels, number)
            else:
                low, high = _ends(each)
                with np.errstate(invalid="ignore"):
                    found[(column.numbers >= low) & (column.numbers < high)] = number
        if by_label or self.seen:
            _put_labels(found, column, by_label, self.seen)
        return found


def _ends(each: Bin) -> tuple[float, float]:
    return (-math.inf if each.low is None else each.low, math.inf if each.high is None else each.high)


def _put_labels(found: Codes, column: Column, by_label: Mapping[str, int], seen: Sequence[str]) -> None:
    """Put rows with a label that is seen into its bin, or into none; the rest stays where it is."""
    where = dict.fromkeys(seen, NO_BIN) | dict(by_label)
    for code, label in enumerate(column.labels):
        if label in where:
            found[column.codes == code] = where[label]


def smallest_bin(rows: int) -> int:
    """Rows below which a bin is not worth a rule: 1 % of all, but 20."""
    return max(20, rows // 100)


def bin_column(column: Column, outcome: NDArray[np.int64]) -> Binned | None:
    """Cut a column; None where there is nothing to tell apart (or nothing that a rule could read)."""
    least = smallest_bin(outcome.size)
    missing = int(column.is_missing.sum())
    ends = [Bin(is_missing=True)] if missing >= least else []
    if column.kind is Kind.NUMBER:
        bins, direction = _number_bins(column, outcome, least)
        found = Binned(column.name, column.kind, (*bins, *ends), direction)
    elif column.kind is Kind.CATEGORY:
        bins, seen = _label_bins(column, outcome, least)
        found = Binned(column.name, column.kind, (*bins, *ends), seen=seen)
    elif column.kind is Kind.PRESENCE and ends and outcome.size - missing >= least:
        found = Binned(column.name, column.kind, (Bin(is_filled=True), *ends))
    else:
        return None
    return found if len(found.bins) > 1 else None


def _number_bins(column: Column, outcome: NDArray[np.int64], least: int) -> tuple[list[Bin], int]:
    filled = ~column.is_missing
    numbers, won = column.numbers[filled], outcome[filled]
    if numbers.size < 2 * least:
        return ([Bin()] if numbers.size >= least else []), 0
    cuts = first_cuts(numbers)
    where = np.searchsorted(cuts, numbers, side="right")
    size = np.bincount(where, minlength=cuts.size + 1).astype(float)
    wins = np.bincount(where, won, minlength=cuts.size + 1).astype(float)
    ways = {way: _merged(size, wins, least, way) for way in (1, -1, 0)}
    cost = {way: _deviance(size, wins, way_cuts) for way, way_cuts in ways.items()}
    straight = min((1, -1), key=lambda way: cost[way])
    more = len(ways[0]) - len(ways[straight])
    direction = 0 if cost[straight] - cost[0] > TURNED * max(1, more) else straight
    return _ranges(numbers, [cuts[at - 1] for at in ways[direction]]), direction


def first_cuts(numbers: Floats) -> Floats:
    """Where numbers are cut at first: between all values where they are few, else into equal shares."""
    values = np.unique(numbers)
    if values.size <= FIRST_CUTS:
        return np.asarray(values[1:])
    shares = np.quantile(numbers, np.linspace(0, 1, FIRST_CUTS + 1)[1:-1], method="higher")
    cuts = np.unique(shares)
    return np.asarray(cuts[cuts > values[0]])


def _merged(size: Floats, wins: Floats, least: int, way: int) -> list[int]:
    """Where segments begin (but the first) once neighbours that do not differ are one."""
    starts = list(range(size.size))
    sizes, won = list(size), list(wins)
    while len(starts) > 1:
        differ = [_difference(sizes[at], won[at], sizes[at + 1], won[at + 1], least, way)
                  for at in range(len(starts) - 1)]  # fmt: skip
        at = int(np.argmin(differ))
        if differ[at] >= DIFFERENT and len(starts) <= MOST_BINS:
            break
        sizes[at] += sizes.pop(at + 1)
        won[at] += won.pop(at + 1)
        starts.pop(at + 1)
    return starts[1:]


def _difference(n1: float, w1: float, n2: float, w2: float, least: int, way: int) -> float:
    """Chi-square of two neighbours; below zero where they must not stay apart."""
    if n1 < least or n2 < least:
        return -2 + min(n1, n2) / max(n1 + n2, 1)
    rise = w2 / n2 - w1 / n1
    if way * rise < 0 or rise == 0:
        return -abs(rise)
    rate = (w1 + w2) / (n1 + n2)
    return float(rise**2 / (rate * (1 - rate) * (1 / n1 + 1 / n2)))


def _deviance(size: Floats, wins: Floats, starts: Sequence[int]) -> float:
    at = [0, *starts]
    return deviance(np.add.reduceat(size, at), np.add.reduceat(wins, at))


def deviance(size: Floats, wins: Floats) -> float:
    """-2 log likelihood of bins that each have their own rate of winning."""
    rate = np.clip(wins / np.maximum(size, 1), 1e-12, 1 - 1e-12)
    return float(-2 * (wins * np.log(rate) + (size - wins) * np.log(1 - rate)).sum())


def _ranges(numbers: Floats, cuts: Sequence[float]) -> list[Bin]:
    """Cuts as plain numbers. Each may move by NEARBY of the rows, so that a person can remember it."""
    ordered = np.sort(numbers)
    plain = [_plain(*_room(ordered, cut)) for cut in cuts]
    plain = sorted(set(plain)) if len(set(plain)) == len(plain) else [float(cut) for cut in cuts]
    return [Bin(low, high) for low, high in zip([None, *plain], [*plain, None], strict=True)]


def _room(ordered: Floats, cut: float) -> tuple[float, float]:
    """What lies around a cut: it may lie anywhere above the first number, up to the second."""
    at, reach = int(np.searchsorted(ordered, cut)), int(ordered.size * NEARBY)
    below, above = float(ordered[max(0, at - 1 - reach)]), float(ordered[min(ordered.size - 1, at + reach)])
    if below < 0 <= above:
        return float(ordered[at - 1]), float(cut)
    nearest = float(ordered[at - 1])
    return (below if below > ordered[0] else nearest), (above if above < ordered[-1] else float(cut))


def _plain(below: float, most: float) -> float:
    """The number in (below, most] with the fewest digits."""
    for digits in range(1, 16):
        magnitude = math.floor(math.log10(max(abs(most), 1e-300))) - digits + 1
        step = 10.0**magnitude
        for finer in (1, 0.5):  # 750 is as plain as 700
            number = round(math.floor(most / (step * finer) + 1e-9) * step * finer, max(0, 1 - magnitude))
            if below < number <= most:
                return number
    return most


def _label_bins(column: Column, outcome: NDArray[np.int64], least: int) -> tuple[list[Bin], tuple[str, ...]]:
    filled = ~column.is_missing
    size = np.bincount(column.codes[filled], minlength=column.distinct).astype(float)
    wins = np.bincount(column.codes[filled], outcome[filled], minlength=column.distinct).astype(float)
    common = [code for code in range(column.distinct) if size[code] >= least]
    common.sort(key=lambda code: wins[code] / size[code])
    seen = tuple(column.labels[code] for code in common)
    if not common:
        return [], ()
    starts = [0, *_merged(size[common], wins[common], least, 0), len(common)]
    bins = [Bin(labels=seen[start:end]) for start, end in pairwise(starts)]
    pooled = size.sum() - size[common].sum()
    return [*bins, *([Bin(is_rest=True)] if pooled >= least else [])], seen


def renamed(binned: Binned, bins: Sequence[Bin]) -> Binned:
    """The same cut with other bins, as after some were merged."""
    return replace(binned, bins=tuple(bins))
