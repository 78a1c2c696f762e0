"""Assignment cases from other systems' public tests, where the folder stands beside the repository."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.router.pools import NOW, make_pool, make_rep, route_all

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "assignment.json"
OURS = ("as-06", "as-07", "as-12", "as-14", "as-16", "as-17", "as-24", "as-25", "as-26")
"""Those about weights, turns, capacity and who may take part; others are about features of their systems."""


def cases() -> dict[str, dict[str, Any]]:
    if not CASES.is_file():
        return {}
    return {case["id"]: case for case in json.loads(CASES.read_text())["cases"]}


@pytest.mark.parametrize("identity", OURS)
def test_case_of_another_system(identity: str) -> None:
    if not CASES.is_file():
        pytest.skip("the cases are not beside the repository: ../shared/cases/assignment.json")
    case = cases()[identity]
    given, expected = case["given"], case["expected"]
    weights = given.get("weights", {})
    eligible = given.get("eligible", given["pool"])
    reps = [make_rep(name, weight=weights.get(name, 1), is_active=name in eligible) for name in given["pool"]]
    leads = sum(given["calls"]) if "calls" in given else given.get("leads", given.get("batch", 1))
    owners = [
        decision.rep.id if decision.rep else None for decision in route_all(make_pool(*reps), leads, NOW)
    ]
    check(owners, given, expected, standard=case["standard"])


def check(
    owners: list[str | None], given: dict[str, Any], expected: dict[str, Any], *, standard: bool
) -> None:
    counts = Counter(owners)
    if "counts" in expected and standard:
        assert counts == expected["counts"]
    if "counts" in expected and not standard:
        total = sum(given["weights"].values())
        assert all(abs(counts[n] - given["leads"] * w / total) < 1 for n, w in given["weights"].items())
    if "owners" in expected:
        assert owners == expected["owners"]
    if "max_count_difference" in expected:
        assert max(counts.values()) - min(counts.values()) <= expected["max_count_difference"]
    if "owners_differ" in expected:
        assert len(set(owners)) == len(owners)
    if "no_owner_outside_pool" in expected:
        assert set(owners) <= set(given["pool"])
