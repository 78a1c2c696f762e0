"""PromQL that several panels share. `$__range` is the time the board shows, `$__interval` one bar of it."""

from dataclasses import dataclass

SERVICES = 'job=~"intake|scoring|router|sla-monitor"'
"""Matches every service and nothing else that Prometheus scrapes."""


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and how its series are called: `{{label}}` is a label's value."""

    expr: str
    legend: str = ""


def total(counter: str, by: str = "", window: str = "$__range") -> str:
    """How much a counter grew, of all instances together."""
    return f"sum{_by(by)}(increase({counter}[{window}]))"


def share(part: str, whole: str) -> str:
    """`part` of `whole`, 0 to 1; nothing while the whole is 0, rather than a division by it."""
    return f"({part}) / ({whole} > 0)"


def within(quantile: float, histogram: str, by: str = "", window: str = "$__range") -> str:
    """The value below which this share of a histogram's observations lie."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({quantile}, sum by ({labels}) (rate({histogram}_bucket[{window}])))"


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""
