"""`baton form send-test` can write a submission for every form of the example company."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baton_cli.specimen import made_up
from rulebook.loader import load_folder
from rulebook.mapping import map_submission
from rulebook.models import Form
from rulebook.publication import to_document

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
RULEBOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")


def document(form: Form) -> dict[str, Any]:
    return form.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.mark.parametrize("name", sorted(RULEBOOK.forms))
def test_the_form_reads_its_specimen_as_a_complete_submission(name: str) -> None:
    form = RULEBOOK.forms[name]
    plain = to_document(RULEBOOK)["forms"][name]
    mapped = map_submission(form, made_up(plain, 42, NOW), NOW)
    assert mapped.missing == []
    assert mapped.honeypot_filled is False
    assert mapped.flags == []
    assert ("email" in form.fields) == (mapped.profile.get("email") == "test-000042@example.com")
    assert mapped.lines == [form.lines[0]] or not form.line_field
    assert mapped.is_test is bool(plain.get("test_flag"))
    assert mapped.consent is None or mapped.consent["given"]


@pytest.mark.parametrize("name", sorted(name for name, form in RULEBOOK.forms.items() if form.line_field))
def test_a_line_can_be_chosen_where_the_form_lets_one(name: str) -> None:
    form = RULEBOOK.forms[name]
    for line in form.lines:
        assert map_submission(form, made_up(document(form), 1, NOW, line), NOW).lines == [line]


def test_two_specimens_are_two_people_with_valid_phones() -> None:
    form = RULEBOOK.forms["demo-request"]
    first, second = (map_submission(form, made_up(document(form), n, NOW), NOW).profile for n in (1, 2))
    assert first["email"] != second["email"]
    assert first["phone"] != second["phone"]


def test_nested_paths_items_by_key_and_json_inside_a_text_are_written() -> None:
    form = {
        "lines": ["main"],
        "fields": {
            "email": {"from": ["*mail", "data|json.who.email"]},
            "name": {"from": ["answers[field.id=a1].text"]},
            "company": {"from": ["pages[1].company"]},
            "attributes.seats": {"from": ["seats[]"], "as": "number"},
        },
    }
    assert made_up(form, 7, NOW) == {
        "data": '{"who": {"email": "test-000007@example.com"}}',
        "answers": [{"field": {"id": "a1"}, "text": "Nerea Ibáñez"}],
        "pages": [{}, {"company": "Conservas Alborán"}],
        "seats": [3],
    }
