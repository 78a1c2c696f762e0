"""Medians and ninetieth percentiles, and shares of nothing."""

import pytest

from sla_monitor.reports.figures.frame import share
from sla_monitor.reports.figures.spread import Spread, spread


@pytest.mark.parametrize(
    ("figures", "found", "why"),
    [
        ([], Spread(n=0), "of nothing there is no median"),
        ([7.0], Spread(n=1, median=7, p90=7), "one figure is both"),
        ([4, 1, 3, 2], Spread(n=4, median=2, p90=4), "of an even number the lower of the two in the middle"),
        ([3, 1, 2], Spread(n=3, median=2, p90=3), "of an odd number the one in the middle"),
        (range(1, 11), Spread(n=10, median=5, p90=9), "nine in ten are at most the ninth of ten"),
        (range(1, 12), Spread(n=11, median=6, p90=10), "nine in ten of eleven need the tenth"),
    ],
)
def test_figures_are_those_that_were_measured(figures: list[float], found: Spread, why: str) -> None:
    assert spread(figures) == found, why


def test_a_share_of_nothing_is_none_and_no_zero() -> None:
    assert share(0, 0) is None
    assert share(0, 4) == 0
