"""Leads by hand on the command line, against a router that answers as set."""

from typing import Any

import pytest

from tests.unit.cli.conftest import Run, Services

LEAD = "3f2a1b00-0000-4000-8000-000000000001"
DECLINE = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"
DONE = {"lead_id": LEAD, "rep_id": "bea", "round": 3, "locked_by": None, "told": []}


def known(services: Services) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"id": LEAD, "lead_id": LEAD, "round": 2})


def sent(services: Services, path: str) -> dict[str, Any]:
    [body] = [body for asked, body in services.asked if asked == f"POST {path}"]
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (["assign", LEAD, "bea", "--force"], "assign", {"rep": "bea", "force": True}),
        (["lock", LEAD], "lock", {"force": False}),
        (["unlock", LEAD], "unlock", {"force": False}),
    ],
)
def test_an_order_names_the_round_it_was_given_by(
    baton: Run, services: Services, words: list[str], path: str, body: dict[str, Any]
) -> None:
    known(services)
    services.answer(f"POST /v1/leads/{LEAD}/{path}", {**DONE, "told": ["bea now has 3 open leads of 2"]})
    done = baton("lead", *words, "--why", "she knows them")
    assert done.exit_code == 0, done.output
    assert sent(services, f"/v1/leads/{LEAD}/{path}") == {**body, "reason": "she knows them", "round": 2}
    assert f"{LEAD} is with bea, round 3." in done.stdout
    assert "3 open leads of 2" in done.stdout


def test_who_was_faster_is_told(baton: Run, services: Services) -> None:
    known(services)
    problem = {"title": "The lead changed hands", "detail": "the lead changed hands meanwhile: ana has it"}
    services.answer(f"POST /v1/leads/{LEAD}/assign", problem, 409)
    done = baton("lead", "assign", LEAD, "bea", "--why", "x")
    assert done.exit_code != 0
    assert "ana has it" in done.output


def test_many_are_listed_before_they_are_moved(baton: Run, services: Services) -> None:
    row = {"lead_id": LEAD, "line": "main", "quadrant": "perfect", "rep_name": "Ana", "locked_by": None}
    services.answer("POST /v1/leads/reassign", {"dry_run": True, "leads": [row], "left": 0})
    done = baton("lead", "reassign", "--from", "ana", "--to", "bea", "--why", "left")
    assert done.exit_code == 0, done.output
    assert "1 to move; --yes moves them." in done.stdout
    assert sent(services, "/v1/leads/reassign")["dry_run"] is True


def test_what_was_not_moved_is_told_and_exits_1(baton: Run, services: Services) -> None:
    rows = [{"lead_id": LEAD, "moved": False, "why": "rosa locked the lead to its rep"}]
    answer = {"dry_run": False, "moved": 0, "refused": 1, "leads": rows, "left": 4}
    services.answer("POST /v1/leads/reassign", answer)
    done = baton("lead", "reassign", "--from", "ana", "--why", "left", "--yes")
    assert done.exit_code == 1
    assert "rosa locked the lead" in done.stdout
    assert "0 moved, 1 not, 4 more after these." in done.stdout


def test_a_lead_that_the_rules_give_to_nobody_now_is_told_as_waiting(baton: Run, services: Services) -> None:
    row = {"lead_id": LEAD, "moved": True, "rep_id": None, "why": None, "waits": "pool_empty"}
    services.answer(
        "POST /v1/leads/reassign", {"dry_run": False, "moved": 1, "refused": 0, "leads": [row], "left": 0}
    )
    assert (
        "waits: nobody is left in the pool who may take it"
        in baton("lead", "reassign", "--from", "ana", "--why", "left", "--yes").stdout
    )


def test_moving_nobodys_leads_says_how_to_name_them(baton: Run) -> None:
    done = baton("lead", "reassign", "--why", "x")
    assert done.exit_code == 2
    assert "--from REP" in done.output


def test_declines_are_listed_and_decided(baton: Run, services: Services) -> None:
    row = {
        "id": DECLINE,
        "lead_id": LEAD,
        "rep_name": "Ana",
        "at": "2026-03-03T09:00:00Z",
        "accept_by": None,
        "code": "no_time",
        "reason": "full",
    }
    services.answer("GET /v1/declines", {"declines": [row]})
    assert "no_time" in baton("lead", "declines").stdout
    services.answer(f"POST /v1/declines/{DECLINE}/refuse", {"rep_id": "ana", "state": "refused"})
    assert "The decline of ana is refused." in baton("lead", "decline", DECLINE[:8], "--refuse").stdout


def test_repairs_are_listed_and_taken_off(baton: Run, services: Services) -> None:
    row = {
        "id": DECLINE,
        "lead_id": LEAD,
        "kind": "wrong_data",
        "profile": {"email": "ada@example.com"},
        "at": "2026-03-03T09:00:00Z",
        "rep_name": "Ana",
        "note": "a fax",
        "duplicate_of": None,
    }
    services.answer("GET /v1/repairs", {"repairs": [row]})
    services.answer("GET /v1/duplicates", {"duplicates": []})
    services.answer(f"POST /v1/repairs/{DECLINE}/resolve", {"id": DECLINE})
    done = baton("lead", "repairs", "--done", DECLINE[:8])
    assert done.exit_code == 0, done.output
    unknown = baton("lead", "repairs", "--done", "0000000f")
    assert "There is no repair whose id begins with 0000000f." in unknown.stderr
    wrong = baton("lead", "repairs", "--done", "the first")
    assert (wrong.exit_code, "write it as `baton lead repairs` shows it" in wrong.stderr) == (2, True)
    assert "ada@example.com" in done.stdout
    assert "wrong data" in done.stdout


QUESTION = {
    "id": DECLINE,
    "lead_id": LEAD,
    "of_lead_id": "9b0a1b00-0000-4000-8000-000000000002",
    "at": "2026-03-03T09:00:00Z",
    "rep_id": "ana",
    "why": "two_people",
    "profile": {"email": "leo@example.com"},
    "of_profile": {"email": "eva@example.com"},
}


def test_whether_two_are_one_is_asked_beside_the_repairs_and_answered(baton: Run, services: Services) -> None:
    services.answer("GET /v1/repairs", {"repairs": []})
    services.answer("GET /v1/duplicates", {"duplicates": [QUESTION]})
    shown = baton("lead", "repairs")
    assert shown.exit_code == 0, shown.output
    for said in ("One person or two?", "leo@example.com", "eva@example.com", "an e-mail or id of their own"):
        assert said in shown.stdout
    for word in ("merge", "apart"):
        services.answer(f"POST /v1/duplicates/{DECLINE}/{word}", {"id": DECLINE, "state": word})
        done = baton("lead", "repairs", f"--{word}", DECLINE[:8], "--why", "asked the rep")
        assert done.exit_code == 0, done.output
        assert sent(services, f"/v1/duplicates/{DECLINE}/{word}")["reason"] == "asked the rep"
    silent = baton("lead", "repairs", "--merge", DECLINE)
    assert silent.exit_code == 2
    assert "--why" in silent.output


def test_repairs_are_listed_also_while_scoring_is_away(baton: Run, services: Services) -> None:
    services.answer("GET /v1/repairs", {"repairs": []})
    services.answer("GET /v1/duplicates", {"detail": "soon"}, 503)
    done = baton("lead", "repairs")
    assert done.exit_code == 0
    assert "Nothing is to be put right." in done.stdout
    assert "is not known" in done.output


def test_a_rep_enters_a_lead_of_their_own_by_their_own_token(baton: Run, services: Services) -> None:
    answer = {"id": DECLINE, "became": "entered", "then": "GET /v1/me/leads says what became of it"}
    services.answer("POST /v1/me/leads", answer, 202)
    said = ["--line", "main", "--email", "ada@example.com", "--note", "met at the fair", "--key", "k-1"]
    done = baton("lead", "own", "ana", *said)
    assert done.exit_code == 0, done.output
    assert f"Entered as {DECLINE}; GET /v1/me/leads says" in done.stdout
    body = {"line": "main", "email": "ada@example.com", "note": "met at the fair"}
    assert sent(services, "/v1/me/leads") == body
    shown = baton("lead", "own", "ana", *said, "--json")
    assert '"became": "entered"' in shown.stdout
    unknown = baton("lead", "own", "bea", *said)
    assert unknown.exit_code == 2
    assert "baton rep token bea" in unknown.output


def test_what_a_lead_of_their_own_lacks_is_said_by_the_router(baton: Run, services: Services) -> None:
    detail = "an e-mail address or a phone number is needed"
    services.answer("POST /v1/me/leads", {"title": "No", "detail": detail}, 422)
    done = baton("lead", "own", "ana", "--line", "main")
    assert done.exit_code == 1
    assert detail in done.output


def test_a_rep_pauses_and_resumes_a_lead_by_their_own_token(baton: Run, services: Services) -> None:
    known(services)
    for act in ("pause", "resume"):
        answer = {"lead_id": LEAD, "round": 2, "act": f"{act}d", "state": "assigned"}
        services.answer(f"POST /v1/assignments/{LEAD}/{act}", answer)
    said = ["--code", "waits_for_buyer", "--why", "sends papers", "--until", "2030-01-31T09:00+01:00"]
    done = baton("lead", "pause", LEAD, "ana", *said)
    assert done.exit_code == 0, done.output
    assert f"{LEAD} is paused, round 2." in done.stdout
    assert sent(services, f"/v1/assignments/{LEAD}/pause") == {
        "code": "waits_for_buyer",
        "reason": "sends papers",
        "until": "2030-01-31T09:00:00+01:00",
    }
    shown = baton("lead", "resume", LEAD, "ana", "--json")
    assert '"act": "resumed"' in shown.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"was_paused": True}, f"{LEAD} is resumed, round 2."),
        ({"was_paused": False}, f"{LEAD} is not paused, round 2: there was nothing to resume."),
    ],
)
def test_who_resumes_a_lead_hears_whether_it_was_paused(
    baton: Run, services: Services, more: dict[str, bool], said: str
) -> None:
    known(services)
    answer = {"lead_id": LEAD, "round": 2, "act": "resumed", "state": "assigned"} | more
    services.answer(f"POST /v1/assignments/{LEAD}/resume", answer)
    done = baton("lead", "resume", LEAD, "ana")
    assert done.exit_code == 0, done.output
    assert said in " ".join(done.stdout.split())


@pytest.mark.parametrize("until", ["tomorrow", "2030-01-31", "2030-01-31T09:00"])
def test_an_end_of_a_pause_that_is_no_moment_is_told_how_to_be_written(baton: Run, until: str) -> None:
    done = baton("lead", "pause", LEAD, "ana", "--code", "waits_for_buyer", "--until", until)
    assert done.exit_code == 2
    assert "as 2030-01-31T09:00+01:00" in done.output


def test_a_mistyped_rep_is_told_so_and_not_to_make_a_token(baton: Run, services: Services) -> None:
    services.answer("GET /v1/reps", {"reps": [{"id": "ana"}, {"id": "marta-ibanez"}]})
    services.answer(f"GET /v1/leads/{LEAD}", {"lead_id": LEAD})
    told = " ".join(baton("lead", "resume", LEAD, "marta-ibane").stderr.split())
    assert "No rep marta-ibane is in the roster; did you mean marta-ibanez?" in told
    assert "token" not in told
    assert "`baton rep list` names them" in " ".join(baton("rep", "assignments", "zzz").stderr.split())
    known = " ".join(baton("rep", "assignments", "marta-ibanez").stderr.split())
    assert "`baton rep token marta-ibanez`" in known


# what a service refuses with, what the command says of it
REFUSALS = [
    ("there is nothing to resume; see GET /v1/me/assignments", "see `baton rep assignments REP`"),
    ("lead ids are in scoring's GET /v1/leads", "lead ids are in `baton leads`"),
    ("GET /v1/reps/ana shows when", "GET /v1/reps/ana shows when"),
]


@pytest.mark.parametrize(("detail", "said"), REFUSALS, ids=[each[0] for each in REFUSALS])
def test_a_refusal_names_the_command_where_there_is_one(
    baton: Run, services: Services, detail: str, said: str
) -> None:
    services.answer(f"GET /v1/leads/{LEAD}", {"lead_id": LEAD})
    services.answer(f"POST /v1/assignments/{LEAD}/resume", {"title": "No", "detail": detail}, 409)
    done = baton("lead", "resume", LEAD, "ana")
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())
