"""Which agreement's promises a handoff gets: by the company's day, the line and the rep's team."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lead_events.words import Quadrant
from router.domain.agreed import DAYS, Agreements, Answers
from rulebook.models import Rulebook
from tests.integration.router.worlds import rulebook

HOUR = timedelta(hours=1)


def agreement(name: str, hours: int, **more: Any) -> dict[str, Any]:
    sides = {side: {"name": "N", "on": "2025-12-01"} for side in ("marketing", "sales")}
    promises = {"perfect": {"first_response_within": f"{hours}h"}}
    return {
        "name": name,
        "signatures": sides,
        "sales": {"promises": promises, **more.pop("sales", {})},
        **more,
    }


def company() -> Rulebook:
    """January's agreement, February's, and one on trial all the time."""
    document = rulebook()
    document["agreement"] = agreement("January", 1, last_day="2026-01-31")
    february = {
        "lines": {"training": {"perfect": {"first_response_within": "3h"}}},
        "teams": {"south": {"perfect": {"first_response_within": "5h"}}, "loose": {}},
    }
    document["agreements"] = {
        "february": agreement("February", 2, first_day="2026-02-01", last_day="2026-02-28", sales=february),
        "hope": agreement("Hope", 9, state="trial"),
    }
    return Rulebook.model_validate(document)


@pytest.mark.parametrize(
    ("sentence", "at", "line", "team", "expected"),
    [
        ("January's holds in January", datetime(2026, 1, 15, tzinfo=UTC), "main", "north", HOUR),
        ("until midnight in Madrid", datetime(2026, 1, 31, 22, 59, tzinfo=UTC), "main", "north", HOUR),
        ("then February's", datetime(2026, 1, 31, 23, 0, tzinfo=UTC), "main", "north", 2 * HOUR),
        ("a line has its own", datetime(2026, 2, 5, tzinfo=UTC), "training", "north", 3 * HOUR),
        ("a team goes before the line", datetime(2026, 2, 5, tzinfo=UTC), "training", "south", 5 * HOUR),
        ("a team that is named holds alone", datetime(2026, 2, 5, tzinfo=UTC), "main", "loose", None),
        ("in March nothing is agreed", datetime(2026, 3, 1, 9, tzinfo=UTC), "main", "north", None),
    ],
)
def test_the_agreement_that_binds_on_the_day_promises(
    sentence: str, at: datetime, line: str, team: str, expected: timedelta | None
) -> None:
    day = Agreements(company()).at(at)
    assert day.promise(Quadrant.PERFECT, line, team).first_response_within == expected, sentence


def test_answers_name_every_team_with_a_promise_of_its_own() -> None:
    agreements = Agreements(company())
    day = agreements.at(datetime(2026, 2, 5, tzinfo=UTC))
    assert day.answers(Quadrant.PERFECT, "training") == Answers(
        3 * HOUR, (("loose", None), ("south", 5 * HOUR))
    )
    assert not agreements.at(datetime(2026, 4, 1, tzinfo=UTC)).answers(Quadrant.PERFECT, "main").promises


def test_a_simulation_of_years_remembers_a_bounded_number_of_days() -> None:
    agreements, start = Agreements(company()), datetime(2026, 1, 1, 12, tzinfo=UTC)
    names = [agreements.at(start + timedelta(days=day)).agreed.id for day in range(2 * DAYS)]
    assert names.count("agreement") == 31
    assert names.count("february") == 28
    assert len(agreements._days) <= DAYS
