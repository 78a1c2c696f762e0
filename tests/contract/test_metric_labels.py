"""No metric can name a person: each label has a name of this list, with values from somewhere bounded."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("libs/*", "services/*")
OF_THE_RULEBOOK = frozenset(
    {"form", "source", "pool", "rule", "team", "shadow", "vendor", "channel", "scheme", "goal"}
)
"""What a company has written there, and `other`, `none` or `total`."""
OF_THE_INSTALLATION = frozenset({"topic", "consumer", "partition", "schema", "part", "route", "name"})
"""Topics, parts and files with an end: as many as were set up. `name` is a given file's."""
OF_OUR_WORDS = frozenset(
    {
        "became", "charged_to", "decision", "fault", "finding", "handed", "hop", "kind", "level", "limit",
        "outcome", "page", "place", "proof", "proven", "quadrant", "rating", "reason", "role", "standing",
        "state", "status", "time_left", "to", "trial", "trouble", "turn", "use", "via", "why", "work",
    }
)  # fmt: skip
"""Lists that are closed in the code."""


def modules() -> Iterator[str]:
    """Every module of the product that has metrics."""
    for part in PARTS:
        for file in sorted(ROOT.glob(f"{part}/*/**/metrics.py")):
            below = file.relative_to(ROOT).parts[2:]
            yield ".".join((*below[:-1], "metrics"))


def labels() -> dict[str, set[str]]:
    """Each label's name, and the metrics that have it."""
    for module in modules():
        importlib.import_module(module)
    found: dict[str, set[str]] = {}
    for metric in list(REGISTRY._collector_to_names):
        if isinstance(metric, MetricWrapperBase):
            for label in metric._labelnames:
                found.setdefault(label, set()).add(metric._name)
    return found


def test_every_label_is_of_a_list_that_is_bounded() -> None:
    known = OF_THE_RULEBOOK | OF_THE_INSTALLATION | OF_OUR_WORDS
    unknown = {label: sorted(names) for label, names in labels().items() if label not in known}
    assert not unknown, "say in this list what bounds the label, or leave it out"


def test_the_list_holds_no_label_that_no_metric_has() -> None:
    assert labels().keys() == OF_THE_RULEBOOK | OF_THE_INSTALLATION | OF_OUR_WORDS
