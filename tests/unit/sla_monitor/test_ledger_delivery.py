"""What one lead-scored says for months."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lead_events import LeadScored
from rulebook.publication import parse
from rulebook.versions import Versioned
from sla_monitor.ledger.books import Book, book_of
from sla_monitor.ledger.delivery import told_by

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
LEAD = UUID(int=7)


def _scored(**more: Any) -> LeadScored:
    return LeadScored.model_validate(
        {
            "lead_id": LEAD,
            "person_id": uuid4(),
            "line": "main",
            "seq": 1,
            "cause": {"id": uuid4(), "kind": "submission", "at": NINE},
            "profile": {"employees": 800, "country": "ES"},
            "form_id": "demo",
            "source": "website",
            "score": {"fit": 80, "interest": 80},
            "quadrant": "perfect",
            "stage": "sql",
            "journey": {"received_at": NINE, "durable_at": NINE, "scored_at": NINE},
            "submissions": 1,
            "rulebook_version": 1,
        }
        | more
    )


def _book(segments: dict[str, str] | None = None, **agreement: Any) -> Book:
    promises = {"perfect": {"outcome_within": "8h"}}
    document = {
        "company": "Aurora",
        "time_zone": "Europe/Madrid",
        "currency": "EUR",
        "lines": {"main": "Platform"},
        "forms": {},
        "sources": {"website": {"name": "Website"}},
        "scorecards": {"main": {"fit": [], "interest": []}},
        "routing": {"pools": {}, "plans": {}, "segments": segments or {}},
        "roster": {"teams": {}, "reps": {}},
        "calendars": {"office": {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "17:00"]]}}},
        "agreement": {"name": "2026", "sales": {"promises": promises}} | agreement,
    }
    return book_of(Versioned(1, NINE - timedelta(days=9), parse(document)))


@pytest.mark.parametrize(
    ("more", "delivered", "why"),
    [
        ({}, 0, "the act, where scoring tells no other moment"),
        ({"sql_at": NINE + timedelta(hours=1)}, 60, "the act that made it a SQL"),
        ({"sql_at": NINE, "journey": {"released_at": NINE + timedelta(hours=2)}}, 120, "a later release"),
        (
            {"sql_at": NINE, "journey": {"released_at": NINE - timedelta(hours=2)}},
            0,
            "an earlier one",
        ),
        ({"journey": {"occurred_at": NINE - timedelta(hours=1)}}, -60, "the buyer's own time"),
        ({"stage": "mql"}, None, "none while it is no SQL"),
    ],
)
def test_a_lead_is_delivered_at_the_act_or_a_later_release(
    more: dict[str, Any], delivered: float | None, why: str
) -> None:
    journey = {"received_at": NINE, "durable_at": NINE, "scored_at": NINE} | more.get("journey", {})
    found = told_by(_scored(**(more | {"journey": journey})), _book()).delivery
    assert (found and found.at) == (None if delivered is None else NINE + timedelta(minutes=delivered)), why


def test_it_keeps_the_segments_it_was_in_and_counts_those_that_cannot_be_decided() -> None:
    segments = {
        "big": "lead.employees >= 500",
        "spanish": 'lead.country == "ES"',
        "french": 'lead.country == "FR"',
        "titled": 'lead.job_title == "CTO"',
        "hot": 'score.interest > 50 && quadrant == "perfect"',
    }
    told = told_by(_scored(), _book(segments))
    assert told.delivery is not None
    assert (told.delivery.segments, told.undecided) == (("big", "hot", "spanish"), 1)


@pytest.mark.parametrize(
    ("standing", "known"), [("none", False), ("customer", True), ("open_deal", True), ("competitor", True)]
)
def test_what_sales_knows_is_told(standing: str, known: bool) -> None:
    account = {"id": uuid4(), "crm_id": "1", "name": "Acme", "standing": standing}
    found = told_by(_scored(account=account), _book()).delivery
    assert found is not None
    assert found.is_known is known


def test_while_nobody_has_it_its_time_runs_by_the_agreements_calendar() -> None:
    by_office = told_by(_scored(), _book(calendar="office")).delivery
    by_weekdays = told_by(_scored(), _book()).delivery
    assert by_office is not None
    assert by_weekdays is not None
    assert by_office.unhanded_due_at == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert by_weekdays.unhanded_due_at == NINE + timedelta(hours=8)
    assert told_by(_scored(quadrant="cold"), _book()).delivery is not None
    assert (told_by(_scored(quadrant="cold"), _book()).delivery or by_office).unhanded_due_at is None


@pytest.mark.parametrize(
    ("more", "touch", "why"),
    [
        ({"cause": {"kind": "submission", "source": "fair"}}, ("fair", True), "it names its own source"),
        (
            {"cause": {"kind": "submission"}},
            ("website", True),
            "of former events the lead's",
        ),
        (
            {"cause": {"kind": "submission"}, "before": {"quadrant": "cold", "stage": "mql"}},
            None,
            "a merge is published as asked for, and brought no submission to this lead",
        ),
        (
            {
                "cause": {"kind": "explicit_ask", "source": "fair"},
                "before": {"quadrant": "cold", "stage": "mql"},
            },
            ("fair", False),
            "a repeat",
        ),
        ({"cause": {"kind": "decay"}, "before": {"quadrant": "warm", "stage": "sql"}}, None, "time is none"),
    ],
)
def test_a_touch_is_a_submission_of_this_lead(
    more: dict[str, Any], touch: tuple[str, bool] | None, why: str
) -> None:
    cause = {"id": uuid4(), "at": NINE} | more["cause"]
    found = told_by(_scored(**(more | {"cause": cause})), _book()).touch
    assert (found and (found.source, found.opened)) == touch, why
