"""Dead letters, reps, the rulebook and test submissions, against services that answer as set."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rulebook.demo_hours import with_demo_hours
from rulebook.loader import load_folder
from rulebook.publication import checksum, parse, to_document
from tests.unit.cli.conftest import Run, Services

FOLDER = Path(__file__).resolve().parents[3] / "rulebook"
PLACE = "lead-submitted-scoring-dlq/0/3"
LETTER = {
    "topic": "lead-submitted-scoring-dlq",
    "partition": 0,
    "offset": 3,
    "reason": "undecodable",
    "time": "2026-11-26T10:00:00Z",
    "consumer": "scoring",
    "event_id": "e1",
    "source_topic": "lead-submitted",
}
SUBMISSION = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"
LEAD = "3f2a1b00-0000-4000-8000-000000000001"


@pytest.fixture
def letters(services: Services) -> Services:
    services.answer("GET /v1/dead-letters", {"dead_letters": [LETTER], "stopped": []})
    services.answer("POST /v1/dead-letters/replay", {"replayed": 1})
    services.answer("POST /v1/dead-letters/resume", {"resumed": ["scoring"]})
    return services


def bodies(services: Services, request: str) -> list[Any]:
    return [content for asked, content in services.asked if asked == request]


def test_dead_letters_are_listed_and_exit_1(baton: Run, letters: Services) -> None:
    done = baton("dlq", "list", "--service", "scoring")
    assert done.exit_code == 1
    assert PLACE in done.stdout
    assert "undecodable" in done.stdout
    letters.answer("GET /v1/dead-letters", {"dead_letters": [], "stopped": []})
    done = baton("dlq", "list", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"dead_letters": [], "stopped": []}


def test_a_stopped_consumer_is_named_and_resumed_under_my_name(baton: Run, letters: Services) -> None:
    stop = {
        "consumer": "router",
        "since": "2026-11-26T10:00:00Z",
        "reason": "stopped by the dead-letter limit",
    }
    letters.answer("GET /v1/dead-letters", {"dead_letters": [], "stopped": [stop]})
    done = baton("dlq", "list", "--service", "router")
    assert done.exit_code == 1
    assert "stopped by the dead-letter limit" in done.stdout
    done = baton("dlq", "resume", "sla-monitor", "--reason", "fixed")
    assert done.exit_code == 0, done.output
    (body,) = bodies(letters, "POST /v1/dead-letters/resume")
    assert body["reason"] == "fixed"
    assert body["by"]


def test_one_is_shown_with_headers_and_value(baton: Run, letters: Services) -> None:
    whole = LETTER | {"headers": {"ce_id": "e1", "dl_reason": "undecodable"}, "value": '{"torn'}
    letters.answer(f"GET /v1/dead-letters/{PLACE}", whole)
    done = baton("dlq", "show", PLACE)
    assert done.exit_code == 0, done.output
    assert '{"torn' in done.stdout
    assert "ce_id" in done.stdout


def test_the_named_or_all_that_wait_are_sent_back(baton: Run, letters: Services) -> None:
    assert baton("dlq", "replay", PLACE).exit_code == 0
    sent_back = LETTER | {"offset": 2, "replayed_at": "2026-11-26T11:00:00Z"}
    letters.answer("GET /v1/dead-letters", {"dead_letters": [LETTER, sent_back], "stopped": []})
    done = baton("dlq", "replay", "--all", "--service", "scoring", "--json")
    assert json.loads(done.stdout) == {"replayed": 1}
    named, everything = bodies(letters, "POST /v1/dead-letters/replay")
    assert named["letters"] == everything["letters"]
    assert named["letters"] == [{"topic": LETTER["topic"], "partition": 0, "offset": 3}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay"], "or --all"),
        (["show", "somewhere"], "write TOPIC/PARTITION/OFFSET"),
        (["show", "lead-submitted/0/1"], "no dead letter topic"),
        (["resume", "intake"], "intake keeps no dead letters"),
        (["resume", "kafka"], "write one of intake, scoring, router, sla-monitor"),
    ],
    ids=["nothing named", "no place", "no dead letter topic", "intake", "no service"],
)
def test_a_wrong_call_says_what_to_write(words: list[str], said: str, baton: Run) -> None:
    done = baton("dlq", *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_reps_are_listed_changed_and_given_tokens(baton: Run, services: Services) -> None:
    ana = {
        "id": "ana",
        "name": "Ana",
        "team": "spain",
        "lines": ["main"],
        "open": 3,
        "capacity": 20,
        "weight": 1,
        "calendar": "madrid",
        "is_active": True,
    }
    services.answer("GET /v1/reps", {"reps": [ana, ana | {"id": "ion"}]})
    services.answer("POST /v1/reps/ana/tokens", {"token": "fresh"}, status=201)
    services.answer("PATCH /v1/reps/ana", ana | {"weight": 2})
    services.answer("GET /v1/me/assignments", {"assignments": []})
    assert "Ana" in baton("rep", "list").stdout
    assert baton("rep", "token", "ana").stdout == "fresh\n"
    assert json.loads(baton("rep", "set", "ana", "--weight", "2", "--json").stdout)["weight"] == 2
    assert bodies(services, "PATCH /v1/reps/ana") == [{"weight": 2}]
    assert baton("rep", "set", "ana").exit_code == 2
    assert baton("rep", "assignments", "ana").stdout == "ana has no open lead.\n"
    assert "baton rep token" in " ".join(baton("rep", "assignments", "ion").stderr.split())


def test_check_finds_nothing_in_the_example_and_names_what_is_wrong(baton: Run, tmp_path: Path) -> None:
    assert baton("check", str(FOLDER)).exit_code == 0
    done = baton("check", str(tmp_path), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert "baton init" in told["findings"][0]["hint"]


def test_init_counts_the_files_that_are_to_be_edited(baton: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = baton("init", str(folder), "--company", "Aurora", "--rep", "Ana Ruiz=ana@example.com")
    own = [each for each in folder.rglob("*.*") if each.is_file() and ".schemas" not in each.parts]
    assert f"{len(own)} files in {folder}, and " in done.stdout
    assert "for editors in its .schemas." in done.stdout


def test_init_writes_a_rulebook_that_check_accepts(baton: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "new")
    done = baton("init", folder, "--company", "Aurora", "--rep", "Ana Ruiz=ana@example.com", "--json")
    assert done.exit_code == 0, done.output
    assert baton("check", folder, "--strict").exit_code == 0
    again = baton("init", folder, "--company", "Aurora", "--rep", "Ana Ruiz=ana@example.com")
    assert again.exit_code == 2
    assert "holds files already" in again.stderr
    assert baton("init", str(tmp_path / "other")).exit_code == 2
    assert "NAME=E-MAIL" in baton("init", folder, "--company", "A", "--rep", "Ana").stderr


def test_init_takes_zone_and_currency_from_the_country_and_says_so(baton: Run, tmp_path: Path) -> None:
    words = ("--company", "Agro", "--rep", "Ana=ana@example.com")
    done = baton("init", str(tmp_path / "ro"), *words, "--country", "Romania")
    assert done.exit_code == 0, done.output
    assert "Country RO, time zone Europe/Bucharest, currency RON" in done.stderr
    book = load_folder(tmp_path / "ro")
    assert (book.time_zone, book.currency) == ("Europe/Bucharest", "RON")
    assert {calendar.tz for calendar in book.calendars.values()} == {"Europe/Bucharest"}


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("US", "--time-zone is missing: US has 29. Write one of America/New_York"),
        ("XX", "write its ISO code, such as ES"),
        ("Mongolia", "--currency is missing"),
    ],
    ids=["several zones", "no country", "no known currency"],
)
def test_init_asks_what_the_country_does_not_decide(
    country: str, said: str, baton: Run, tmp_path: Path
) -> None:
    words = ("--company", "Acme", "--rep", "Ana=ana@example.com", "--country", country)
    zone = ("--tz", "Asia/Ulaanbaatar") if country == "Mongolia" else ()
    done = baton("init", str(tmp_path / "new"), *words, *zone)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "new").exists()


def test_check_of_one_file_points_to_the_errors_elsewhere(baton: Run, tmp_path: Path) -> None:
    folder = tmp_path / "company"
    shutil.copytree(FOLDER, folder)
    (folder / "agreement.yaml").write_text("name: x\n", "utf-8")
    done = baton("check", str(folder / "forms" / "newsletter.yaml"))
    assert done.exit_code == 0, done.output
    assert f"Other files have 1 more: `baton check {folder}` shows them." in done.stdout
    assert baton("check", str(folder / "agreement.yaml")).exit_code == 1


def _version(number: int, by: str, folder: Path | None, **more: Any) -> dict[str, Any]:
    content = checksum(to_document(load_folder(folder))) if folder else f"another-{number}"
    held_from = "2026-01-01T00:00:00+00:00"
    return {"version": number, "published_by": by, "checksum": content, "effective_from": held_from} | more


def _lists(services: Services, versions: list[dict[str, Any]], **more: Any) -> None:
    """Scoring lists these; read whole, they say nothing that is a rulebook."""
    services.answer("GET /v1/rulebooks", {"versions": versions} | more)
    for each in versions:
        services.answer(f"GET /v1/rulebooks/{each['version']}", each | {"rulebook": {}})


@pytest.mark.parametrize(
    ("versions", "is_published"),
    [
        (
            [
                _version(3, "ana", None, rolled_back_to=1),
                _version(2, "job", FOLDER),
                _version(1, "job", None),
            ],
            False,
        ),
        ([_version(3, "ana", None), _version(2, "job", FOLDER)], False),
        (
            [
                _version(3, "ana", None, rolled_back_to=1),
                _version(2, "job", None),
                _version(1, "job", FOLDER),
            ],
            True,
        ),
        (
            [
                _version(3, "ana", None, rolled_back_to=1),
                _version(2, "ana", FOLDER),
                _version(1, "job", None),
            ],
            False,
        ),
        ([_version(2, "ana", None), _version(1, "ana", FOLDER)], False),
        ([_version(3, "job", None), _version(2, "ana", FOLDER), _version(1, "job", None)], True),
        ([], True),
    ],
    ids=[
        "rolled back by hand since: stays so",
        "another published by hand since: it stays",
        "rolled back, and the folder has changed since",
        "published by hand from the folder, and rolled back since: stays so",
        "published by hand before the job ever ran, and another since: it stays",
        "what others published before the job's last is new again",
        "nothing is published yet",
    ],
)
def test_a_job_that_runs_again_publishes_only_what_has_changed(
    versions: list[dict[str, Any]], is_published: bool, baton: Run, services: Services
) -> None:
    _lists(services, versions)
    services.answer("POST /v1/rulebooks", _version(9, "job", FOLDER) | {"warnings": []}, status=201)
    done = baton("rulebook", "publish", str(FOLDER), "--by", "job", "--if-changed")
    assert done.exit_code == 0, done.output
    assert ("Version 9 is published" in done.stdout) is is_published
    assert ("nothing published" in done.stdout) is not is_published


def test_a_job_waits_for_scoring_to_read_back_what_a_restored_store_lacks(
    baton: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose would end `up` with the error of a job that asked too early, and not start the router."""
    waited: list[float] = []
    monkeypatch.setattr("baton_cli.client.sleep", waited.append)
    _lists(services, [_version(1, "job", FOLDER)])
    services.answer("GET /servez", {"serving": True})
    services.closed = {"GET /servez": 2}
    done = baton("rulebook", "publish", str(FOLDER), "--by", "job", "--if-changed")
    assert "Unchanged since version 1" in done.stdout, done.output
    assert [request for request, _ in services.asked][:3] == ["GET /servez"] * 3
    assert len(waited) == 2


def test_a_job_with_a_token_of_its_own_knows_its_versions_by_the_tokens_name(
    baton: Run, services: Services
) -> None:
    kept_under = "machine:publisher"
    versions = [
        _version(4, "ana", None),
        _version(3, kept_under, FOLDER),
        _version(2, "ana", None),
        _version(1, kept_under, None),
    ]
    _lists(services, versions, published_by=kept_under)
    done = baton("rulebook", "publish", str(FOLDER), "--by", "kubernetes", "--if-changed")
    assert "Unchanged since version 3" in done.stdout, done.output
    asked = [query for request, query in services.asked if request == "GET /v1/rulebooks"]
    assert "limit=500&published_by=kubernetes" in asked, "scoring looks further back than a list reaches"


@pytest.mark.parametrize("since", [[], [_version(3, "ana", None, rolled_back_to=1)]], ids=["newest", "older"])
def test_a_version_of_before_an_upgrade_is_the_same_though_this_release_writes_more_of_it(
    since: list[dict[str, Any]], baton: Run, services: Services
) -> None:
    """A new release knows more settings, and writes out what each is where a folder says nothing."""
    before = to_document(load_folder(FOLDER))
    del before["scorecards"]["main"]["hysteresis"]
    stored = _version(2, "job", None, checksum=checksum(before))
    _lists(services, [*since, stored])
    services.answer("GET /v1/rulebooks/2", stored | {"rulebook": before})
    done = baton("rulebook", "publish", str(FOLDER), "--by", "job", "--if-changed")
    assert "Unchanged since version 2" in done.stdout, done.output


def test_a_folder_that_says_what_is_published_makes_no_version(baton: Run, services: Services) -> None:
    newest = {
        "version": 4,
        "checksum": checksum(to_document(load_folder(FOLDER))),
        "effective_from": "2026-01-01T00:00:00+00:00",
    }
    services.answer("GET /v1/rulebooks", {"versions": [newest]})
    services.answer("POST /v1/rulebooks", newest | {"version": 5, "warnings": []}, status=201)
    done = baton("rulebook", "publish", str(FOLDER))
    assert done.exit_code == 0, done.output
    assert "Unchanged since version 4: nothing published." in done.stdout
    told = json.loads(baton("rulebook", "publish", str(FOLDER), "--json").stdout)
    assert (told["version"], told["unchanged"]) == (4, True)
    assert bodies(services, "POST /v1/rulebooks") == []
    assert "Version 5 is published" in baton("rulebook", "publish", str(FOLDER), "--force").stdout


@pytest.mark.parametrize(
    "newest",
    [
        {"checksum": "of something else", "effective_from": "2026-01-01T00:00:00+00:00"},
        {"effective_from": "2999-01-01T00:00:00+00:00"},
    ],
    ids=["it says something else", "it holds only from a later day"],
)
def test_a_newest_version_that_differs_or_is_yet_to_come_does_not_keep_from_publishing(
    newest: dict[str, Any], baton: Run, services: Services
) -> None:
    same = {"version": 4, "checksum": checksum(to_document(load_folder(FOLDER)))}
    _lists(services, [same | newest])
    made = {"version": 5, "effective_from": "2026-01-01T00:00:30+00:00"}
    services.answer("POST /v1/rulebooks", made, status=201)
    assert "Version 5 is published" in baton("rulebook", "publish", str(FOLDER)).stdout


def test_a_rulebook_is_compared_published_and_rolled_back(baton: Run, services: Services) -> None:
    document = to_document(load_folder(FOLDER))
    services.answer("GET /v1/rulebooks/active", {"version": 1, "rulebook": document})
    same = baton("rulebook", "diff", str(FOLDER))
    assert same.exit_code == 0, same.output
    services.answer("GET /v1/rulebooks/active", {"version": 1, "rulebook": document | {"company": "Before"}})
    changed = baton("rulebook", "diff", str(FOLDER))
    assert changed.exit_code == 1
    assert "~ company: Before -> " in changed.stdout
    published = {
        "version": 2,
        "effective_from": "2026-11-26T10:00:30Z",
        "published_at": "2026-11-26T10:00:00Z",
        "published_by": "ana",
        "warnings": ["look here"],
    }
    services.answer("GET /v1/rulebooks", {"versions": []})
    services.answer("POST /v1/rulebooks", published, status=201)
    services.answer("POST /v1/rulebooks/1/rollback", published | {"version": 3}, status=201)
    done = baton(
        "rulebook", "publish", str(FOLDER), "--by", "ana", "--effective-from", "2026-12-01T09:00:00+01:00"
    )
    assert done.exit_code == 0, done.output
    assert "Version 2 is published and takes effect 2026-11-26 10:00:30 UTC." in done.stdout
    assert "look here" in done.stderr
    (body,) = bodies(services, "POST /v1/rulebooks")
    assert body["rulebook"] == document
    assert body["published_by"] == "ana"
    assert body["effective_from"] == "2026-12-01T08:00:00Z"
    assert "Version 3" in baton("rulebook", "rollback", "1").stdout
    services.answer("GET /v1/rulebooks", {"versions": [published]})
    assert json.loads(baton("rulebook", "list", "--json").stdout)["in_force"] == 1
    assert "company: Before" in baton("rulebook", "show").stdout


def test_a_demo_keeps_its_hours_when_an_edit_is_published_unless_told_otherwise(
    baton: Run, services: Services, stack_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_file.write_text(json.dumps(json.loads(stack_file.read_text()) | {"demo_hours": True}))
    written = to_document(load_folder(FOLDER))
    demo = to_document(parse(with_demo_hours(written)))
    services.answer("GET /v1/rulebooks", {"versions": []})
    services.answer("GET /v1/rulebooks/active", {"version": 1, "rulebook": demo})
    services.answer("POST /v1/rulebooks", {"version": 2, "effective_from": "2026-11-26T10:00:30Z"}, 201)
    assert baton("rulebook", "diff", str(FOLDER)).exit_code == 0
    assert baton("rulebook", "diff", str(FOLDER), "--as-written").exit_code == 1
    done = baton("rulebook", "publish", str(FOLDER))
    assert "it goes with the demo's hours: its minutes are seconds" in done.stderr
    assert "--as-written keeps the folder's own" in done.stderr
    assert baton("rulebook", "publish", str(FOLDER), "--as-written").exit_code == 0
    monkeypatch.setenv("BATON_SCORING_URL", f"{services.url}/")
    assert "demo" not in baton("rulebook", "publish", str(FOLDER)).stderr, "another scoring is no demo"
    sent = [body["rulebook"] for body in bodies(services, "POST /v1/rulebooks")]
    assert sent == [demo, written, written]


def test_an_invalid_folder_is_not_published(baton: Run, services: Services, tmp_path: Path) -> None:
    done = baton("rulebook", "publish", str(tmp_path))
    assert done.exit_code == 1
    assert "1 error, 0 warnings." in done.stderr
    assert services.asked == []


@pytest.fixture
def forms(services: Services) -> Services:
    document = to_document(load_folder(FOLDER))
    key = document["forms"]["google-ads"]["key"]
    services.answer("GET /v1/rulebooks/active", {"version": 1, "rulebook": document})
    services.answer("GET /v1/rulebooks", {"versions": []})
    services.answer(
        f"POST /v1/forms/{key}/submissions", {"submission_id": SUBMISSION, "status": "accepted"}, 202
    )
    return services


def test_a_test_submission_is_posted_marked_and_its_id_printed(baton: Run, forms: Services) -> None:
    done = baton("form", "send-test", "google-ads", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"submission_id": SUBMISSION, "form": "google-ads"}
    (fields,) = [content for asked, content in forms.asked if asked.startswith("POST /v1/forms/")]
    assert fields["is_test"] is True
    assert done.stderr == ""


def test_a_test_tells_that_no_proof_was_tried_and_that_its_secret_is_missing(
    baton: Run, forms: Services
) -> None:
    detail = "form google-ads: the secret 'ads' has no value: set BATON_SECRET_ADS. Until then posts wait."
    form: dict[str, Any] = {
        "form": "google-ads",
        "signature": "google_key",
        "lacks": [],
        "unproven": None,
    }
    forms.answer("GET /v1/forms", {"forms": [form]})
    done = baton("form", "send-test", "google-ads", "--json")
    assert done.exit_code == 0
    assert "goes without the sender's proof (google_key)" in done.stderr
    assert baton("form", "list").exit_code == 0
    forms.answer("GET /v1/forms", {"forms": [form | {"lacks": [{"detail": detail}]}]})
    done = baton("form", "send-test", "google-ads", "--json")
    assert (done.exit_code, json.loads(done.stdout)["faults"]) == (1, [detail])
    assert f"Warning: {detail}" in done.stderr
    listed = baton("form", "list")
    assert (listed.exit_code, detail in listed.stdout) == (1, True)
    assert json.loads(baton("form", "list", "--json").stdout)["google-ads"]["faults"] == [detail]


def test_it_is_followed_to_its_rep(baton: Run, forms: Services) -> None:
    forms.answer(
        f"GET /v1/submissions/{SUBMISSION}",
        {"state": "opened", "lead_ids": [LEAD], "submission_id": SUBMISSION},
    )
    rounds = [{"rep_id": "ana", "rep_name": "Ana", "ended_at": None}]
    forms.answer(f"GET /v1/leads/{LEAD}", {"state": "assigned", "line": "main", "assignments": rounds})
    timer = {"kind": "accept", "due_at": "2026-11-26T10:15:00Z", "is_trial": False}
    tried = timer | {"due_at": "2026-11-26T10:05:00Z", "is_trial": True}
    forms.answer(f"GET /v1/leads/{LEAD}/timers", {"timers": [timer, tried]})
    done = baton("form", "send-test", "google-ads", "--wait", "--json")
    assert done.exit_code == 0, done.output
    (followed,) = json.loads(done.stdout)["leads"]
    assert followed["rep"] == "Ana"
    assert followed["timers"] == [timer, tried]
    said = baton("form", "send-test", "google-ads", "--wait").stdout.splitlines()
    assert "  accept by 2026-11-26 10:15:00 UTC" in said
    assert "  accept by 2026-11-26 10:05:00 UTC (on trial)" in said


def test_one_that_ends_in_quarantine_exits_1(baton: Run, forms: Services) -> None:
    forms.answer(f"GET /v1/submissions/{SUBMISSION}", {"state": "quarantined", "reason": "form_retired"})
    done = baton("form", "send-test", "google-ads", "--wait")
    assert done.exit_code == 1
    assert "form_retired" in done.stdout


def test_an_unknown_form_or_line_is_answered_with_those_there_are(baton: Run, forms: Services) -> None:
    done = baton("form", "send-test", "google-add")
    assert done.exit_code == 1
    assert "did you mean google-ads?" in done.stderr
    assert baton("form", "send-test", "google-ads", "--line", "boats").exit_code == 2
    listed = baton("form", "list").stdout
    assert "/v1/forms/aurora-google-ads/submissions" in listed
    names = [line.split()[0] for line in listed.splitlines()[1:]]
    assert names == sorted(names)


def test_a_wrong_token_an_unready_service_and_a_fault_exit_2(
    baton: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.answer(
        "GET /v1/held", {"title": "The store is not available", "detail": "try again"}, status=503
    )
    done = baton("held")
    assert done.exit_code == 2
    assert "router is not ready (503): try again" in done.stderr
    services.answer("GET /v1/held", "boom", status=500)
    assert "Its log tells more" in baton("held").stderr
    monkeypatch.setenv("BATON_OPERATOR_TOKEN", "stale")
    done = baton("held")
    assert done.exit_code == 2
    assert "the token is not accepted (401). It comes from BATON_OPERATOR_TOKEN" in done.stderr
    assert done.stdout == ""


def test_a_good_token_that_may_not_do_it_is_told_what_it_lacks(baton: Run, services: Services) -> None:
    services.answer("GET /v1/held", {"detail": "this token lacks the scope operate"}, status=403)
    done = baton("held")
    assert done.exit_code == 2
    assert "the token may not do this (403): this token lacks the scope operate" in done.stderr
    assert "is not accepted" not in done.stderr


def test_what_a_service_declines_is_told_with_its_findings(baton: Run, services: Services) -> None:
    finding = {"path": "forms.demo", "message": "is wrong"}
    services.answer(
        "POST /v1/rulebooks/1/rollback", {"detail": "not valid", "findings": [finding]}, status=422
    )
    done = baton("rulebook", "rollback", "1")
    assert done.exit_code == 1
    assert "not valid" in done.stderr
    assert "is wrong" in done.stderr
