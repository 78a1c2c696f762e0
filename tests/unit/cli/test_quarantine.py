"""`baton quarantine`, `baton replay` and `baton submission`, against a scoring that answers as set."""

import json

import pytest

from tests.unit.cli.conftest import Run, Services

ONE = "301e8a51-9a3c-5a8e-9c9e-6a6f1f5f0a01"
TWIN = "301e8a51-9a3c-5a8e-9c9e-6a6f1f5f0a02"
ROW = {"submission_id": ONE, "form_id": "demo", "state": "refused", "received_at": "2026-11-27T17:10:00Z"}
ACTION = "5d0f8f1e-6f2b-4c0a-8d36-0d6b6a0c9d11"
COUNTS = [{"form_id": "demo", "reason": "honeypot", "waiting": 2, "decided": 0}]
DONE = {"action_id": ACTION, "matched": 2, "done": 2, "finished_at": "2026-11-28T10:00:00Z"}
REPLAY = {
    "replay_id": ACTION,
    "at": "2026-11-28T10:00:00Z",
    "starts_at": "2026-11-28T10:00:00Z",
    "rulebook_version": 3,
    "seen": 12,
    "counts": {"changed": 9, "same": 3},
}


def sent(services: Services, request: str) -> list[object]:
    return [body for asked, body in services.asked if asked == request]


@pytest.mark.parametrize(("kind", "said"), [("release", "2 released."), ("refuse", "2 refused.")])
def test_what_was_counted_and_confirmed_is_decided_on(
    kind: str, said: str, baton: Run, services: Services
) -> None:
    path = f"POST /v1/quarantine/{kind}"
    services.answer(path, {"matching": 2, "counts": COUNTS} | DONE)
    done = baton("quarantine", kind, "--form", "demo", "--reason", "honeypot", "--why", "spam", stdin="y\n")
    assert (done.exit_code, said in done.stdout) == (0, True), done.output
    counted, decided = sent(services, path)
    wanted = {"form": "demo", "reason": "honeypot"}
    assert counted == {"filter": wanted, "dry_run": True}
    assert isinstance(decided, dict)
    assert (decided["filter"], decided["expected"], decided["why"]) == (wanted, 2, "spam")
    assert decided["by"]


def test_without_a_yes_nothing_is_decided(baton: Run, services: Services) -> None:
    path = "POST /v1/quarantine/release"
    services.answer(path, {"matching": 2, "counts": COUNTS} | DONE)
    done = baton("quarantine", "release", stdin="n\n")
    assert done.exit_code == 1
    assert "honeypot" in done.stdout
    assert len(sent(services, path)) == 1


def test_nothing_that_matches_is_said(baton: Run, services: Services) -> None:
    services.answer("POST /v1/quarantine/refuse", {"matching": 0, "counts": []})
    done = baton("quarantine", "refuse", ONE, "--yes")
    assert (done.exit_code, done.stdout) == (0, "Nothing in quarantine matches.\n")


@pytest.mark.parametrize("kind", ["release", "refuse"])
def test_a_decision_goes_by_the_beginning_of_an_id(kind: str, baton: Run, services: Services) -> None:
    services.answer("GET /v1/submissions", {"submissions": [ROW]})
    path = f"POST /v1/quarantine/{kind}"
    services.answer(path, {"matching": 2, "counts": COUNTS} | DONE)
    assert baton("quarantine", kind, "301E8A51", "--yes").exit_code == 0
    assert sent(services, "GET /v1/submissions") == ["id_prefix=301e8a51"]
    assert sent(services, path)[0] == {"filter": {"ids": [ONE]}, "dry_run": True}


@pytest.mark.parametrize(
    ("begun", "rows", "code", "said"),
    [
        ("301e8a51", [ROW, ROW | {"submission_id": TWIN}], 2, f"\n  {TWIN}  2026-11-27 17:10:00 UTC  demo"),
        ("301e8a51", [], 1, "There is no submission whose id begins with 301e8a51."),
        ("301e-8a5", [ROW], 2, "at least its first eight characters"),
        ("everything", [ROW], 2, "at least its first eight characters"),
    ],
)
def test_a_beginning_that_is_none_of_one_submission_decides_nothing(
    begun: str, rows: list[dict[str, str]], code: int, said: str, baton: Run, services: Services
) -> None:
    services.answer("GET /v1/submissions", {"submissions": rows})
    done = baton("quarantine", "refuse", begun, "--yes")
    assert done.exit_code == code
    assert said in done.stderr
    assert not sent(services, "POST /v1/quarantine/refuse")


def test_the_filter_of_the_list_is_sent(baton: Run, services: Services) -> None:
    services.answer("GET /v1/quarantine", {"quarantine": [], "matching": 0, "counts": []})
    done = baton("quarantine", "list", "--text", "harbour", "--since", "2026-11-26T10:00:00+01:00")
    assert done.stdout == "Nothing in quarantine matches.\n"
    (query,) = sent(services, "GET /v1/quarantine")
    assert "text=harbour" in str(query)
    assert "since=2026-11-26T09%3A00%3A00Z" in str(query)


def test_a_dry_run_shows_before_and_after(baton: Run, services: Services) -> None:
    sample = {
        "submission_id": ONE,
        "received_at": "2026-11-27T17:10:00Z",
        "state": "quarantined",
        "changed": {"profile.email": {"before": None, "after": "eva@example.com"}},
    }
    services.answer("POST /v1/replays", REPLAY | {"sample": [sample], "is_complete": True})
    done = baton("replay", "submissions", "--form", "demo", "--since", "2026-11-27T17:00:00Z", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "9  come out otherwise" in done.stdout
    assert "profile.email  None -> 'eva@example.com'" in done.stdout
    (body,) = sent(services, "POST /v1/replays")
    assert body == {"form": "demo", "since": "2026-11-27T17:00:00Z", "dry_run": True}


def test_a_replay_left_to_itself_is_named(baton: Run, services: Services) -> None:
    services.answer("POST /v1/replays", REPLAY | {"finished_at": None})
    words = ["replay", "submissions", "--form", "demo", "--since", "2026-11-27T17:00:00Z", "--no-wait"]
    assert f"in the background as {ACTION}" in baton(*words).stdout
    assert json.loads(baton(*words, "--json").stdout)["replay_id"] == ACTION


def test_a_submission_is_named_by_the_beginning_of_its_id(baton: Run, services: Services) -> None:
    decision = {"kind": "refuse", "by": "ana", "at": "2026-11-28T10:00:00Z", "why": "spam"}
    services.answer("GET /v1/submissions", {"submissions": [ROW]})
    services.answer(f"GET /v1/submissions/{ONE}", {"submission_id": ONE, "decisions": [decision]})
    assert "refuse by ana, 2026-11-28 10:00:00 UTC: spam" in baton("submission", "301e").stdout
    services.answer("GET /v1/submissions", {"submissions": [ROW, ROW | {"submission_id": ACTION}]})
    several = baton("submission", "301e")
    assert (several.exit_code, ACTION in several.stderr) == (2, True)


BROKEN = {"set_aside": [{"submission_id": ONE, "reason": "it cannot be read any more"}]}


def test_a_decision_says_what_it_had_to_set_aside(baton: Run, services: Services) -> None:
    services.answer("POST /v1/quarantine/release", {"matching": 2, "counts": COUNTS} | DONE | BROKEN)
    done = baton("quarantine", "release", "--yes")
    assert (done.exit_code, "2 released." in done.stdout) == (1, True), done.output
    assert ONE in done.stdout
    assert "it cannot be read any more" in done.stdout


@pytest.mark.parametrize(
    ("found", "said"),
    [(BROKEN, "it cannot be read any more"), ({"error": "form demo is gone"}, "form demo is gone")],
)
def test_a_replay_says_what_it_had_to_set_aside_and_why_it_ended(
    found: dict[str, object], said: str, baton: Run, services: Services
) -> None:
    ended = REPLAY | {"finished_at": "2026-11-28T10:01:00Z"} | found
    services.answer("POST /v1/replays", ended)
    done = baton("replay", "submissions", "--form", "demo", "--since", "2026-11-27T00:00:00Z")
    assert (done.exit_code, said in done.output) == (1, True), done.output
