"""The model's working time against the shared cases, and against the library on random calendars."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.model.calendars import a_calendar
from tests.model.hours import less, open_spans, reached, total
from worktime import Calendar

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "working_time.json"
OURS: dict[str, Any] = {
    "wt-018": "2006-04-02T10:00:00Z",
    "wt-019": "2014-03-09T10:00:01Z",
    "wt-072": 90000,
    "wt-088": "2020-04-06T09:00:00Z",
    "wt-167": "2016-11-09T09:26:36Z",
}
"""What our policies say where the cases' sources decided otherwise."""
FAR = timedelta(days=420)


def _cases() -> list[Any]:
    if not CASES.exists():
        reason = "shared/cases/working_time.json is not next to this repository"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(each, id=each["id"]) for each in json.loads(CASES.read_text())["cases"]]


@pytest.mark.parametrize("case", _cases())
def test_the_shared_cases_hold_for_the_model_too(case: dict[str, Any]) -> None:
    told = case["input"]
    start = _moment(told.get("start") or told.get("from") or told["at"])
    end = _moment(told["to"]) if "to" in told else start + FAR
    pauses = [(_moment(a), _moment(b)) for a, b in told.get("pauses", ())]
    spans = less(open_spans(case["calendar"], start, end), pauses)
    expected: Any = OURS.get(case["id"], next(iter(case["expected"].values())))
    if "to" in told:
        assert total(spans) == timedelta(seconds=expected)
    else:
        assert reached(spans, start, timedelta(seconds=told.get("seconds", 0))) == _moment(expected)


@pytest.mark.parametrize("seed", range(60))
def test_the_library_and_the_model_agree_on_random_calendars(seed: int) -> None:
    rng = random.Random(seed)
    document = a_calendar(rng, datetime(2026, rng.choice((3, 10, 11)), 1, tzinfo=UTC))
    calendar = Calendar.from_dict(document)
    start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(270 * 86_400 * 10**6))
    spans = open_spans(document, start, start + FAR)
    for _ in range(20):
        amount = timedelta(microseconds=rng.randrange(80 * 3600 * 10**6))
        due = reached(spans, start, amount)
        assert due == calendar.add(start, amount)
        assert due is not None
        later = due + timedelta(seconds=rng.randrange(10**6))
        assert total((a, min(b, later)) for a, b in spans if a < later) == calendar.elapsed(start, later)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
