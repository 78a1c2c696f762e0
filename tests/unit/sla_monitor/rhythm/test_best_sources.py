"""Which sources the page for management names as the best and the worst."""

import pytest

from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.rhythm.monthly import best_and_worst
from tests.unit.sla_monitor.reports.month import plausible_month


def _with_returns(*gains: float | None) -> MonthReport:
    """A real month whose sources have these returns, each named by its place."""
    report = month_report(plausible_month(40))
    example = report.sources.last[0]
    sources = [
        example.model_copy(update={"id": str(n), "name": str(n), "cost_minor": 1_000, "return_on_cost": gain})
        for n, gain in enumerate(gains)
    ]
    both = {"first": sources, "last": sources}
    return report.model_copy(update={"sources": report.sources.model_copy(update=both)})


@pytest.mark.parametrize(
    ("gains", "best", "worst", "why"),
    [
        ([-1.0], "", "0", "one that lost everything is no best source"),
        ([-0.2, -1.0, 0.0], "", "102", "nor is one that only brought in its cost"),
        ([0.5, -0.2, -1.0], "0", "21", "of the better half those that gained"),
        ([0.5, 0.3, 0.1, -1.0, -0.5], "012", "34", "none is named twice"),
        ([0.5], "0", "", "one that gained is the best and no worst"),
        ([None], "", "", "without a cost there is no return"),
    ],
)
def test_only_a_source_that_brought_in_more_than_it_cost_is_among_the_best(
    gains: list[float | None], best: str, worst: str, why: str
) -> None:
    found = best_and_worst(_with_returns(*gains))
    assert ["".join(each.name for each in named) for named in found] == [best, worst], why
