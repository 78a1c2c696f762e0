"""Expected values of other systems' public test suites, where that folder lies next to the repository."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from worktime import Calendar

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "working_time.json"
OURS: dict[str, str | int] = {
    "wt-018": "2006-04-02T10:00:00Z",
    "wt-019": "2014-03-09T10:00:01Z",
    "wt-072": 90_000,
    "wt-088": "2020-04-06T09:00:00Z",
    "wt-167": "2016-11-09T09:26:36Z",
}
"""Where the source decided otherwise than our policies."""


def load() -> list[Any]:
    if not CASES.exists():
        reason = "shared/cases/working_time.json is not next to this repository"
        return [pytest.param({}, id="absent", marks=pytest.mark.skip(reason=reason))]
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", load())
def test_the_expected_value_of_another_system_holds(case: dict[str, Any]) -> None:
    asked, instant = case["input"], datetime.fromisoformat
    calendar = Calendar.from_dict(case["calendar"])
    assert Calendar.from_dict(json.loads(json.dumps(calendar.to_dict()))) == calendar
    calendar = calendar.without((instant(start), instant(end)) for start, end in asked.get("pauses", []))
    ((_, value),) = case["expected"].items()
    expected = OURS.get(case["id"], value)
    match case["kind"].removesuffix("_with_pauses"):
        case "due":
            due = calendar.add(instant(asked["start"]), timedelta(seconds=asked["seconds"]))
            assert due == instant(str(expected))
        case "elapsed":
            elapsed = calendar.elapsed(instant(asked["from"]), instant(asked["to"]))
            assert elapsed == timedelta(seconds=int(expected))
        case "next_open":
            assert calendar.next_open(instant(asked["at"])) == instant(str(expected))
        case other:
            pytest.fail(f"unknown kind of case {other!r}: teach this test to ask it")
