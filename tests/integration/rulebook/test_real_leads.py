"""The example company on real leads and on bodies of the shapes vendors send; skipped where absent."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from rulebook.cel import prepare_context
from rulebook.context import scoring_context, shared_context
from rulebook.loader import load_folder
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from rulebook.vendor_presets import with_preset
from scorecard.compiled import compile_scorecard
from scorecard.score import Facts, Origin, score

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT / "../shared"
LEADS = SHARED / "data/x_education_leads_part1.csv"
BOOK = load_folder(ROOT / "rulebook")
CARDS = {line: compile_scorecard(card) for line, card in BOOK.scorecards.items()}

needs_leads = pytest.mark.skipif(not LEADS.is_file(), reason="the file of real leads is not on this machine")
needs_bodies = pytest.mark.skipif(
    not (SHARED / "payloads").is_dir(), reason="the vendors' sample bodies are not on this machine"
)


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def quadrant(form_id: str, mapped: Mapped, line: str) -> str:
    form, card = BOOK.forms[form_id], CARDS[line]
    values = scoring_context(
        mapped.profile,
        form=form_id,
        source=form.source,
        campaign=form.campaign,
        line=line,
        submissions=1,
        asks=form.explicit_ask,
    )
    origin = Origin(form_id, prepare_context(values), UUID(int=1), NOW)
    scored = score(card, Facts([origin], shared_context(values)), NOW)
    assert not any(each.error for each in scored.score.contributions)
    return scored.quadrant.value


@needs_leads
def test_every_real_lead_is_mapped_and_scored_without_an_error_and_all_quadrants_are_used() -> None:
    form, all_leads, won = BOOK.forms["education"], Counter[str](), Counter[str]()
    with LEADS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mapped = map_submission(form, row)
            assert mapped.missing == []
            name = quadrant("education", mapped, "training")
            all_leads[name] += 1
            won[name] += row["Converted"] == "1"
    assert sum(all_leads.values()) == 4_644
    assert min(all_leads.values()) > 200
    rates = {name: won[name] / count for name, count in all_leads.items()}
    assert rates["perfect"] > rates["curious"] > rates["cold"]
    assert rates["perfect"] > rates["warm"] > rates["cold"]


@needs_leads
def test_what_sales_wrote_after_contact_is_nowhere_in_the_profile() -> None:
    with LEADS.open(encoding="utf-8", newline="") as file:
        attributes = map_submission(BOOK.forms["education"], next(csv.DictReader(file))).profile["attributes"]
    leaks = ("tags", "quality", "lead_profile", "asymmetrique", "last_", "converted")
    assert [name for name in attributes if name.startswith(leaks)] == []


BODIES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "contact_form_7_feedback.json",
        "generic",
        {"email": "operator@example.com", "message": "日本語\n第二行"},
    ),
    (
        "google_ads_lead_form_b2b.json",
        "google-ads",
        {"email": "work-test@example.com", "company": "CompanyName"},
    ),
    ("google_ads_lead_form_b2b.json", "generic", {"email": "work-test@example.com", "job_title": "JobTitle"}),
    ("jotform_submission.json", "generic", {"name": "Niloth P"}),
    (
        "linkedin_lead_form_responses.json",
        "generic",
        {"name": "John Smith", "email": "john.smith@company.com"},
    ),
    ("meta_lead_retrieval_response.json", "generic", {"name": "Joe Example", "email": "joe@example.com"}),
    ("typeform_form_response.json", "generic", {"email": "laura@example.com"}),
]


@needs_bodies
@pytest.mark.parametrize(
    ("file", "form_id", "expected"), BODIES, ids=[f"{body[0]} by {body[1]}" for body in BODIES]
)
def test_a_vendors_body_becomes_a_lead(file: str, form_id: str, expected: dict[str, Any]) -> None:
    body = json.loads((SHARED / "payloads" / file).read_text("utf-8"))
    mapped = map_submission(BOOK.forms[form_id], body)
    assert mapped.missing == []
    assert expected.items() <= mapped.profile.items()
    assert "google_key" not in mapped.profile["attributes"]
    assert "api_key" not in json.dumps(mapped.profile)


READY: list[tuple[str, str, set[str], set[str]]] = [
    # body, vendor, profile fields it gives, top-level names left for attributes
    ("contact_form_7_feedback.json", "contact_form_7", {"name", "email", "message"}, {"consent"}),
    (
        "google_ads_lead_form_b2b.json",
        "google_ads",
        {"name", "email", "company", "job_title"},
        {"form_id", "campaign_id", "adgroup_id", "creative_id"},
    ),
    (
        "jotform_submission.json",
        "jotform",
        {"name", "first_name", "last_name"},
        {"formID", "formTitle", "q33_typeOf", "q34_subjectFor", "q35_grade", "q27_priorTutoring"}
        | {"q28_appointment", "q15_date", "q19_table", "q7_description", "identityProof", "reports"},
    ),
    ("linkedin_lead_form_responses.json", "linkedin", {"name", "email"}, set()),
    ("meta_lead_retrieval_response.json", "meta", {"name", "email"}, {"car_make", "selected_dealer"}),
    (
        "typeform_form_response.json",
        "typeform",
        {"email", "message"},
        {"k6TP9oLGgHjl", "gFFf3xAkJKsr", "WOTdC00F8A3h", "user_id"},
    ),
]


@needs_bodies
@pytest.mark.parametrize(("file", "vendor", "given", "left"), READY, ids=[case[1] for case in READY])
def test_a_vendors_body_becomes_a_lead_by_its_ready_mapping(
    file: str, vendor: str, given: set[str], left: set[str]
) -> None:
    body = json.loads((SHARED / "payloads" / file).read_text("utf-8"))
    body = body["elements"][0] if "elements" in body else body
    form = Form.model_validate(
        with_preset(
            {"name": "T", "key": "test-form-1", "source": "website", "vendor": vendor}
            | {"required": ["email|phone|name"]}
        )
    )
    mapped = map_submission(form, body)
    assert mapped.missing == []
    assert given <= mapped.profile.keys()
    assert set(mapped.unmapped) == left
    assert mapped.vendor_id is not None or vendor == "contact_form_7"


@needs_bodies
@pytest.mark.parametrize("file", ["meta_leadgen_webhook.json", "linkedin_lead_notification.json"])
def test_a_notice_of_ids_only_is_refused_for_what_it_lacks(file: str) -> None:
    body = json.loads((SHARED / "payloads" / file).read_text("utf-8"))
    assert map_submission(BOOK.forms["generic"], body).missing == ["email|phone|name"]


@needs_bodies
def test_a_vendors_test_submission_is_marked() -> None:
    body = json.loads((SHARED / "payloads/google_ads_lead_form_b2b.json").read_text("utf-8"))
    mapped = map_submission(BOOK.forms["google-ads"], body)
    assert mapped.is_test
    assert mapped.vendor_id is not None
