"""`baton form test` and `baton form new`: what a payload becomes, and a form for one that is new."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rulebook.field_guess import by_name
from rulebook.form_explain import explain
from rulebook.form_proposal import propose, slug
from rulebook.form_sample import Sample
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


def typed(ref: str, kind: str, value: Any, asked: str = "") -> dict[str, Any]:
    return {"type": kind, kind: value, "field": {"id": f"id-{ref}", "type": asked or kind, "ref": ref}}


MADE_BY_TYPEFORM = "01GRC8GR2017M6WW347T86VV39"
SPANISH_TYPEFORM = {
    "form_response": {
        "token": "tok-2",
        "definition": {
            "fields": [{"id": "x", "ref": MADE_BY_TYPEFORM, "title": "¿En qué *empresa* trabajas?"}]
        },
        "answers": [
            typed("nombre", "text", "Inés Robles", "short_text"),
            typed(MADE_BY_TYPEFORM, "text", "Faro", "short_text"),
            typed("telefono", "phone_number", "+34600000001"),
            typed("correo", "email", "ines@example.com"),
            typed("que_necesita", "text", "Una demostración", "long_text"),
        ],
    }
}
READ = {
    "name": "Inés Robles",
    "company": "Faro",
    "phone": "+34600000001",
    "email": "ines@example.com",
    "message": "Una demostración",
}


def proposed(body: dict[str, Any] | Sample) -> Form:
    return Form.model_validate(with_preset(yaml.safe_load(propose(body, "Contacto").yaml)))


def test_the_answers_of_a_typeform_are_known_by_ref_and_by_title_in_its_own_language() -> None:
    assert READ.items() <= map_submission(proposed(SPANISH_TYPEFORM), SPANISH_TYPEFORM).profile.items()


def test_a_name_is_no_message_where_only_the_ready_mapping_of_typeform_reads() -> None:
    ready = Form.model_validate(
        with_preset({"name": "T", "key": "test-form-1", "source": "w", "vendor": "typeform"})
    )
    mapped = map_submission(ready, SPANISH_TYPEFORM)
    assert mapped.profile["message"] == "Una demostración"
    assert mapped.profile["attributes"]["nombre"] == "Inés Robles"
    rows = {row.path: row.hint or "" for row in explain(ready, SPANISH_TYPEFORM)}
    assert "¿En qué empresa trabajas?" in rows[MADE_BY_TYPEFORM]
    assert "looks like company" in rows[MADE_BY_TYPEFORM]


def asked(at: str, name: str, value: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    return {at: [{name: question, value: answer} for question, answer in pairs]}


HUE = ("Hue", "red")
PAIRS: list[tuple[str, dict[str, Any]]] = [
    ("question and answer", asked("answers", "question", "answer", ("Work email", "ana@example.com"), HUE)),
    (
        "in Spanish, and further inside",
        {"datos": asked("respuestas", "pregunta", "dato", ("Correo", "ana@example.com"), HUE)},
    ),
    (
        "one with two answers, one without a question",
        asked(
            "a", "name", "value", ("mail", "ana@example.com"), HUE, ("size", "S"), ("size", "M"), ("", "x")
        ),
    ),
    ("letters", asked("x", "k", "v", ("email", "ana@example.com"), HUE)),
    (
        "beside keys and kinds",
        {
            "fields": [
                {"key": "q_1", "label": "E-mail", "type": "INPUT_EMAIL", "value": "ana@example.com"},
                {"key": "q_2", "label": "Hue", "type": "INPUT_TEXT", "value": "red"},
            ]
        },
    ),
    (
        "the question an object of its own",
        {
            "items": [
                {"field": {"title": "Email", "id": 1}, "text": "ana@example.com"},
                {"field": {"title": "Hue", "id": 2}, "text": "red"},
            ]
        },
    ),
    ("JSON inside a text", {"raw": '[{"q": "email", "a": "ana@example.com"}, {"q": "Hue", "a": "red"}]'}),
]


@pytest.mark.parametrize("body", [body for _, body in PAIRS], ids=[name for name, _ in PAIRS])
def test_questions_with_their_answers_are_laid_out_whatever_the_tool_calls_them(body: dict[str, Any]) -> None:
    profile = map_submission(proposed(body), body).profile
    assert (profile["email"], profile["attributes"]["hue"]) == ("ana@example.com", "red")


def test_a_list_of_things_is_no_list_of_questions() -> None:
    body = {"email": "ana@example.com", "basket": [{"name": "CRM", "qty": 2}, {"name": "ERP", "qty": 1}]}
    assert "unfold" not in propose(body, "X").document


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nombre": "Ana", "apellidos": "Ruiz"}, {"first_name": ["nombre"], "last_name": ["apellidos"]}),
        ({"nombre": "Ana Ruiz"}, {"name": ["nombre"]}),
        ({"nome": "Ana", "cognome": "Riva"}, {"first_name": ["nome"], "last_name": ["cognome"]}),
        ({"prénom": "Ana", "nom": "Rive"}, {"first_name": ["prénom"], "last_name": ["nom"]}),
        ({"nume": "Rus", "prenume": "Ana"}, {"first_name": ["prenume"], "last_name": ["nume"]}),
    ],
)
def test_a_word_for_a_name_means_what_its_neighbours_leave_to_it(
    body: dict[str, Any], field: dict[str, list[str]]
) -> None:
    assert propose(body, "X").document["fields"] == field


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("puestos", "12", {"attributes.seats": {"from": ["puestos"], "as": "number"}}),
        ("puesto", "Jefa", {"job_title": ["puesto"]}),
        ("puesto", 12, {"attributes.puesto": ["puesto"]}),
        ("¿Cuántos puestos?", "", {}),
        (
            "How many people work at your company?",
            "5",
            {"employees": ["How many people work at your company?"]},
        ),
        ("cargos", "Ventas", {"attributes.cargos": ["cargos"]}),
        (
            "¿Cuántos empleados tiene su empresa?",
            "50",
            {"employees": ["¿Cuántos empleados tiene su empresa?"]},
        ),
        ("¿En qué ciudad está su empresa?", "Jaén", {"city": ["¿En qué ciudad está su empresa?"]}),
    ],
)
def test_a_plural_or_a_number_is_no_job_title(name: str, value: Any, fields: dict[str, Any]) -> None:
    assert (
        propose({"email": "ana@example.com", name: value}, "X").document["fields"]
        == {"email": ["email"]} | fields
    )


def test_the_tools_own_id_is_proposed_and_a_doubtful_one_is_asked_about() -> None:
    assert (
        propose({"submissionId": "7", "email": "a@example.com"}, "X").document["vendor_id"] == "submissionId"
    )
    doubtful = propose({"id": "7", "email": "a@example.com"}, "X")
    assert "vendor_id" not in doubtful.document
    assert "\n#vendor_id: id\n" in doubtful.yaml


def ready_lines(text: str) -> str:
    """The form with all that is to decide taken."""
    return re.sub(r"^#(?! \S)", "", text, flags=re.MULTILINE)


def test_each_line_that_is_to_decide_holds_once_its_sign_is_taken_away() -> None:
    body = {"id": "7", "Correo": "ana@example.com", "tel": "600000001", "vacío": "", "otro": None}
    proposal = propose(body, "Contacto")
    assert "# To decide" in proposal.yaml
    assert "region: ES" in " ".join(proposal.notes)
    document = yaml.safe_load(ready_lines(proposal.yaml))
    written = Form.model_validate(document)
    assert (written.region, written.vendor_id) == ("ES", "id")
    assert written.signature is not None
    assert written.signature.scheme == "standard_webhooks"
    assert {"attributes.vacio", "attributes.otro"} <= written.fields.keys()
    assert map_submission(written, body).profile["phone"] == "+34600000001"
