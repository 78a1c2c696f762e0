"""What a new version of the rulebook means for leads that stand, and for how long it is said to take."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rulebook.models import Rulebook
from scoring.cli.rescoring import bar
from scoring.domain.rescoring import Bearing, Order, bearing, orders
from scoring.rescoring import with_rate
from tests.integration.scoring.conftest import RULEBOOK

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VALUE = {"mean_deal": "10.00", "close_rates": dict.fromkeys(("perfect", "warm", "curious", "cold"), 0.1)}
SIGNAL = {"id": "read", "kinds": ["page_view"], "points": 5, "half_life": "1d", "reason": "read"}


def changed(**card: Any) -> Rulebook:
    document = copy.deepcopy(RULEBOOK)
    document["scorecards"]["main"] |= card
    return Rulebook.model_validate(document)


def staged() -> Rulebook:
    document = copy.deepcopy(RULEBOOK)
    document["forms"]["demo"]["buyer_stage"] = "decision"
    return Rulebook.model_validate(document)


def renamed() -> Rulebook:
    document = copy.deepcopy(RULEBOOK)
    document["company"], document["currency"] = "Boreal", "RON"
    document["shadow_scorecards"] = {"main": document["scorecards"]["training"]}
    return Rulebook.model_validate(document)


def dropped() -> Rulebook:
    document = copy.deepcopy(RULEBOOK)
    del document["scorecards"]["main"]
    return Rulebook.model_validate(document)


BASE = Rulebook.model_validate(RULEBOOK)


@pytest.mark.parametrize(
    ("sentence", "after", "what"),
    [
        ("nothing", BASE, Bearing.NOTHING),
        ("what no score is made of, a shadow too", renamed(), Bearing.NOTHING),
        ("points", changed(fit_base=11), Bearing.POINTS),
        ("a threshold", changed(interest_threshold=40), Bearing.POINTS),
        ("a rule on signals", changed(signals=[SIGNAL]), Bearing.POINTS),
        ("what leads are worth", changed(value=VALUE), Bearing.WORTH),
        (
            "whom the rep talks to",
            changed(personas=[{"id": "x", "name": "X", "when": "asks"}]),
            Bearing.WORTH,
        ),
        ("how far forms show a buyer", staged(), Bearing.WORTH),
        ("a line that has no scorecard any more keeps its scores", dropped(), Bearing.NOTHING),
    ],
)
def test_what_a_version_changes_for_the_leads_of_a_line(
    sentence: str, after: Rulebook, what: Bearing
) -> None:
    assert bearing(BASE, after, "main") is what, sentence


def test_a_line_that_changed_there_and_back_again_is_scored_again() -> None:
    assert orders([BASE, changed(fit_base=11), BASE]) == [Order("main", is_told=False)]
    assert orders([BASE, changed(value=VALUE), BASE]) == [Order("main", is_told=True)]
    assert orders([BASE, BASE]) == []
    assert orders([BASE]) == []


def test_the_rate_is_what_was_measured_and_so_is_the_time_left() -> None:
    half = {
        "leads": 1000,
        "seen": 400,
        "began_at": NOW,
        "reached_at": NOW + timedelta(seconds=2),
        "finished_at": None,
    }
    told = with_rate(half)
    assert (told["leads_a_second"], told["seconds_left"]) == (200.0, 3)
    assert "leads_a_second" not in with_rate({**half, "seen": 0, "began_at": None, "reached_at": None})
    assert "seconds_left" not in with_rate({**half, "finished_at": NOW + timedelta(seconds=5)})


def test_the_bar_never_says_more_than_it_knows() -> None:
    assert bar("main", 250, 1000, 100.0) == (
        "main [########                      ] 250 of 1,000, 100 leads/s, 8 s left"
    )
    assert bar("main", 0, 1000, 0.0).endswith("0 of 1,000, 0 leads/s")
    assert bar("main", 1010, 1000, 100.0).endswith("1,010 of 1,000, 100 leads/s")
    assert bar("main", 100, 100_000, 500.0).endswith("3 min 20 s left")
