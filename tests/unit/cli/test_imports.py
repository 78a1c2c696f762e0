"""`baton import`, against services that answer as set."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton_cli.client import Client
from intake.imports import cli
from tests.unit.cli.conftest import Run, Services

ONE = "0b7a3c62-9f1e-5d0e-8a57-3f1f0c2d9a11"
LEADS = ["301e8a51-9a3c-5a8e-9c9e-6a6f1f5f0a01", "301e8a51-9a3c-5a8e-9c9e-6a6f1f5f0a02"]
LAYOUT = {
    "encoding": "windows-1252",
    "encoding_because": "curly quotes prove it",
    "separator": "semicolon",
    "columns": {"Correo": "email"}
    | {name: name for name in ("Nombre", "Stand", "Origin", "gclid", "Day", "fax")},
    "becomes": {
        "Correo": ["email"],
        "Nombre": ["first_name"],
        "Stand": ["attributes.stand"],
        "Origin": ["utm_source"],
        "gclid": ["click_ids.gclid"],
        "Day": ["occurred_at", "attributes.day"],
        "fax": ["honeypot"],
    },
    "proposed": {"Correo": "email"},
    "notes": ["column 3 has no name and is not read"],
}
CHECKED: dict[str, Any] = {
    "import_id": ONE,
    "state": "checked",
    "dry_run": True,
    "is_new": True,
    "form": "fair",
    "file": "fair.csv",
    "bytes": 100,
    "rows": 5,
    "published": 4,
    "refused": 1,
    "skipped": 0,
    "repaired": 0,
    "tests": 0,
    "notes": [],
    "settings": {"mode": "paced", "per_rep_daily": 5},
    "layout": LAYOUT,
}
FINISHED = CHECKED | {"state": "finished", "dry_run": False}
IMPORTS, INTAKE = "POST /v1/imports", f"GET /v1/imports/{ONE}"
KEYS, START, CHECK = f"{INTAKE}/keys", f"POST /v1/imports/{ONE}/start", "POST /v1/imports/check"
BECAME = {
    "state": "finished",
    "rows_by_state": {"joined": 1, "opened": 3},
    "repeated": 0,
    "on_the_way": 0,
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two looks."""
    monkeypatch.setattr(cli, "_BETWEEN_LOOKS", 0.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What a file is to the command: bytes to send."""
    file = tmp_path / "fair.csv"
    file.write_bytes(b'{"a file": "is not JSON, but the server of these tests reads nothing else"}')
    return file


@pytest.fixture
def dry(services: Services) -> Services:
    """Services that have read the file as a dry run: one open lead with Ana, one with nobody."""
    rows = [["email:a@example.com"], ["email:b@example.com"], ["email:c@example.com"], []]
    opened = [{"row": n, "leads": [{"lead_id": lead, "line": "main"}]} for n, lead in enumerate(LEADS)]
    services.answer(IMPORTS, CHECKED, 202)
    services.answer(KEYS, {"rows": rows, "next": None})
    services.answer(CHECK, {"rows": 4, "new": 1, "known": 0, "open": opened, "customers": [{"row": 2}]})
    services.answer("POST /v1/leads/owners", {"owners": [{"lead_id": LEADS[0], "rep_name": "Ana"}]})
    return services


def asked(services: Services, request: str) -> list[Any]:
    return [body for path, body in services.asked if path == request]


def begun(services: Services, became: dict[str, Any]) -> None:
    """The import is started, and both services know how it ended: they answer at one address here."""
    services.answer(START, FINISHED | became, 202)
    services.answer(INTAKE, FINISHED | became)


def test_a_dry_run_shows_how_the_file_is_read_and_who_is_known_and_stops(
    baton: Run, dry: Services, file: Path
) -> None:
    done = baton("import", str(file), "--form", "fair", "--dry-run")
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    assert "windows-1252 (curly quotes prove it)" in shown
    assert "Correo email email proposed" in shown
    assert "Nombre first_name" in shown
    assert "Stand attribute: stand" in shown
    assert "Origin campaign attribution: utm_source" in shown
    assert "gclid click id: gclid" in shown
    assert "Day date of the act, attribute: day" in shown
    assert "fax honeypot" in shown
    assert "column 3 has no name" in shown
    assert "new 1" in shown
    assert "customers 1" in shown
    assert "Ana 1, nobody 1" in shown
    assert asked(dry, CHECK)[0]["rows"][3] == []
    assert asked(dry, "POST /v1/leads/owners") == [{"leads": LEADS}]
    assert f"baton imports errors {ONE}" in shown
    assert not asked(dry, START)


def test_the_dry_run_for_machines_is_one_document(baton: Run, dry: Services, file: Path) -> None:
    done = baton("import", str(file), "--form", "fair", "--dry-run", "--json")
    check = json.loads(done.stdout)["check"]
    assert check == {"new": 1, "known": 0, "open": 2, "customers": 1, "open_with": {"Ana": 1, "nobody": 1}}


def test_without_a_yes_nothing_is_imported(baton: Run, dry: Services, file: Path) -> None:
    done = baton("import", str(file), "--form", "fair", stdin="n\n")
    assert (done.exit_code, "Nothing was imported." in done.stderr) == (1, True)
    assert "Import 4 rows?" in done.stderr
    assert not asked(dry, START)


def test_after_a_yes_the_rows_go_out_and_are_followed_to_the_end(
    baton: Run, dry: Services, file: Path
) -> None:
    begun(dry, BECAME)
    done = baton(
        "import", str(file), "--form", "fair", "--mode", "paced", "--per-rep-daily", "5", stdin="y\n"
    )
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    assert "joined 1" in shown
    assert "opened 3" in shown
    assert f"`baton imports errors {ONE} --out errors-0b7a3c62.csv` writes them" in shown
    assert "http" not in done.stdout, "a browser has no token: commands are named, no addresses"
    assert "imported before" not in shown
    assert len(asked(dry, START)) == 1


def test_what_is_asked_for_travels_with_the_file(
    baton: Run, dry: Services, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    request = Client.request

    def noted(self: Client, *words: Any, **content: Any) -> httpx.Response:
        sent.append(content)
        return request(self, *words, **content)

    monkeypatch.setattr(Client, "request", noted)
    wish = ["--mode", "owner", "--owner-column", "Lead Owner", "--date-column", "Day", "--counts"]
    wish += ["--column", "Correo=email", "--column", "Movil=phone", "--consent-proof", "scan", "--by", "eva"]
    wish += ["--time-zone", "Europe/Madrid", "--date-order", "day_first", "--encoding", "cp949"]
    assert baton("import", str(file), "--form", "fair", *wish, "--dry-run").exit_code == 0
    assert asked(dry, IMPORTS) == [json.loads(file.read_bytes())]
    assert sent[0]["params"] == {
        "form": "fair",
        "file": "fair.csv",
        "mode": "owner",
        "owner_column": "Lead Owner",
        "date_column": "Day",
        "time_zone": "Europe/Madrid",
        "date_order": "day_first",
        "consent_proof": "scan",
        "counts": True,
        "encoding": "cp949",
        "column": ["Correo=email", "Movil=phone"],
        "by": "eva",
        "accept_proposed": True,
        "dry_run": True,
    }


def test_every_row_a_repeat_is_said_with_what_did_not_happen(baton: Run, dry: Services, file: Path) -> None:
    begun(dry, BECAME | {"rows_by_state": {}, "repeated": 4})
    done = baton("import", str(file), "--form", "fair", "--yes")
    told = " ".join(done.stdout.split())
    assert "Every row was imported before: nothing changed, and no lead was routed by mode paced." in told


def test_some_repeats_are_said(baton: Run, dry: Services, file: Path) -> None:
    begun(dry, BECAME | {"rows_by_state": {"opened": 2}, "repeated": 2})
    told = " ".join(baton("import", str(file), "--form", "fair", "--yes").stdout.split())
    assert "2 rows were imported before: nothing changed for them, mode paced neither." in told


def test_a_file_sent_before_goes_on_without_being_asked(baton: Run, services: Services, file: Path) -> None:
    services.answer(IMPORTS, FINISHED | {"state": "reading", "is_new": False}, 202)
    services.answer(INTAKE, FINISHED | BECAME)
    done = baton("import", str(file), "--form", "fair")
    assert done.exit_code == 0, done.output
    assert "was sent before" in done.stderr


def test_what_scoring_has_not_read_yet_is_said_with_where_to_look(
    baton: Run, dry: Services, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_LOOKS_AT_SCORING", 2)
    begun(dry, BECAME | {"on_the_way": 3})
    told = " ".join(baton("import", str(file), "--form", "fair", "--yes").stdout.split())
    assert f"it goes on by itself: `baton imports show {ONE}` tells how far it is." in told


def test_a_file_that_cannot_be_read_fails_with_what_to_do(baton: Run, services: Services, file: Path) -> None:
    services.answer(IMPORTS, CHECKED | {"state": "failed", "error": "say which it is with --encoding"}, 202)
    done = baton("import", str(file), "--form", "fair")
    assert done.exit_code == 1
    assert "--encoding" in done.stderr


def test_a_file_that_is_not_there_is_said(baton: Run, tmp_path: Path) -> None:
    done = baton("import", str(tmp_path / "none.csv"), "--form", "fair")
    assert (done.exit_code, "is no file" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "paced"], "--per-rep-daily 10"),
        (["--per-rep-daily", "5"], "--mode paced"),
        (["--mode", "owner"], "--owner-column"),
    ],
)
def test_a_mode_without_what_belongs_to_it_is_said_before_anything_is_sent(
    baton: Run, services: Services, file: Path, words: list[str], said: str
) -> None:
    done = baton("import", str(file), "--form", "trade-fair", *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert services.asked == []


def test_what_intake_refuses_is_shown_in_its_words(baton: Run, services: Services, file: Path) -> None:
    problem = {"title": "No such form", "detail": "no form has the id 'fare': `baton form list` shows them"}
    services.answer(IMPORTS, problem, 404)
    done = baton("import", str(file), "--form", "fare")
    assert done.exit_code != 0
    assert "baton form list" in done.stderr


ROW = {
    "import_id": ONE,
    "state": "finished",
    "form_id": "fair",
    "file": "fair.csv",
    "by": "eva",
    "started_at": "2026-11-26T10:00:00Z",
    "rows": 5,
    "published": 4,
    "refused": 1,
    "skipped": 0,
}
TOLD = '\ufeffrow,line,reason,name,e-mail\r\n3,4,no e-mail: write one,"Eva\nSample",\'=eva\r\n'


@pytest.fixture
def imported(services: Services) -> Services:
    services.answer("GET /v1/imports", {"imports": [ROW]})
    services.answer(f"{INTAKE}/errors", TOLD)
    return services


def test_refused_rows_are_written_by_a_command_for_its_owner_alone(
    baton: Run, imported: Services, tmp_path: Path
) -> None:
    out = tmp_path / "errors.csv"
    done = baton("imports", "errors", ONE[:8], "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == TOLD.encode()
    assert out.stat().st_mode & 0o777 == 0o600
    again = baton("imports", "errors", ONE, "--out", str(out))
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    assert baton("imports", "errors", ONE, "--out", str(out), "--force").exit_code == 0
    assert [each.name for each in tmp_path.glob("*errors*")] == ["errors.csv"]


def test_refused_rows_are_shown_on_the_screen_and_to_machines(baton: Run, imported: Services) -> None:
    assert baton("imports", "errors", ONE).stdout.startswith("row,line,reason,name,e-mail\n3,4,no e-mail")
    told = json.loads(baton("imports", "errors", ONE, "--json").stdout)
    cells = {"name": "Eva\nSample", "e-mail": "'=eva"}
    row = {"row": "3", "line": "4", "reason": "no e-mail: write one", "cells": cells}
    assert told == {"import_id": ONE, "errors": [row]}


def test_errors_that_this_intake_does_not_keep_are_said_with_what_to_ask(
    baton: Run, services: Services
) -> None:
    done = baton("imports", "errors", ONE)
    assert (done.exit_code, f"baton imports show {ONE}" in done.stderr) == (1, True)


def test_imports_are_listed_and_one_is_shown_with_what_became_of_its_rows(
    baton: Run, imported: Services
) -> None:
    listed = baton("imports", "list")
    assert f"{ONE}  2026-11-26 10:00:00  fair.csv  fair" in listed.stdout
    imported.answer(INTAKE, ROW | BECAME)
    shown = " ".join(baton("imports", "show", "0b7a").stdout.split())
    for said in ("file fair.csv", "joined 1", "opened 3", f"baton imports errors {ONE}"):
        assert said in shown
    imported.answer("GET /v1/imports", {"imports": []})
    assert baton("imports", "list").stdout == "Nothing was imported yet.\n"
    assert baton("imports", "show", "0b7a").exit_code == 1


def test_a_dry_run_is_named_by_its_whole_id(services: Services, baton: Run) -> None:
    services.answer("GET /v1/imports", {"imports": []})
    for command in ("show", "errors"):
        done = baton("imports", command, ONE[:8])
        assert done.exit_code == 1
        assert "Of a dry run write the whole id" in done.stderr
