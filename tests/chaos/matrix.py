"""Which failpoint is tried in which service: every one of the code, wherever it is reached.

A wave arms one pod or two of each service at the same time, and each dies at its failpoint.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONSUMER = (
    "consumer.before_transaction",
    "consumer.in_transaction",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.before_offset_commit",
    "consumer.after_offset_commit",
)
OUTBOX_OF_CONSUMER = ("consumer.after_publish", "consumer.after_delete")
UNIT = ("unit.before_commit", "unit.after_commit", "unit.after_publish", "unit.after_delete")
SWEEPER = ("sweeper.after_claim", "sweeper.after_publish", "sweeper.after_delete")
"""Reached only when rows were left: the other pod of the service dies with some in hand."""
INTAKE = ("intake.after_publish",)
SPOOL = ("intake.after_spool", "replayer.after_publish", "replayer.after_advance")
"""Reached only when the broker is away. Those of `read_back` are only after a restore: tests/e2e/restore."""

REACHED = {
    "scoring": (*CONSUMER, *OUTBOX_OF_CONSUMER),
    "router": (*CONSUMER, *OUTBOX_OF_CONSUMER, *UNIT),
    "sla_monitor": (*CONSUMER, *UNIT),
}
"""Scoring's units are publications of rulebooks; sla-monitor's batches hardly ever say anything."""
LEAVES_ROWS = {
    "scoring": "consumer.after_publish",
    "router": "consumer.after_publish",
    "sla_monitor": "unit.after_publish",
}
"""Reached with rows in hand only, while a commit may be one with nothing to say."""


@dataclass(frozen=True, slots=True)
class Armed:
    """One pod of a service with one failpoint."""

    service: str
    pod: int
    failpoint: str


Wave = Sequence[Armed]


def full_waves() -> Iterator[Wave]:
    """Every failpoint in every service that reaches it."""
    lanes = [list(_pairs(service, failpoints)) for service, failpoints in REACHED.items()]
    lanes = [[*lane, *_sweeping(service)] for lane, service in zip(lanes, REACHED, strict=True)]
    for pairs in zip_longest(*lanes, fillvalue=()):
        yield [armed for pair in pairs for armed in pair]
    yield [Armed("intake", 0, "intake.after_publish")]


SHORT_WAVE: Wave = (
    Armed("intake", 1, "intake.after_publish"),
    Armed("scoring", 0, "consumer.after_publish"),
    Armed("scoring", 1, "sweeper.after_publish"),
    Armed("router", 0, "consumer.before_commit"),
    Armed("router", 1, "consumer.after_commit"),
    Armed("sla_monitor", 0, "unit.after_commit"),
    Armed("sla_monitor", 1, "consumer.before_offset_commit"),
)
"""Those between which a lead would be lost or doubled if the order of steps were another."""


def _pairs(service: str, failpoints: Sequence[str]) -> Iterator[Wave]:
    for place in range(0, len(failpoints), 2):
        yield [Armed(service, pod, name) for pod, name in enumerate(failpoints[place : place + 2])]


def _sweeping(service: str) -> Iterator[Wave]:
    for name in SWEEPER:
        yield [Armed(service, 0, LEAVES_ROWS[service]), Armed(service, 1, name)]


def failpoints_in_code() -> set[str]:
    """The names in every call of `failpoint` below libs/ and services/, with those that callers complete."""
    trees = [
        ast.parse(path.read_text())
        for folder in ("libs", "services")
        for path in (ROOT / folder).rglob("*.py")
        if "tests" not in path.parts
    ]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    callers = {
        word.value.value
        for call in calls
        if _called(call) == "publish_now"
        for word in call.keywords
        if word.arg == "at" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    }
    names: set[str] = set()
    for call in calls:
        if _called(call) == "failpoint":
            names |= _names(call.args[0], callers)
    return names


def _called(call: ast.Call) -> str | None:
    return call.func.id if isinstance(call.func, ast.Name) else None


def _names(argument: ast.expr, callers: set[str]) -> set[str]:
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    if isinstance(argument, ast.JoinedStr):
        end = argument.values[-1]
        assert isinstance(end, ast.Constant)
        return {f"{caller}{end.value!s}" for caller in callers}
    raise AssertionError(f"write failpoint's name so that it can be found: {ast.unparse(argument)}")
