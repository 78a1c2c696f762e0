"""What a request for advice is about, for somebody who has no open lead for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events import LeadSignalled
from scoring.domain.asking import Earlier, asked_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUMPS = Earlier("pumps", NOW - timedelta(days=9), ("demo", "google", "spring"), is_test=False)
TANKS = Earlier("tanks", NOW - timedelta(days=2), ("fair", "bauma", None), is_test=False)
LINES = {"pumps", "tanks", "valves"}


def ask(**given: Any) -> LeadSignalled:
    values: dict[str, Any] = {
        "signal_id": UUID(int=7),
        "kind": "advice_requested",
        "at": NOW,
        "identity": {"email": "eva@example.com"},
    }
    return LeadSignalled(**(values | given))


def test_without_a_line_it_is_about_the_one_of_the_lead_opened_last() -> None:
    found = asked_of(ask(), [PUMPS, TANKS], LINES, NOW)
    assert found is not None
    line, act = found
    assert (line, act.origin, act.asks, act.consent) == ("tanks", ("fair", "bauma", None), True, None)
    assert act.submission == UUID(int=7)


def test_a_line_that_is_named_holds_also_where_the_person_never_had_a_lead_for_it() -> None:
    pumps, valves = (asked_of(ask(line=line), [PUMPS, TANKS], LINES, NOW) for line in ("pumps", "valves"))
    assert pumps is not None
    assert valves is not None
    assert (pumps[0], pumps[1].origin) == ("pumps", PUMPS.origin)
    assert (valves[0], valves[1].origin) == ("valves", TANKS.origin)


def test_it_comes_from_the_form_that_it_names() -> None:
    found = asked_of(ask(form_id="chat", source="website"), [PUMPS], LINES, NOW)
    assert found is not None
    assert found[1].origin == ("chat", "website", None)


def test_nobody_known_and_no_line_in_use_open_nothing() -> None:
    assert asked_of(ask(), [], LINES, NOW) is None
    assert asked_of(ask(line="gone"), [PUMPS], LINES, NOW) is None
    assert asked_of(ask(), [PUMPS], {"tanks"}, NOW) is None


def test_an_ask_from_the_future_is_of_now_and_one_that_came_late_was_received_when_it_came() -> None:
    future = asked_of(ask(at=NOW + timedelta(hours=1)), [PUMPS], LINES, NOW)
    late = asked_of(ask(at=NOW - timedelta(hours=1), received_at=NOW), [PUMPS], LINES, NOW)
    assert future is not None
    assert late is not None
    assert (future[1].at, future[1].received_at) == (NOW, NOW)
    assert (late[1].at, late[1].received_at) == (NOW - timedelta(hours=1), NOW)


def test_it_is_a_test_where_all_leads_of_the_person_were() -> None:
    tried = Earlier("valves", NOW, ("demo", "google", None), is_test=True)
    real, test = asked_of(ask(), [PUMPS, tried], LINES, NOW), asked_of(ask(), [tried], LINES, NOW)
    assert real is not None
    assert test is not None
    assert (real[0], real[1].is_test, test[1].is_test) == ("valves", False, True)
