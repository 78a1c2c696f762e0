"""Ready mappings: what each vendor's submission becomes, by configuration alone."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from rulebook.check import check_folder
from rulebook.loader import load_folder
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from rulebook.publication import parse, to_document
from rulebook.vendor_presets import preset, vendor_names, with_preset

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs/examples/forms"


def form(vendor: str, **more: Any) -> Form:
    return Form.model_validate(
        with_preset({"name": "Test", "key": "test-form-1", "source": "website", "vendor": vendor, **more})
    )


def pairs(name: str, value: str, **answers: Any) -> list[dict[str, Any]]:
    return [{name: key, value: answer} for key, answer in answers.items()]


def answer(ref: str, type_: str, value: Any, kind: str = "") -> dict[str, Any]:
    return {"type": type_, type_: value, "field": {"id": f"id-{ref}", "type": kind or type_, "ref": ref}}


TYPEFORM = {
    "event_id": "e1",
    "event_type": "form_response",
    "form_response": {
        "token": "tok-1",
        "submitted_at": "2026-03-02T11:59:00Z",
        "hidden": {"utm_source": "ads", "gclid": "Cj0-1"},
        "answers": [
            answer("what_do_you_need", "text", "A demo", kind="long_text"),
            answer("mail", "email", "lena@example.com"),
            answer("tel", "phone_number", "+34600000001"),
            answer("interests", "choices", {"labels": ["CRM", "Support"]}),
            answer("tools", "choices", {"other": "our own"}),
        ],
    },
}
JOTFORM = {
    "submissionID": "77",
    "webhookURL": "https://example.invalid/?api_key=hidden",
    "rawRequest": orjson.dumps(
        {
            "slug": "submit/1",
            "q3_fullName": {"first": "Lena", "last": "Berg"},
            "q4_email": "lena@example.com",
            "q5_phoneNumber": {"full": "600 000 001"},
            "q9_grade": "12",
        }
    ).decode(),
}
GOOGLE = {
    "lead_id": "g-1",
    "lead_submit_time": "2026-03-02T11:59:00Z",
    "lead_stage": "LEAD_STAGE_NEW",
    "is_test": True,
    "google_key": "hidden",
    "gcl_id": "Cj0-2",
    "user_column_data": pairs(
        "column_id",
        "string_value",
        WORK_EMAIL="lena@example.com",
        COMPANY_NAME="Berg",
        COMPANY_SIZE="51-200",
        OWN="blue",
    ),
}
META = {
    "id": "m-1",
    "created_time": "2026-03-02T11:59:00+0000",
    "ad_id": "a-1",
    "field_data": [
        {"name": "full_name", "values": ["Lena Berg"]},
        {"name": "email", "values": ["lena@example.com"]},
        {"name": "phone_number", "values": ["p:+34600000001"]},
        {"name": "products", "values": ["CRM", "Support"]},
    ],
}
LINKEDIN = {
    "id": "l-1",
    "submittedAt": 1_772_452_740_000,
    "testLead": True,
    "formResponse": {
        "answers": [
            {"name": "firstName", "accepted": {"textQuestionAnswer": {"answer": "Lena"}}},
            {"name": "email", "answerDetails": {"textQuestionAnswer": {"answer": "lena@example.com"}}},
            {"questionId": 9, "answerDetails": {"textQuestionAnswer": {"answer": "soon"}}},
        ],
        "consentResponses": [{"consentId": 1, "accepted": True}],
    },
    "form": {"name": "Spring", "hiddenFields": [{"name": "utm_source", "value": "linkedin"}]},
}

# vendor, what it sends, part of the profile, attributes, other things it became
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "typeform",
        TYPEFORM,
        {"email": "lena@example.com", "phone": "+34600000001", "message": "A demo"},
        {"interests": ["CRM", "Support"], "tools": "our own"},
        {
            "vendor_id": "tok-1",
            "attribution": {"utm_source": "ads", "click_ids": {"gclid": "Cj0-1"}},
            "unmapped": ["interests", "tools"],
        },
    ),
    (
        "jotform",
        JOTFORM,
        {"name": "Lena Berg", "email": "lena@example.com", "phone": "+34600000001"},
        {"q9_grade": "12"},
        {"vendor_id": "77", "unmapped": ["q9_grade"]},
    ),
    (
        "contact_form_7",
        {
            "_wpcf7": "7",
            "your-name": "Lena Berg",
            "your-email": "lena@example.com",
            "your-message": " 日本語 ",
            "_wpcf7_ak_js": "1772452740000",
            "_wpcf7_ak_hp_textarea": "",
        },
        {"name": "Lena Berg", "email": "lena@example.com", "message": "日本語"},
        {},
        {"unmapped": []},
    ),
    (
        "gravity_forms",
        {"id": "12", "form_id": "1", "email": "lena@example.com", "source_url": "https://www.example.com/a"},
        {"email": "lena@example.com"},
        {},
        {"vendor_id": "12", "attribution": {"landing_page": "https://www.example.com/a"}},
    ),
    (
        "google_ads",
        GOOGLE,
        {"email": "lena@example.com", "company": "Berg", "employees": 51},
        {"own": "blue", "employees_text": "51-200"},
        {
            "is_test": True,
            "vendor_id": "g-1",
            "occurred_at": datetime(2026, 3, 2, 11, 59, tzinfo=UTC),
            "attribution": {"click_ids": {"gclid": "Cj0-2"}},
            "unmapped": ["OWN"],
        },
    ),
    (
        "salesforce",
        {
            "oid": "00D1",
            "first_name": "José",
            "last_name": "Núñez",
            "email": "jose+web@example.com",
            "company": "R&D",
            "00N1": ["CRM", "Support"],
        },
        {"name": "José Núñez", "company": "R&D", "email": "jose+web@example.com"},
        {"f_00_n1": ["CRM", "Support"]},
        {"unmapped": ["00N1"]},
    ),
    (
        "hubspot",
        {
            "submittedAt": 1_772_452_740_000,
            "fields": pairs("name", "value", email="lena@example.com", firstname="Lena"),
        },
        {"email": "lena@example.com", "first_name": "Lena"},
        {},
        {"unmapped": []},
    ),
    (
        "hubspot",
        {"vid": 1, "properties": {"email": {"value": "lena@example.com"}, "lastname": {"value": "Berg"}}},
        {"email": "lena@example.com", "last_name": "Berg"},
        {"vid": 1},
        {"unmapped": ["vid"]},
    ),
    (
        "meta",
        META,
        {"name": "Lena Berg", "email": "lena@example.com", "phone": "+34600000001"},
        {"products": ["CRM", "Support"], "meta_ad": "a-1"},
        {"vendor_id": "m-1", "unmapped": ["products"], "is_test": False},
    ),
    (
        "linkedin",
        LINKEDIN,
        {"first_name": "Lena", "email": "lena@example.com"},
        {"f_9": "soon"},
        {
            "vendor_id": "l-1",
            "is_test": True,
            "consent": {"given": True},
            "attribution": {"utm_source": "linkedin"},
        },
    ),
    (
        "html",
        {"email": "lena@example.com", "tel": "+34600000001", "organization": "Berg"},
        {"email": "lena@example.com", "phone": "+34600000001", "company": "Berg"},
        {},
        {"unmapped": []},
    ),
    (
        "automation",
        {"id": "z-1", "data": {"Email": "lena@example.com", "companyName": "Berg"}},
        {"email": "lena@example.com", "company": "Berg"},
        {},
        {"vendor_id": "z-1", "unmapped": []},
    ),
]


def check(
    mapped: Mapped, profile: dict[str, Any], attributes: dict[str, Any], others: dict[str, Any]
) -> None:
    assert mapped.missing == []
    assert profile.items() <= mapped.profile.items()
    assert mapped.profile["attributes"] == attributes
    assert {name: getattr(mapped, name) for name in others} == others


@pytest.mark.parametrize(
    ("vendor", "body", "profile", "attributes", "others"), TABLE, ids=[case[0] for case in TABLE]
)
def test_what_each_field_of_a_vendor_became(
    vendor: str,
    body: dict[str, Any],
    profile: dict[str, Any],
    attributes: dict[str, Any],
    others: dict[str, Any],
) -> None:
    check(map_submission(form(vendor, region="ES"), body), profile, attributes, others)


def test_every_vendor_has_a_case() -> None:
    assert {case[0] for case in TABLE} == set(vendor_names())


@pytest.mark.parametrize("vendor", vendor_names())
def test_a_ready_mapping_put_under_a_form_twice_changes_nothing(vendor: str) -> None:
    once = with_preset({"vendor": vendor, "volatile": ["mine"], "fields": {"message": "note"}})
    assert with_preset(once) == once
    assert once["fields"]["message"] == "note"
    assert set(once["volatile"]) >= {"mine", *preset(vendor).get("volatile", [])}


def test_what_is_published_holds_the_merged_form_and_reads_the_same_again() -> None:
    book = load_folder(ROOT / "rulebook")
    document = to_document(book)
    assert document["forms"]["google-ads"]["fields"]["email"]["from"] == ["WORK_EMAIL", "EMAIL", "User Email"]
    assert to_document(parse(document)) == document


def test_a_slip_in_a_form_with_a_vendor_is_told_at_its_own_line(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    shutil.copytree(ROOT / "rulebook", folder)
    file = folder / "forms/google-ads.yaml"
    file.write_text(file.read_text("utf-8") + "fields:\n  colour: COLOUR\nvendor_time: ']'\n", "utf-8")
    lines = file.read_text("utf-8").splitlines()
    found = {(Path(each.file).name, each.line) for each in check_folder(folder)}
    assert ("google-ads.yaml", 1 + lines.index("  colour: COLOUR")) in found


def test_whoever_takes_200_alone_for_success_is_answered_so() -> None:
    assert form("google_ads").success_status == 200
    assert Form.model_validate(yaml.safe_load((EXAMPLES / "webflow.yaml").read_text())).success_status == 200
    assert {form(name).success_status for name in vendor_names() if name != "google_ads"} == {202}


def test_metas_dummy_lead_is_a_test() -> None:
    body = {"id": "1", "field_data": [{"name": "email", "values": ["test@fb.com"]}]}
    assert map_submission(form("meta"), body).is_test
    body["field_data"] = [{"name": "full_name", "values": ["<test lead: dummy data for full_name>"]}]
    assert map_submission(form("meta"), body).is_test


BY_YAML_ALONE = [
    (
        "tally",
        {
            "eventId": "1",
            "data": {
                "responseId": "t-1",
                "fields": [
                    {"key": "q_1", "label": "Email", "type": "INPUT_EMAIL", "value": "lena@example.com"},
                    {"key": "q_2", "label": "Company", "type": "INPUT_TEXT", "value": "Berg"},
                    {"key": "q_3", "label": "Colours", "type": "CHECKBOXES", "value": ["a", "b"]},
                ],
            },
        },
        {"colours": ["a", "b"]},
        "t-1",
    ),
    (
        "webflow",
        {
            "triggerType": "form_submission",
            "payload": {
                "name": "Contact Us",
                "siteId": "s-1",
                "data": {
                    "First Name": "Lena",
                    "email": "lena@example.com",
                    "Phone Number": 34600000001,
                    "Company": "Berg",
                    "Plan": "pro",
                },
                "submittedAt": "2026-03-02T11:59:00.117Z",
                "id": "w-1",
                "formId": "f-1",
            },
        },
        {"plan": "pro"},
        "w-1",
    ),
]


@pytest.mark.parametrize(
    ("name", "body", "attributes", "vendor_id"), BY_YAML_ALONE, ids=[case[0] for case in BY_YAML_ALONE]
)
def test_a_tool_nobody_made_a_mapping_for_is_connected_by_yaml_alone(
    name: str, body: dict[str, Any], attributes: dict[str, Any], vendor_id: str
) -> None:
    example = Form.model_validate(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text("utf-8")))
    profile = {"email": "lena@example.com", "company": "Berg"}
    check(map_submission(example, body), profile, attributes, {"vendor_id": vendor_id})
