"""What strangers typed is shown by a terminal and never obeyed: no colours, titles or lines of theirs."""

import json

import pytest

from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from tests.unit.cli.conftest import Run, Services

TITLE = "\x1b]0;owned\x07"
CLEAR = "\x1b[2J\x9b2J"
OVERWRITTEN = "lead lost\rlead kept"
TURNED = "\u202eevil\u2066"
HOSTILE = f"Ana {TITLE}{CLEAR}{OVERWRITTEN}{TURNED}"
OBEYED = ("\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066")
SUBMISSION = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"


def test_nothing_that_is_printed_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(HOSTILE)
    print_heading(HOSTILE)
    print_fields({"name": HOSTILE, HOSTILE: ["x", HOSTILE]})
    print_table(["name"], [[HOSTILE], [[HOSTILE]]])
    print_json({"name": HOSTILE})
    progress(HOSTILE)
    shown = capsys.readouterr()
    assert shown.out.count("\\u001b]0;owned\\u0007") == 8
    assert not [sign for sign in OBEYED if sign in shown.out + shown.err]


def test_json_reads_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": HOSTILE, "note": "Ștefan\n😀"})
    assert json.loads(capsys.readouterr().out) == {"name": HOSTILE, "note": "Ștefan\n😀"}


def test_a_file_that_is_printed_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("name,city\r\nAna,\tIași\r\n")
    assert capsys.readouterr().out == "name,city\r\nAna,\tIași\r\n\n"


def test_no_line_of_a_value_passes_for_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"message": "hello\nstate  accepted", "state": "quarantined"})
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("state")] == [
        "state    quarantined"
    ]


def test_a_submission_as_it_came_and_a_refusal_are_shown_so(baton: Run, services: Services) -> None:
    event = {"form_id": "demo", "fields": {f"n{CLEAR}": HOSTILE}}
    services.answer(f"GET /v1/submissions/{SUBMISSION}", {"submission_id": SUBMISSION, "event": event})
    shown = baton("submission", SUBMISSION)
    assert "\\u001b]0;owned" in shown.stdout
    services.answer(f"GET /v1/submissions/{SUBMISSION}", {"title": HOSTILE, "detail": HOSTILE}, status=409)
    refused = baton("submission", SUBMISSION)
    assert refused.exit_code != 0
    assert not [sign for sign in OBEYED if sign in shown.output + refused.output]
