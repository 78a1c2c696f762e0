"""lead-submitted and lead-imported: one submission, as it came and as the form's mapping reads it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.words import QuarantineReason


class Profile(EventModel):
    """What is known about who is behind a submission. `attributes` holds what only this form asks."""

    email: str | None = None
    phone: str | None = Field(default=None, description="E.164")
    phone_raw: str | None = None
    external_id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    industry: str | None = None
    employees: int | None = Field(default=None, ge=0)
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2")
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    language: str | None = Field(default=None, description="ISO 639-1")
    website: str | None = None
    message: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class Attribution(EventModel):
    """Where the visitor came from."""

    referrer: str | None = None
    landing_page: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None


class Consent(EventModel):
    """What the person agreed to, by the text they saw."""

    given: bool
    text_version: str | None = None


class Verdict(EventModel):
    """Whether the submission goes on or waits in quarantine, and why."""

    outcome: Literal["accepted", "quarantined"] = "accepted"
    reason: QuarantineReason | None = None
    detail: str | None = None


class Receipt(EventModel):
    """An intake instance's own count of what it accepted; `voided` lists numbers that ended in a 503."""

    instance: str
    number: int = Field(ge=1)
    voided: list[int] = Field(default_factory=list)


class LeadSubmitted(EventModel):
    """One accepted submission."""

    submission_id: UUID
    form_id: str
    lines: list[str] = Field(min_length=1)
    source: str
    campaign: str | None = None
    key: str | None = Field(default=None, description="Idempotency-Key or the vendor's id, as sent")
    key_origin: Literal["header", "vendor"] | None = None
    fingerprint: str = Field(
        description="SHA-256, hex, over the decoded fields as sent less the volatile ones"
    )
    received_at: UtcTime
    occurred_at: UtcTime | None = Field(
        default=None, description="the buyer's act, where the form's source is trusted"
    )
    fields: dict[str, Any] = Field(description="the decoded fields as sent")
    raw: str | None = Field(default=None, description="the body in base64, where it could not be decoded")
    profile: Profile = Field(default_factory=Profile)
    flags: list[str] = Field(default_factory=list, description="what the mapping repaired or could not use")
    attribution: Attribution = Field(default_factory=Attribution)
    consent: Consent | None = None
    explicit_ask: bool = True
    verdict: Verdict = Field(default_factory=Verdict)
    is_test: bool = False
    spooled_at: UtcTime | None = Field(
        default=None, description="when it was written to the spool instead of the broker"
    )
    receipt: Receipt
    rulebook_version: int = Field(ge=0, description="0 is the seed folder, before any publication was read")
