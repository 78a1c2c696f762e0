"""`baton person`: one person across all services, against services that answer as set."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Run, Services

PERSON = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"
LEAD = "3f2a1b00-0000-4000-8000-000000000001"
AT = "2026-11-26T10:00:00Z"
COUNTS = {"persons": 1, "identity_keys": 2, "submissions": 3, "leads": 1, "open_leads": 1}
FOUND: dict[str, Any] = {
    "person_id": PERSON,
    "persons": [PERSON],
    "leads": [LEAD],
    "suppressed_at": None,
    "counts": COUNTS,
    "profile": {"name": "Eva Sample", "email": "eva@example.com"},
}
DONE: dict[str, Any] = {"act_id": PERSON, "at": AT, **FOUND}


@pytest.fixture
def known(services: Services) -> Services:
    services.answer("POST /v1/persons/find", FOUND)
    services.answer("POST /v1/persons/export", DONE | {"content": {"submissions": ["as it came"]}})
    for act in ("erase", "suppress", "allow"):
        services.answer(f"POST /v1/persons/{act}", DONE)
    told = {"leads": [{"lead_id": LEAD, "profile": {"name": "Eva Sample"}}], "delivered_to": ["crm"]}
    services.answer(f"GET /v1/persons/{PERSON}/export", told)
    return services


def bodies(services: Services, request: str) -> list[Any]:
    return [content for asked, content in services.asked if asked == request]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("eva@example.com", {"email": "eva@example.com"}),
        ("+34 600 111 222", {"phone": "+34 600 111 222"}),
        (PERSON, {"person_id": PERSON}),
        ("external:0042", {"external_id": "0042"}),
    ],
)
def test_a_person_is_named_in_four_ways(
    known: Services, baton: Run, written: str, sent: dict[str, str]
) -> None:
    result = baton("person", "show", written)
    assert result.exit_code == 0, result.output
    assert "Eva Sample" in result.output
    assert bodies(known, "POST /v1/persons/find") == [sent]


def test_a_name_alone_names_nobody(known: Services, baton: Run) -> None:
    result = baton("person", "show", "Eva")
    assert result.exit_code != 0
    assert "write an e-mail" in result.output
    assert not known.asked


def test_an_erasure_says_what_goes_and_asks_first(known: Services, baton: Run) -> None:
    declined = baton("person", "erase", "eva@example.com", "--reason", "ticket 12", stdin="n\n")
    assert declined.exit_code != 0
    assert "1 person, 2 identity keys, 3 submissions, 1 lead, 1 open lead will be gone" in declined.output
    assert not bodies(known, "POST /v1/persons/erase")
    done = baton("person", "erase", "eva@example.com", "--reason", "ticket 12", "--yes")
    assert done.exit_code == 0, done.output
    (order,) = bodies(known, "POST /v1/persons/erase")
    assert order["reason"] == "ticket 12"
    assert order["by"]


@pytest.mark.parametrize("act", ["erase", "suppress"])
@pytest.mark.parametrize("who", ["eva@example.com", PERSON])
def test_a_reason_that_names_the_person_is_refused_before_anything_is_asked(
    known: Services, baton: Run, act: str, who: str
) -> None:
    done = baton("person", act, who, "--reason", "Eva@example.com asked for it")
    assert done.exit_code == 2
    assert "write it without the person's e-mail or phone" in done.stderr
    assert "Go on?" not in done.output
    assert not bodies(known, f"POST /v1/persons/{act}")


def test_an_export_is_one_document_of_all_services(known: Services, baton: Run, tmp_path: Path) -> None:
    out = tmp_path / "eva.json"
    result = baton("person", "export", "eva@example.com", "--reason", "ticket 12", "--out", str(out))
    assert result.exit_code == 0, result.output
    document = json.loads(out.read_text("utf-8"))
    assert document["scoring"] == {"submissions": ["as it came"]}
    assert document["router"]["leads"][0]["lead_id"] == LEAD
    assert document["sla_monitor"]["leads"]
    assert document["delivered_to"] == ["crm"]
    again = baton("person", "export", "eva@example.com", "--reason", "ticket 12", "--out", str(out))
    assert again.exit_code != 0, "a file that is there is left as it is"
    assert "--force" in again.output


def test_an_export_is_for_its_owner_alone_and_asks_before_it_overwrites(
    known: Services, baton: Run, tmp_path: Path
) -> None:
    out = tmp_path / "eva.json"
    out.write_text("somebody's notes")
    out.chmod(0o644)
    words = ("person", "export", "eva@example.com", "--reason", "ticket 12", "--out", str(out))
    assert baton(*words).exit_code == 2
    assert out.read_text() == "somebody's notes"
    assert not bodies(known, "POST /v1/persons/export"), "no act is kept of an export that was not written"
    assert baton(*words, "--force").exit_code == 0
    assert json.loads(out.read_text("utf-8"))["scoring"]
    assert out.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob("*eva*")] == ["eva.json"]


@pytest.mark.parametrize("place", ["nowhere/eva.json", "."])
def test_an_export_that_cannot_be_written_is_not_made(
    known: Services, baton: Run, tmp_path: Path, place: str
) -> None:
    told = baton(
        "person", "export", "eva@example.com", "--reason", "ticket 12", "--out", str(tmp_path / place)
    )
    assert told.exit_code == 2
    assert not bodies(known, "POST /v1/persons/export")


def test_leaving_alone_and_allowing(known: Services, baton: Run) -> None:
    assert baton("person", "suppress", "eva@example.com", "--reason", "t", "--yes").exit_code == 0
    assert baton("person", "allow", "eva@example.com", "--reason", "t").exit_code == 0
    assert (
        len(bodies(known, "POST /v1/persons/suppress")) == len(bodies(known, "POST /v1/persons/allow")) == 1
    )


MERGE: dict[str, Any] = {
    "at": AT,
    "person_id": PERSON,
    "name": "Leo Sample",
    "merged_into": LEAD,
    "merged_into_name": "Eva Sample",
    "submission_id": LEAD,
    "leads_ended": [],
    "leads_moved": [],
    "undone_at": None,
    "undone_by": None,
    "undone_reason": None,
    "undo_until": "2026-12-26T10:00:00Z",
}


def test_who_was_found_to_be_somebody_else_is_listed(known: Services, baton: Run) -> None:
    known.answer("GET /v1/merges", {"merges": [MERGE]})
    result = baton("person", "merges", "eva@example.com")
    assert result.exit_code == 0, result.output
    assert "Leo Sample" in result.output
    assert "2026-12-26" in result.output


def test_a_merge_is_undone_by_the_persons_id_after_a_question(known: Services, baton: Run) -> None:
    path = f"POST /v1/persons/{PERSON}/undo-merge"
    known.answer(path, DONE | {"parted": [{"person_id": LEAD, "leads_moved": []}], "kept_apart": 1})
    declined = baton("person", "undo-merge", PERSON, "--reason", "a household", stdin="n\n")
    assert declined.exit_code != 0
    assert not bodies(known, path)
    done = baton("person", "undo-merge", PERSON, "--reason", "a household", "--yes")
    assert done.exit_code == 0, done.output
    assert "stands alone again" in done.output
    assert bodies(known, path)[0]["reason"] == "a household"


def test_a_merged_person_is_named_by_the_beginning_of_their_id(known: Services, baton: Run) -> None:
    merge = {"person_id": PERSON, "at": "2026-03-02T09:00:00Z", "name": "Ana"}
    known.answer("GET /v1/merges", {"merges": [merge, merge]})
    known.answer(f"POST /v1/persons/{PERSON}/undo-merge", DONE | {"parted": [], "kept_apart": 1})
    done = baton("person", "undo-merge", PERSON[:8], "--reason", "a household", "--yes")
    assert done.exit_code == 0, done.output
    unknown = baton("person", "undo-merge", "0000000f", "--reason", "a household", "--yes")
    assert "no merged person whose id begins with 0000000f" in unknown.stderr
