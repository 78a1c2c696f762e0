"""Past leads through another plan, without a store."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from router.domain.book import read_book
from router.whatif.model import Behaviour, Spread
from router.whatif.replay import Pairing, Replay
from rulebook.models import Rulebook
from tests.integration.router.worlds import rulebook
from tests.unit.router.whatif_worlds import MONDAY_9, staff

BEHAVIOUR = Behaviour(closes=Spread(timedelta(hours=5), 0.5), declines=0.05)


def row(number: int, minute: int, **given: Any) -> dict[str, Any]:
    at = MONDAY_9 + timedelta(minutes=minute)
    return {
        "id": str(UUID(int=number + 1)),
        "state": "closed",
        "line": "main",
        "quadrant": "perfect",
        "profile": {"employees": 5},
        "score": {"fit": 80, "interest": 70},
        "form_id": "demo",
        "source": "website",
        "campaign": None,
        "submissions": 1,
        "asks": False,
        "account": None,
        "value_minor": 1_000,
        "told": {},
        "person_id": str(UUID(int=7)),
        "comes_again": False,
        "at": at.isoformat(),
        "rounds": 1,
        "handed_at": at.isoformat(),
        "answered_at": (at + timedelta(minutes=20)).isoformat(),
        "rep": "ana",
        "pool": "north",
        "promise_seconds": 3600.0,
        "breaches": 0,
        "breached_at": None,
        "answered_by": "ana",
        "hold_reason": None,
        "foreseen": False,
        "overruled": False,
        **given,
    }


def replay(rules: list[dict[str, Any]], rows: list[dict[str, Any]], seed: int = 1) -> dict[str, Any]:
    current = rulebook()
    draft = rulebook()
    draft["routing"]["plans"]["main"]["rules"] = rules
    books = [read_book(1, Rulebook.model_validate(each)) for each in (current, draft)]
    found = Replay(books[0], books[1], [staff("ana", BEHAVIOUR), staff("bea", BEHAVIOUR)], seed)
    for each in rows:
        found.add(each)
    return found.result()


def many() -> list[dict[str, Any]]:
    chance = random.Random(4)
    minutes = sorted(chance.randrange(14 * 1440) for _ in range(150))
    return [row(number, minute) for number, minute in enumerate(minutes)]


def test_the_plan_in_force_against_itself_changes_nothing() -> None:
    found = replay(rulebook()["routing"]["plans"]["main"]["rules"], many())
    assert found["changed_by_plan"]["leads"] == 0
    assert found["changed_by_plan"]["of"] == 150
    assert found["current"] == found["draft"]


def test_the_same_seed_gives_the_same_result_and_another_one_another() -> None:
    everything_to_ana = [{"id": "all", "pool": "spare"}]
    first, again, other = (replay(everything_to_ana, many(), seed) for seed in (1, 1, 2))
    assert first == again
    assert first["draft"] != other["draft"]
    assert first["draft"]["by_rep"] == {"ana": 150}


def test_what_happened_is_counted_as_it_was() -> None:
    late = row(1, 5, breaches=1, breached_at=(MONDAY_9 + timedelta(hours=1)).isoformat(), rep="bea")
    nobody = row(2, 6, state="held", hold_reason="nobody_open", rep="ana", rounds=1, answered_at=None)
    found = replay([], [row(0, 0), late, nobody])["happened"]
    assert found["by_rep"] == {"ana": 1, "bea": 1}
    assert (found["breached"], found["breaches_by_hour"][11]) == (1, 1), "ten in UTC is eleven in Madrid"
    assert found["with_nobody"] == {"nobody_open": 1}


def test_of_an_erased_lead_the_rules_know_line_and_source_and_it_is_counted() -> None:
    erased = row(0, 0, state="erased", profile={}, score={}, told={}, person_id=None)
    by_size = [{"id": "big", "when": "lead.employees > 1", "pool": "spare"}]
    found = replay(by_size, [erased])
    assert found["counts"]["erased"] == 1
    assert found["rules_in_error"] == {"big": 1}, "the rule asks for what is gone, and does not match"
    assert sum(found["draft"]["by_rep"].values()) == 1


def test_both_sides_are_paired_whichever_tells_first() -> None:
    pairing = Pairing()
    one, other = UUID(int=1), UUID(int=2)
    pairing.first(one, "ana")
    pairing.second(other, "bea")
    pairing.second(one, "bea")
    pairing.first(other, "bea")
    assert pairing.as_json() == {
        "leads": 1,
        "of": 2,
        "pairs": [{"from": "ana", "to": "bea", "leads": 1}],
    }
    assert not pairing._first
    assert not pairing._second
