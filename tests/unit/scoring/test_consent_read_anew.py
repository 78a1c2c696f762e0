"""A submission mapped again: which consents it gives is read anew, the words that were shown stay."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lead_events.submitted import Consent, LeadSubmitted, Profile, Receipt
from rulebook.models import Form
from scoring.domain.remap import Finding, map_again
from scoring.domain.submissions import SubmissionState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FORM = Form.model_validate(
    {
        "name": "Demo",
        "key": "pk_demo_1",
        "source": "website",
        "consent_field": "privacy",
        "consent_purposes": {"partners": "share"},
        "fields": {"email": "email"},
    }
)


def stored(consent: Consent | None) -> LeadSubmitted:
    return LeadSubmitted(
        submission_id=UUID(int=1),
        form_id="demo",
        lines=["main"],
        source="website",
        fingerprint="a" * 64,
        received_at=NOON,
        fields={"email": "ana@example.com", "privacy": "yes", "share": "yes"},
        profile=Profile(email="ana@example.com"),
        consent=consent,
        receipt=Receipt(instance="intake-1", number=1),
        rulebook_version=1,
    )


@pytest.mark.parametrize("before", [None, Consent(given=True, text="Call me.", at=NOON)])
def test_a_form_that_names_a_purpose_finds_it_in_what_was_sent(before: Consent | None) -> None:
    again = map_again(
        stored(before), FORM, version=2, lines=["main"], state=SubmissionState.OPENED, reason=None
    )
    assert again.finding is Finding.CHANGED
    assert again.submission is not None
    consent = again.submission.consent
    assert consent is not None
    assert (consent.given, consent.purposes, consent.at) == (True, ["partners"], NOON)
    assert consent.text == (before.text if before is not None else None)
