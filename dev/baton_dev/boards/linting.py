"""What is wrong with a query: a metric or label that nobody exports, a counter read as a gauge, ..."""

import re
from collections.abc import Iterator, Mapping

import promql_parser as promql

from baton_dev.boards.declared import Metric

EVERYWHERE = frozenset({"job", "instance"})
"""Labels that Prometheus gives to whatever it scrapes; both are as many as there are instances."""
_GROWTH = frozenset({"rate", "increase", "irate", "resets"})
_VARIABLES = {"$__range": "13h", "$__rate_interval": "77s", "$__interval": "33s"}
"""Lengths that no recording rule has: what a person chooses is no figure of a rule."""


def filled_in(expr: str, **values: str) -> str:
    """The query as Grafana would send it, with these lengths for its variables (`range`, `interval`, ...)."""
    found = _VARIABLES | {f"$__{name}": value for name, value in values.items()}
    for name in sorted(found, key=len, reverse=True):
        expr = expr.replace(name, found[name])
    return expr


def problems(expr: str, metrics: Mapping[str, Metric], recorded: Mapping[str, str]) -> list[str]:
    """What is wrong with a query, in words; `recorded` are recording rules: name and expression."""
    try:
        tree = promql.parse(filled_in(expr))
    except ValueError as error:
        return [f"no PromQL: {error}"]
    return list(dict.fromkeys([*_of_selectors(tree, metrics, recorded), *_of_rules(expr, recorded)]))


def _of_selectors(
    tree: promql.Expr, metrics: Mapping[str, Metric], recorded: Mapping[str, str]
) -> Iterator[str]:
    for path in _paths_to_selectors(tree):
        selector = path[-1]
        assert isinstance(selector, promql.VectorSelector)  # noqa: S101 - what the paths lead to
        name = selector.name or ""
        if name in recorded:
            continue
        metric = metrics.get(name)
        if metric is None:
            yield f"{name or 'a selector without a name'}: no service exports it"
            continue
        yield from _of_labels(path, metric)
        yield from _of_use(path, metric)


def _of_labels(path: list[promql.Expr], metric: Metric) -> Iterator[str]:
    selector = path[-1]
    assert isinstance(selector, promql.VectorSelector)  # noqa: S101 - see above
    asked = {matcher.name for matcher in selector.matchers.matchers}
    grouped = [_grouped_by(each) for each in path if isinstance(each, promql.AggregateExpr)]
    for label in sorted(asked.union(*grouped) - metric.labels - EVERYWHERE - _made_in(path)):
        yield f"{metric.name}: has no label {label}"
    if not grouped:
        yield f"{metric.name}: sum it up, or its series are as many as there are instances"


def _of_use(path: list[promql.Expr], metric: Metric) -> Iterator[str]:
    functions = {each.func.name for each in path if isinstance(each, promql.Call)}
    if metric.is_counter and not functions & _GROWTH:
        yield f"{metric.name}: only grows: ask for its increase or rate"
    if not metric.is_counter and functions & _GROWTH:
        yield f"{metric.name}: goes up and down: its increase or rate means nothing"
    if metric.name.endswith("_bucket") and "histogram_quantile" in functions:
        innermost = next(each for each in reversed(path) if isinstance(each, promql.AggregateExpr))
        if "le" not in _grouped_by(innermost):
            yield f"{metric.name}: keep le while summing up for histogram_quantile"


def _of_rules(expr: str, recorded: Mapping[str, str]) -> Iterator[str]:
    """Figures that a recording rule has already are read from it, so that boards and alerts say the same."""
    squeezed = _squeezed(filled_in(expr))
    for name, rule in recorded.items():
        if _squeezed(rule) in squeezed:
            yield f"say {name} instead of {rule.strip()}"


def _squeezed(expr: str) -> str:
    return re.sub(r"\s+", "", expr)


def _grouped_by(aggregate: promql.AggregateExpr) -> set[str]:
    return set(aggregate.modifier.labels) if aggregate.modifier is not None else set()


def _made_in(path: list[promql.Expr]) -> set[str]:
    """Labels that `count_values` makes."""
    made = [each.param for each in path if isinstance(each, promql.AggregateExpr) and each.param is not None]
    return {each.val for each in made if isinstance(each, promql.StringLiteral)}


def _paths_to_selectors(tree: promql.Expr) -> list[list[promql.Expr]]:
    """From the whole query down to each selector."""
    path: list[promql.Expr] = []
    found: list[list[promql.Expr]] = []

    def enter(node: promql.Expr) -> None:
        path.append(node)
        if isinstance(node, promql.VectorSelector):
            found.append(list(path))

    def leave(_node: promql.Expr) -> None:
        path.pop()

    promql.walk(tree, pre_visit=enter, post_visit=leave)
    return found
