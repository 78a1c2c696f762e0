"""Objections, incidents and signatures on the command line, against an sla-monitor that answers as set."""

from typing import Any

import pytest

from baton_cli.audit import operator_name
from tests.unit.cli.conftest import Run, Services

LEAD = "3f2a1b00-0000-4000-8000-000000000001"
ID = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"


def _sent(services: Services, path: str) -> dict[str, Any]:
    [body] = [body for asked, body in services.asked if asked == f"POST {path}"]
    assert isinstance(body, dict)
    return body


def test_an_objection_names_what_it_is_about(baton: Run, services: Services) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD})
    services.answer("POST /v1/objections", {"id": ID})
    words = [
        "--about",
        "breach",
        "--side",
        "sales",
        "--reason",
        "no line",
        "--kind",
        "accept",
        "--round",
        "2",
    ]
    done = baton("agreement", "object", LEAD, *words)
    assert done.exit_code == 0, done.output
    assert _sent(services, "/v1/objections") == {
        "about": "breach",
        "side": "sales",
        "reason": "no line",
        "kind": "accept",
        "round": 2,
        "lead": LEAD,
    }
    assert f"baton agreement excuse {ID} --why" in done.stdout


@pytest.mark.parametrize("word", ["uphold", "excuse"])
def test_a_decision_says_why(baton: Run, services: Services, word: str) -> None:
    path = f"/v1/objections/{ID}/{word}"
    services.answer(f"POST {path}", {"id": ID, "verdict": "upheld", "decided_by": "ana"})
    done = baton("agreement", word, ID, "--why", "so it was")
    assert done.exit_code == 0, done.output
    assert _sent(services, path) == {"why": "so it was"}


def _objection(identity: str, verdict: str | None = None) -> dict[str, Any]:
    return {"id": identity, "at": "2026-11-29T10:30:00Z", "about": "breach", "verdict": verdict}


OTHER = "5f0c5c0e-77aa-5b54-9d0a-0d1f5a3e6b57"


@pytest.mark.parametrize("word", ["uphold", "excuse"])
def test_an_objection_is_decided_by_the_beginning_of_its_id(
    baton: Run, services: Services, word: str
) -> None:
    services.answer("GET /v1/objections", {"objections": [_objection(ID)], "next_cursor": None})
    path = f"/v1/objections/{ID}/{word}"
    services.answer(f"POST {path}", {"id": ID, "verdict": "upheld", "decided_by": "ana"})
    done = baton("agreement", word, ID[:8].upper(), "--why", "so it was")
    assert done.exit_code == 0, done.output
    assert _sent(services, path) == {"why": "so it was"}


def test_an_incident_is_taken_back_by_the_beginning_of_its_id(baton: Run, services: Services) -> None:
    window = {"from": "2026-11-29T10:00:00Z", "until": "2026-11-29T11:00:00Z", "why": "exchange down"}
    services.answer("GET /v1/incidents", {"incidents": [window | {"id": ID}]})
    services.answer(f"DELETE /v1/incidents/{ID}", window | {"id": ID})
    done = baton("incident", "retract", ID[:10])
    assert done.exit_code == 0, done.output
    assert f"Incident {ID} excuses nothing" in done.stdout


# what is typed, the exit code, what is said
NOT_ONE = [
    (["agreement", "uphold", "5f0c5c0e", "--why", "x"], 2, "'5f0c5c0e' means 2 objections"),
    (
        ["agreement", "excuse", "5f0c5c0e", "--why", "x"],
        2,
        f"{OTHER}  2026-11-29 10:30:00 UTC  breach  upheld",
    ),
    (["agreement", "uphold", "99999999", "--why", "x"], 1, "no objection whose id begins with 99999999"),
    (["agreement", "excuse", "5f0c", "--why", "x"], 2, "at least its first eight characters"),
    (["agreement", "uphold", "the-late-one", "--why", "x"], 2, "`baton agreement objections` shows it"),
    (["incident", "retract", "5f0c5c0e"], 1, "no incident whose id begins with 5f0c5c0e"),
    (["incident", "retract", "yesterday"], 2, "`baton incident list` shows it"),
]


@pytest.mark.parametrize(("words", "code", "said"), NOT_ONE, ids=[said for _, _, said in NOT_ONE])
def test_an_id_that_means_none_or_several_is_answered_with_what_to_write(
    baton: Run, services: Services, words: list[str], code: int, said: str
) -> None:
    found = [_objection(ID), _objection(OTHER, "upheld")]
    services.answer("GET /v1/objections", {"objections": found, "next_cursor": None})
    services.answer("GET /v1/incidents", {"incidents": []})
    done = baton(*words)
    assert done.exit_code == code, done.output
    assert said in " ".join(done.stderr.replace("\n  ", "\n").split("\n"))


# what the service says in its fields, what the command says in its options
IN_FIELDS = [
    (
        "several promises were broken: accept of round 1; send kind and round of the one you mean",
        "write --kind and --round of the one you mean",
    ),
    (
        "kind and round name a broken promise: leave them out of a rejection",
        "--kind and --round name a broken promise",
    ),
    (
        "`baton sla LEAD` shows its promises: send lead and kind, or the id of the timer as subject",
        "write another --kind or --round, or none",
    ),
]


@pytest.mark.parametrize(("detail", "said"), IN_FIELDS, ids=[said for _, said in IN_FIELDS])
def test_a_refused_objection_is_told_the_options_to_write(
    baton: Run, services: Services, detail: str, said: str
) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD})
    services.answer("POST /v1/objections", {"title": "No", "detail": detail}, 404)
    words = ["--about", "breach", "--side", "sales", "--reason", "no line"]
    done = baton("agreement", "object", LEAD, *words)
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())


def test_objections_say_when_what_they_are_about_happened_and_why_they_were_decided_so(
    baton: Run, services: Services
) -> None:
    each = {
        "id": ID,
        "at": "2026-11-29T10:30:00Z",
        "about": "breach",
        "kind": "first_response",
        "round": 2,
        "rep_id": "marta-ibanez",
        "lead_id": LEAD,
        "happened_at": "2026-11-29T10:05:00Z",
        "side": "sales",
        "by": "marta",
        "reason": "no line",
        "verdict": "excused",
        "decided_by": "irene",
        "why": "the exchange was down",
    }
    services.answer("GET /v1/objections", {"objections": [each], "next_cursor": None})
    done = baton("agreement", "objections")
    assert done.exit_code == 0, done.output
    for said in ("2026-11-29 10:30:00", "2026-11-29 10:05:00", "excused", "irene", "the exchange was down"):
        assert said in done.stdout
    assert "first response, round 2, marta-ibanez" in done.stdout


SIGNED = [
    (
        "POST /v1/objections",
        ["agreement", "object", LEAD, "--about", "rejection", "--side", "sales", "--reason", "it fits"],
    ),
    (f"POST /v1/objections/{ID}/uphold", ["agreement", "uphold", ID, "--why", "so it was"]),
    (f"POST /v1/objections/{ID}/excuse", ["agreement", "excuse", ID, "--why", "so it was"]),
    (
        "POST /v1/incidents",
        ["incident", "add", "--from", "2026-11-29T10:00Z", "--until", "2026-11-29T11:00Z", "--why", "down"],
    ),
    (f"DELETE /v1/incidents/{ID}", ["incident", "retract", ID]),
    (
        "POST /v1/reports/2026-11/sign",
        ["report", "close", "--month", "2026-11", "--side", "sales", "--name", "Marta"],
    ),
]


@pytest.mark.parametrize(("request_", "words"), SIGNED, ids=[request_ for request_, _ in SIGNED])
def test_what_is_held_against_the_count_is_kept_under_the_name_of_who_typed_it(
    baton: Run, services: Services, request_: str, words: list[str]
) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD})
    decided = {"id": ID, "verdict": "upheld", "decided_by": "ana"}
    services.answer(request_, decided | {"period": "2026-11", "side": "sales", "is_closed": False})
    done = baton(*words)
    assert done.exit_code == 0, done.output
    assert services.signed[request_] == operator_name()


def test_a_window_is_added_with_its_moments(baton: Run, services: Services) -> None:
    services.answer("POST /v1/incidents", {"id": ID})
    words = ["--from", "2026-11-29T10:00Z", "--until", "2026-11-29T11:30Z", "--why", "exchange down"]
    done = baton("incident", "add", *words)
    assert done.exit_code == 0, done.output
    assert _sent(services, "/v1/incidents") == {
        "from": "2026-11-29T10:00:00+00:00",
        "until": "2026-11-29T11:30:00+00:00",
        "why": "exchange down",
    }


def test_a_month_is_signed_for_a_side(baton: Run, services: Services) -> None:
    answer = {"period": "2026-11", "side": "sales", "is_closed": True, "booked": 7, "corrections": 0}
    services.answer("POST /v1/reports/2026-11/sign", answer)
    done = baton("report", "close", "--month", "2026-11", "--side", "sales", "--name", "Marta Ibáñez")
    assert done.exit_code == 0, done.output
    assert _sent(services, "/v1/reports/2026-11/sign") == {"side": "sales", "name": "Marta Ibáñez"}
    assert "2026-11 is closed" in done.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["report", "close", "--month", "2026-11", "--side", "both", "--name", "x"], "marketing or sales"),
        (["agreement", "object", LEAD, "--about", "x", "--side", "sales", "--reason", "y"], "rejection or"),
        (["incident", "add", "--from", "ten", "--until", "11", "--why", "x"], "is not a date and time"),
    ],
)
def test_a_word_that_cannot_be_meant_is_answered_with_what_to_write(
    baton: Run, services: Services, words: list[str], hint: str
) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD})
    done = baton(*words)
    assert done.exit_code != 0
    assert hint in done.output
