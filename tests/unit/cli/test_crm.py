"""CRMs on the command line, against a router that answers as set."""

import json

from tests.unit.cli.conftest import Run, Services

LEAD = "3f2a1b00-0000-4000-8000-000000000001"
REQUEST = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"
SHOWN = {
    "connection": "hubspot",
    "request": "contact",
    "method": "POST",
    "url": "https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert",
    "headers": {"Authorization": "(secret hubspot-token)"},
    "body": {"inputs": []},
}


def test_a_template_is_tried_on_a_lead_by_the_beginning_of_its_id(baton: Run, services: Services) -> None:
    services.answer("GET /v1/leads", {"leads": [{"lead_id": LEAD}], "next": None})
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD})
    services.answer(
        f"GET /v1/crm/leads/{LEAD}/preview", {"requests": [SHOWN, {**SHOWN, "skipped": "no e-mail"}]}
    )
    done = baton("crm", "test", LEAD, "--event", "accepted", "--crm", "hubspot")
    assert done.exit_code == 0, done.output
    assert "POST https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert" in done.stdout
    assert "Authorization: (secret hubspot-token)" in done.stdout
    assert "not sent: no e-mail" in done.stdout
    [asked] = [query for path, query in services.asked if path.endswith("/preview")]
    assert asked == "event=accepted&connection=hubspot"


def test_an_event_that_no_crm_hears_of_is_said(baton: Run, services: Services) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"lead_id": LEAD})
    services.answer(f"GET /v1/crm/leads/{LEAD}/preview", {"requests": []})
    assert "No CRM is told of closed" in baton("crm", "test", LEAD, "--event", "closed").stdout


def test_what_was_not_done_is_listed_and_exits_1(baton: Run, services: Services) -> None:
    said = {
        "connection": "hubspot",
        "object_id": "501",
        "received_at": "2026-03-03T09:00:00Z",
        "owner": "99",
        "outcome": None,
        "why": "no rep of the roster has this crm_id: 99",
    }
    services.answer("GET /v1/crm/unmatched", {"unmatched": [said]})
    done = baton("crm", "unmatched")
    assert done.exit_code == 1
    assert "crm_id: 99" in done.stdout
    services.answer("POST /v1/crm/unmatched/retry", {"again": 1})
    assert "1 are looked at once more" in baton("crm", "unmatched", "--again").stdout
    services.answer("GET /v1/crm/unmatched", {"unmatched": []})
    assert baton("crm", "unmatched").exit_code == 0


def test_what_was_given_up_is_listed_and_sent_again(baton: Run, services: Services) -> None:
    given_up = {
        "id": REQUEST,
        "connection": "hubspot",
        "request": "contact",
        "kind": "assigned",
        "lead_id": LEAD,
        "attempts": 9,
        "happened_at": "2026-03-03T09:00:00Z",
        "detail": "answered 400",
    }
    services.answer("GET /v1/crm/requests", {"requests": [given_up]})
    services.answer(f"POST /v1/crm/requests/{REQUEST}/retry", {"id": REQUEST, "state": "pending"})
    assert "answered 400" in baton("crm", "requests").stdout
    assert json.loads(baton("crm", "retry", REQUEST[:8], "--json").stdout)["state"] == "pending"
