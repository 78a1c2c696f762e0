"""`baton nurturing` and `baton scorecard rows`, against services that answer as set."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Run, Services

LEAD = "3f2a1b00-0000-4000-8000-000000000001"
PLACE: dict[str, Any] = {
    "contact_id": "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57",
    "person_id": "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b58",
    "line": "main",
    "lead_id": LEAD,
    "why": "recycled",
    "quadrant": "warm",
    "stage": "sql",
    "reason": "Sales gave it back until 2027-04-01: no budget",
    "since": "2026-11-26T10:00:00Z",
    "wake_at": "2027-04-01T08:00:00Z",
    "kept_back": None,
    "kept_back_because": None,
    "is_told": True,
    "revision": 1,
    "contact": {"email": "eva@example.com", "first_name": "Eva"},
    "last_message": None,
}


def test_who_is_there_is_listed_with_why_and_whether_the_tool_is_told(services: Services, baton: Run) -> None:
    kept = PLACE | {"is_told": False, "kept_back": "no_consent", "kept_back_because": "no consent"}
    services.answer("GET /v1/nurturing", {"nurturing": [PLACE, kept], "next": "abc"})
    result = baton("nurturing", "list", "--quadrant", "warm")
    assert result.exit_code == 0, result.output
    assert "no budget" in result.output
    assert "no consent" in result.output
    assert "--cursor abc" in result.output
    assert services.asked == [("GET /v1/nurturing", "limit=50&quadrant=warm")]
    assert json.loads(baton("nurturing", "list", "--json").stdout)["nurturing"][0]["lead_id"] == LEAD


def test_what_did_not_arrive_is_said_and_sent_again(services: Services, baton: Run) -> None:
    lost = PLACE | {"last_message": {"kind": "nurturing.entered", "state": "given_up"}}
    services.answer("GET /v1/nurturing", {"nurturing": [lost]})
    assert "given up" in baton("nurturing", "list").output
    services.answer("POST /v1/nurturing/resend", {"sent_again": 1200})
    assert "1,200 messages are on the way again" in baton("nurturing", "resend").output


def test_nobody_there_is_said(services: Services, baton: Run) -> None:
    services.answer("GET /v1/nurturing", {"nurturing": []})
    assert "Nobody" in baton("nurturing", "list").output


def test_the_csv_goes_to_a_file_of_its_owner_alone(services: Services, baton: Run, tmp_path: Path) -> None:
    services.answer("GET /v1/nurturing.csv", "contact_id,state\r\n1,in\r\n")
    out = tmp_path / "list.csv"
    result = baton("nurturing", "csv", "--everybody", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (b"contact_id,state\r\n1,in\r\n", 0o600)
    assert services.asked == [("GET /v1/nurturing.csv", "only_handed=false")]


@pytest.mark.parametrize(
    "text",
    [
        "email,why\neva@example.com,bored\nnobody,\n",
        "Why;E-Mail\nbored;eva@example.com\n;nobody\n",
        "\ufeffeva@example.com\n\nnobody\n",
        'Name,Email Address\n"Eva\u2028Pons",eva@example.com\n,nobody\n',
    ],
)
def test_a_list_of_unsubscribes_is_reported_and_what_cannot_be_read_named(
    services: Services, baton: Run, tmp_path: Path, text: str
) -> None:
    refused = {"entry": 1, "detail": "this is no e-mail address"}
    services.answer("POST /v1/nurturing/unsubscribes", {"taken": 1, "new_keys": 1, "refused": [refused]})
    file = tmp_path / "left.csv"
    file.write_text(text, "utf-8")
    result = baton("nurturing", "unsubscribe", str(file))
    assert result.exit_code == 1
    assert "1 taken, 1 could not be read" in result.output
    assert "line 3: this is no e-mail address" in result.output
    ((_, sent),) = services.asked
    assert sent["unsubscribes"] == [{"email": "eva@example.com"}, {"email": "nobody"}]


def test_a_long_list_goes_in_portions(services: Services, baton: Run, tmp_path: Path) -> None:
    services.answer("POST /v1/nurturing/unsubscribes", {"taken": 1000, "new_keys": 0, "refused": []})
    file = tmp_path / "left.csv"
    file.write_text("".join(f"p{number}@example.com\n" for number in range(2500)), "utf-8")
    assert baton("nurturing", "unsubscribe", str(file)).exit_code == 0
    assert [len(sent["unsubscribes"]) for _, sent in services.asked] == [1000, 1000, 500]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,phone\nEva,1\n", "no column `email`"),
        ("", "names nobody"),
        (None, "cannot be read"),
        ('email\n"' + "eva@example.com\n" * 2_000_000, "close its quotes"),
    ],
)
def test_a_file_that_names_nobody_is_refused(
    services: Services, baton: Run, tmp_path: Path, text: str | None, says: str
) -> None:
    file = tmp_path / "left.csv"
    if text is not None:
        file.write_text(text, "utf-8")
    result = baton("nurturing", "unsubscribe", str(file))
    assert result.exit_code != 0
    assert says in result.output
    assert services.asked == []


def test_training_rows_are_written_as_they_come(services: Services, baton: Run, tmp_path: Path) -> None:
    services.answer("GET /v1/scorecards/training-rows", '{"won":1}\n{"won":0}\n')
    out = tmp_path / "rows.jsonl"
    result = baton("scorecard", "rows", "--line", "main", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "2 rows" in result.output
    assert out.read_text() == '{"won":1}\n{"won":0}\n'
    assert services.asked == [("GET /v1/scorecards/training-rows", "line=main")]
    assert baton("scorecard", "rows").stdout == '{"won":1}\n{"won":0}\n'
