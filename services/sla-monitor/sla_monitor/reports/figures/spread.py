"""Medians and ninetieth percentiles, by nearest rank: always a figure that was measured."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import ceil

from sla_monitor.reports.figures.frame import Figure

DAY = 86_400


class Spread(Figure):
    """How `n` figures spread; None of none."""

    n: int
    median: float | None = None
    p90: float | None = None


def spread(figures: Iterable[float]) -> Spread:
    """Of figures in any order: the half and nine in ten of them are at most median and p90."""
    ordered = sorted(figures)
    if not ordered:
        return Spread(n=0)
    return Spread(n=len(ordered), median=nearest_rank(ordered, 50), p90=nearest_rank(ordered, 90))


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """The smallest of the figures that `percent` in a hundred do not exceed. Raises IndexError for none."""
    return ordered[ceil(percent * len(ordered) / 100) - 1]


def days_between(start: datetime | None, end: datetime | None) -> float | None:
    """Wall time in days; None where a moment is missing or they are the wrong way round."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds() / DAY


def known(figures: Iterable[float | None]) -> list[float]:
    """Those that are there."""
    return [figure for figure in figures if figure is not None]
