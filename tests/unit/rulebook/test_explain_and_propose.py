"""`baton form test` and `baton form new`: what a payload becomes, and a form for one that is new."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rulebook.field_guess import by_name
from rulebook.form_explain import explain
from rulebook.form_proposal import propose, slug
from rulebook.mapping import map_submission
from rulebook.models import Form
from rulebook.vendor_presets import with_preset


def form(fields: dict[str, Any], **more: Any) -> Form:
    return Form.model_validate(
        {"name": "Test", "key": "test-form-1", "source": "website", "fields": fields} | more
    )


def test_each_field_is_told_with_what_it_became_or_the_line_to_write() -> None:
    one = form({"email": "email", "phone": "phone"}, consent_field="ok", volatile=["token"])
    sent = {
        "email": "ana@example.com",
        "phone": "12",
        "ok": "on",
        "token": "1",
        "Empresa": "Ruiz",
        "e-mail": "x",
    }
    rows = {row.path: row for row in explain(one, sent)}
    assert list(rows) == list(sent)
    assert rows["email"].became == ("email = ana@example.com",)
    assert rows["phone"].hint == "flagged phone:unusable"
    assert rows["ok"].became == ("consent given",)
    assert "volatile" in str(rows["token"].hint)
    assert str(rows["Empresa"].hint).endswith("company: Empresa")
    assert str(rows["e-mail"].hint).endswith("email: [email, e-mail]")


def test_a_line_that_is_proposed_maps_the_field() -> None:
    sent = {"lead": [{"name": "Teléfono", "value": "+34600000001"}]}
    (_, row) = explain(form({"email": "email"}, required=[]), sent)
    line = yaml.safe_load(str(row.hint).partition("fields: ")[2])
    assert map_submission(form(line), sent).profile["phone"] == "+34600000001"


def test_answers_that_are_laid_out_stand_under_their_own_names() -> None:
    one = form({"email": "email"}, unfold=["raw|json"])
    rows = explain(one, {"raw": '{"email": "ana@example.com", "colour": "red"}'})
    assert [(row.path, row.became) for row in rows] == [
        ("email", ("email = ana@example.com",)),
        ("colour", ("attributes.colour = red",)),
    ]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Correo electrónico", "email"),
        ("¿Cuál es su correo?", "email"),
        ("Telemóvel", "phone"),
        ("Cognome", "last_name"),
        ("Prenume", "first_name"),
        ("Unternehmen", "company"),
        ("Société", "company"),
        ("q4_emailAddress", "email"),
        ("colour", None),
    ],
)
def test_a_fields_name_is_known_in_seven_languages(name: str, field: str | None) -> None:
    assert by_name(name) == field


SHAPES: list[tuple[str | None, dict[str, Any]]] = [
    ("typeform", {"form_response": {"token": "1", "answers": []}}),
    ("jotform", {"rawRequest": "{}", "submissionID": "1"}),
    ("contact_form_7", {"_wpcf7": "1", "your-email": "a@example.com"}),
    ("gravity_forms", {"id": "1", "form_id": "1", "source_url": "", "is_starred": "0", "3": "a@example.com"}),
    ("google_ads", {"user_column_data": []}),
    ("salesforce", {"oid": "1", "retURL": "", "email": "a@example.com"}),
    ("hubspot", {"submittedAt": 1, "fields": [{"name": "email", "value": "a@example.com"}]}),
    ("meta", {"field_data": []}),
    ("meta", {"object": "page", "entry": []}),
    ("linkedin", {"leadGenFormResponse": "urn:li:leadGenFormResponse:1"}),
    (None, {"Correo": "a@example.com", "acepto": "on", "csrf_token": "1"}),
]


@pytest.mark.parametrize(("vendor", "body"), SHAPES)
def test_a_proposal_knows_its_vendor_and_reads_as_a_form(vendor: str | None, body: dict[str, Any]) -> None:
    proposal = propose(body, "Solicitar demostración")
    assert (proposal.vendor, proposal.form_id) == (vendor, "solicitar-demostracion")
    written = Form.model_validate(with_preset(yaml.safe_load(proposal.yaml)))
    assert written.fields == Form.model_validate(with_preset(proposal.document)).fields
    if "a@example.com" in str(body):
        assert map_submission(written, body).profile["email"] == "a@example.com"


def test_a_proposal_for_an_unknown_tool_finds_consent_and_what_differs_from_post_to_post() -> None:
    document = propose({"Correo": "a@example.com", "acepto": "on", "csrf_token": "1"}, "X").document
    assert (document["consent_field"], document["volatile"]) == ("acepto", ["csrf_token"])


def test_a_payload_with_nobody_in_it_says_so() -> None:
    assert "map one by hand" in propose({"colour": "red"}, "X").notes[0]
    assert slug("日本") == "form"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_whatever_is_sent_can_be_explained_and_proposed_for(body: dict[str, Any]) -> None:
    explain(form({"email": "email"}), body)
    yaml.safe_load(propose(body, "Any").yaml)
