"""The model itself on stories small enough to be worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lead_events import EventModel, LeadProgressed, LeadRouted, RulebookPublished
from tests.model.company import SIGNED
from tests.model.history import History, News
from tests.model.minutes import charged, path_of
from tests.model.promises import Kept, promises_of

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEAD = UUID(int=7)
WEEK = {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}
AGREED = {"accept_within": "1h", "first_response_within": "2h", "next_response_within": "1h"}
TRIES = {"attempts": {"count": 3, "within": "6h"}, "outcome_within": "10h"}


def rulebook() -> EventModel:
    agreement = {"name": "A", "signatures": SIGNED, "sales": {"promises": {"perfect": AGREED | TRIES}}}
    return RulebookPublished(
        version=1,
        effective_from=MONDAY - 24 * HOUR,
        published_at=MONDAY - 24 * HOUR,
        published_by="ops",
        checksum="c",
        rulebook={
            "company": "Aurora",
            "time_zone": "UTC",
            "currency": "EUR",
            "lines": {"main": "Platform"},
            "forms": {},
            "sources": {},
            "scorecards": {"main": {"fit": [], "interest": []}},
            "routing": {"pools": {}, "plans": {}},
            "roster": {"teams": {}, "reps": {}},
            "calendars": {},
            "agreement": agreement,
        },
    )


def routed(kind: str, hours: float, seq: int, **more: Any) -> EventModel:
    calendar = {"tz": "UTC", "week": WEEK}
    rep = {"id": "ana", "name": "Ana", "team": "iberia", "calendar": calendar, "availability_revision": 1}
    said = {
        "lead_id": LEAD,
        "line": "main",
        "seq": seq,
        "kind": kind,
        "at": MONDAY + hours * HOUR,
        "round": 1,
    }
    said |= {"cause_id": uuid4(), "quadrant": "perfect", "why": "so", "rulebook_version": 1}
    return LeadRouted.model_validate(said | {"rep": rep} | more)


def acted(kind: str, hours: float, seq: int, **more: Any) -> EventModel:
    said = {
        "lead_id": LEAD,
        "line": "main",
        "seq": seq,
        "kind": kind,
        "at": MONDAY + hours * HOUR,
        "round": 1,
    }
    return LeadProgressed.model_validate(said | more)


def story(*events: EventModel, until: float = 24 * 9) -> dict[str, Kept]:
    history = History.of([News(uuid4(), each) for each in (rulebook(), routed("assigned", 0, 1), *events)])
    found = promises_of(history, LEAD, MONDAY + until * HOUR)
    return {f"{each.kind} {each.opened.at - MONDAY}": each for each in found}


@pytest.mark.parametrize(
    ("events", "states"),
    [
        pytest.param([], {"accept": "broken", "first_response": "broken", "outcome": "broken"}, id="no act"),
        pytest.param(
            [acted("contacted", 1, 2)],
            {"accept": "kept", "first_response": "kept", "outcome": "broken"},
            id="a contact at the due time itself is in time, and accepts too",
        ),
        pytest.param(
            [acted("declined", 0.5, 2, code="no_time")],
            dict.fromkeys(("accept", "first_response", "outcome"), "cancelled"),
            id="declined before anything ran out",
        ),
        pytest.param(
            [acted("rejected", 1.5, 2, code="other")],
            {"accept": "broken", "first_response": "kept", "outcome": "kept"},
            id="a rejection keeps what has not run out",
        ),
    ],
)
def test_what_becomes_of_the_promises_of_a_handoff(events: list[EventModel], states: dict[str, str]) -> None:
    assert {kept.kind: kept.state for kept in story(*events).values()} == states


def test_what_is_left_at_closing_goes_on_at_the_next_opening() -> None:
    outcome = story()["outcome 0:00:00"]
    assert outcome.due == MONDAY + 26 * HOUR, "eight hours on Monday, two on Tuesday"
    assert outcome.warnings == ((0.5, MONDAY + 5 * HOUR), (0.8, MONDAY + 8 * HOUR))


def test_a_pause_leaves_what_was_left_and_only_of_what_its_reason_names() -> None:
    paused = acted("paused", 2, 3, code="waits_for_buyer")
    found = story(acted("contacted", 0.5, 2), paused, acted("resumed", 3, 4))
    assert found["outcome 0:00:00"].due == MONDAY + 27 * HOUR
    found = story(acted("contacted", 0.5, 2), acted("asked_again", 1.75, 5), paused)
    assert found["outcome 0:00:00"].due is None
    assert found["next_response 1:45:00"].due == MONDAY + 2.75 * HOUR


def test_one_silence_is_one_promise() -> None:
    found = story(
        acted("asked_again", 0.25, 2),
        acted("contacted", 0.5, 3),
        acted("asked_again", 1, 4),
        acted("asked_again", 1.5, 5),
        acted("contacted", 1.75, 6),
    )
    assert [name for name in found if name.startswith("next_response")] == ["next_response 1:00:00"]


def test_tries_are_due_until_so_many_are_made_or_somebody_was_reached() -> None:
    tries = [acted("contacted", hours, 2 + n, contact="attempt") for n, hours in enumerate((0.5, 1, 2))]
    found = story(*tries)
    assert [kept.state for name, kept in found.items() if "next_attempt" in name] == ["kept", "kept"]
    found = story(tries[0], acted("contacted", 0.75, 9, contact="conversation"), tries[1])
    assert [name for name in found if "next_attempt" in name] == ["next_attempt 0:30:00"]


def test_a_breach_is_the_reps_who_had_all_of_the_time_and_the_path_has_no_gap() -> None:
    history = History.of([News(uuid4(), each) for each in (rulebook(), routed("assigned", 7.5, 1))])
    (accept, *_) = promises_of(history, LEAD, MONDAY + 48 * HOUR)
    assert accept.due == MONDAY + 24.5 * HOUR
    path = [(each.part, (each.end - each.start) / HOUR) for each in path_of(history, LEAD, accept.due)]
    assert path == [("rep", 0.5), ("out_of_hours", 16), ("rep", 0.5)]
    assert charged(history, accept, is_above=False) == "rep"
    assert charged(history, accept, is_above=True) == "nobody"
