"""Who hears a refusal, and what waits in quarantine instead."""

from typing import Any

import pytest

from intake.domain.refusals import Refusal
from intake.domain.verdict import judge
from lead_events import Verdict
from rulebook.mapping import map_submission
from rulebook.models import Form

FORM = Form.model_validate(
    {
        "name": "Demo",
        "key": "pk_demo_1",
        "source": "website",
        "honeypot": "website_2",
        "fields": {
            "email": {"from": ["email"]},
            "phone": {"from": ["tel"]},
            "name": {"from": ["name"]},
            "company": {"from": ["company"]},
        },
    }
)


def verdict_on(fields: dict[str, Any], form: Form = FORM, *, is_retired: bool = False) -> Verdict:
    return judge(form, "demo", fields, map_submission(form, fields), is_retired=is_retired)


JUDGED = [
    ("a good one goes on", {"email": "ana@example.com"}, None),
    ("a phone will do", {"tel": "+34600000001"}, None),
    ("a bad e-mail beside a good phone goes on", {"email": "ana@@example", "tel": "+34600000001"}, None),
    ("an empty honeypot is what people leave", {"email": "ana@example.com", "website_2": " "}, None),
    ("a filled honeypot", {"email": "ana@example.com", "website_2": "http://spam"}, "honeypot"),
    ("a filled honeypot without the rest", {"website_2": "http://spam"}, "honeypot"),
    ("a renamed field on the page", {"mail_address": "ana@example.com"}, "field_missing"),
    ("a vendor's body that nobody maps", {"answers": [{"email": "ana@example.com"}]}, "field_missing"),
]


@pytest.mark.parametrize(("fields", "reason"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED])
def test_a_submission_is_judged(fields: dict[str, Any], reason: str | None) -> None:
    verdict = verdict_on(fields)
    assert (verdict.reason, verdict.outcome) == (reason, "quarantined" if reason else "accepted")


REFUSED = [
    ("nothing at all", {}, "email", "email, tel"),
    ("nothing but which form it is", {"form_id": "demo", "_charset_": "utf-8"}, "email", "email, tel"),
    ("blank fields only", {"email": " ", "comments": "", "extra": []}, "email", "email, tel"),
    (
        "mapped fields only, none of them required",
        {"name": "Ana", "company": "Example"},
        "email",
        "email, tel",
    ),
    ("an e-mail that is none", {"email": "ana@@example"}, "email", "ana@example.com"),
    ("an e-mail that is none, with a comment", {"email": "ana@@example", "comments": "hi"}, "email", "ana@"),
    ("a phone that is none", {"tel": "call me"}, "tel", "+34600000001"),
]


@pytest.mark.parametrize(
    ("fields", "field", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_visitor_who_can_correct_it_hears_which_field(
    fields: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        verdict_on(fields)
    assert refusal.value.status == 422
    assert [error.field for error in refusal.value.errors] == [field]
    assert says in refusal.value.errors[0].message


def test_every_missing_field_is_named() -> None:
    form = FORM.model_copy(update={"required": ["email|phone", "company"]})
    with pytest.raises(Refusal) as refusal:
        verdict_on({}, form)
    assert [error.field for error in refusal.value.errors] == ["email", "company"]


def test_a_retired_form_refuses_nobody() -> None:
    assert verdict_on({}, is_retired=True).reason == "form_retired"


INSIDE = Form.model_validate(FORM.model_dump(by_alias=True) | {"unfold": [{"at": "answers"}]})
SIGNED = Form.model_validate(
    FORM.model_dump(by_alias=True) | {"signature": {"scheme": "typeform", "secret": "survey"}}
)


def test_a_renamed_answer_inside_another_field_waits_too() -> None:
    renamed = {
        "answers": [{"name": "work_email", "value": "ana@example.com"}, {"name": "name", "value": "Ana"}]
    }
    assert verdict_on(renamed, INSIDE).reason == "field_missing"
    with pytest.raises(Refusal):
        verdict_on(
            {"answers": [{"name": "work_email", "value": " "}, {"name": "name", "value": "Ana"}]}, INSIDE
        )


@pytest.mark.parametrize("fields", [{"name": "Ana"}, {"email": "ana@@example"}, {}])
def test_what_a_proven_sender_posts_waits_since_nobody_there_can_correct_it(fields: dict[str, Any]) -> None:
    assert verdict_on(fields, SIGNED).reason == "field_missing"
