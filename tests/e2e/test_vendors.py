"""Bodies of the shapes that form builders and social networks send, posted to the form that reads all."""

import json
from pathlib import Path

import pytest

from tests.e2e.installation import Installation

pytestmark = pytest.mark.stack

OWN = Path(__file__).parent / "fixtures"
COLLECTED = Path(__file__).resolve().parents[2] / "../shared/payloads"
LEADS = {
    "contact_form_7.json": "wordpress.buyer@example.com",
    "google_ads.json": "google.buyer@example.com",
    "jotform.json": "jotform.buyer@example.com",
    "jotform.multipart": "jotform.other@example.com",
    "linkedin_response.json": "linkedin.buyer@example.com",
    "meta_lead.json": "meta.buyer@example.com",
    "typeform.json": "typeform.buyer@example.com",
}
NOTICES = ("linkedin_notice.json", "meta_notice.json")


def _content_type(body: bytes, name: str) -> str:
    if not name.endswith(".multipart"):
        return "application/json"
    return f"multipart/form-data; boundary={body.splitlines()[0].removeprefix(b'--').decode()}"


@pytest.mark.parametrize(("name", "email"), LEADS.items(), ids=LEADS)
def test_a_vendors_body_becomes_a_lead(baton: Installation, name: str, email: str) -> None:
    body = (OWN / name).read_bytes()
    answer = baton.post_bytes("generic", body, _content_type(body, name))
    assert answer.status_code == 202, answer.text
    submission = answer.json()["submission_id"]
    (lead,) = baton.leads_of(submission)
    kept = baton.ask("scoring", f"/v1/leads/{lead}")
    assert kept["profile"]["email"] == email


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_that_names_nobody_waits_in_quarantine_with_what_it_lacks(
    baton: Installation, name: str
) -> None:
    answer = baton.post_bytes("generic", (OWN / name).read_bytes(), "application/json")
    assert answer.status_code == 202, answer.text
    found = baton.submission(answer.json()["submission_id"])
    assert (found["state"], found["reason"]) == ("quarantined", "field_missing")
    assert "email|phone|name" in found["detail"]


def test_every_collected_body_is_a_lead_or_a_refusal_with_its_reason(baton: Installation) -> None:
    files = sorted(path for path in COLLECTED.glob("*") if path.suffix in (".json", ".multipart"))
    if not files:
        pytest.skip("the collection of vendors' bodies (../shared/payloads) is not next to this repository")
    became = {path.name: _became(baton, path) for path in files}
    assert set(became.values()) <= {"a lead", "refused", "in quarantine"}
    assert [name for name, what in became.items() if what != "a lead"] == [
        name for name in became if "notification" in name or "webhook" in name
    ]


def _became(baton: Installation, path: Path) -> str:
    body = path.read_bytes()
    if path.suffix == ".multipart":
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # as it is on the wire
    answer = baton.post_bytes("generic", body, _content_type(body, path.name))
    if answer.status_code != 202:
        assert answer.status_code == 422, (path.name, answer.text)
        assert json.loads(answer.text)["detail"]
        return "refused"
    found = baton.submission(answer.json()["submission_id"])
    if found["state"] == "quarantined":
        assert found["reason"]
        assert found["detail"]
        return "in quarantine"
    assert found["state"] in ("opened", "joined"), (path.name, found)
    return "a lead"
