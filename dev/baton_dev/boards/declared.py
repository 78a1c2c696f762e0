"""The metrics that services export, read from their code: name, kind and labels."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = ("services", "libs")
KINDS = {"Counter", "Gauge", "Histogram", "Info"}
_SUFFIXES = {"Histogram": ("_bucket", "_sum", "_count"), "Info": ("_info",)}
_PROMETHEUS = {
    "up": ("Gauge", frozenset[str]()),
    "ALERTS": ("Gauge", frozenset({"alertname", "alertstate", "severity", "team"})),
    "process_cpu_seconds_total": ("Counter", frozenset[str]()),
    "process_resident_memory_bytes": ("Gauge", frozenset[str]()),
}
"""What Prometheus and its client export by themselves, as far as we use it."""
_OF_BUILD = frozenset({"service", "version"})


@dataclass(frozen=True, slots=True)
class Metric:
    """One series name as it is scraped. `is_counter`: it only grows, so only its growth says something."""

    name: str
    is_counter: bool
    labels: frozenset[str]


def declared(root: Path) -> dict[str, Metric]:
    """Every metric of the services under `root`, and Prometheus' own that boards use, by name."""
    found = [metric for path in _modules(root) for metric in _of_module(path)]
    own = [Metric(name, kind == "Counter", labels) for name, (kind, labels) in _PROMETHEUS.items()]
    return {metric.name: metric for metric in (*found, *own)}


def _modules(root: Path) -> Iterable[Path]:
    return sorted(path for source in SOURCES for path in (root / source).glob("*/*/**/metrics.py"))


def _of_module(path: Path) -> Iterator[Metric]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
            yield from _series(node.func.id, *_name_and_labels(node))


def _name_and_labels(call: ast.Call) -> tuple[str, frozenset[str]]:
    name, *more = call.args
    labels = [each for each in more if isinstance(each, ast.List | ast.Tuple)]
    return str(ast.literal_eval(name)), frozenset(ast.literal_eval(labels[0]) if labels else ())


def _series(kind: str, name: str, labels: frozenset[str]) -> Iterator[Metric]:
    if kind not in _SUFFIXES:
        yield Metric(name, kind == "Counter", labels)
    for suffix in _SUFFIXES.get(kind, ()):
        more = {"le"} if suffix == "_bucket" else _OF_BUILD if kind == "Info" else set()
        yield Metric(name + suffix, kind == "Histogram", labels | more)
