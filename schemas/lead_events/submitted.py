"""lead-submitted and lead-imported: one submission, as it came and as the form's mapping reads it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.words import ImportMode, QuarantineReason, RerunKind


class Profile(EventModel):
    """What is known about who is behind a submission. `attributes` holds what only this form asks."""

    email: str | None = None
    phone: str | None = Field(default=None, description="E.164")
    phone_raw: str | None = None
    phone_extension: str | None = None
    external_id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    company_domain: str | None = Field(
        default=None, description="of the work e-mail or website; never that of a free mail provider"
    )
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
    click_ids: dict[str, str] | None = Field(
        default=None, description="ids that advertisers put on a link: gclid, fbclid, msclkid, ..."
    )
    first_touch: dict[str, str] | None = Field(
        default=None, description="the first visit that is known: at, referrer, landing_page, utm_*"
    )
    last_touch: dict[str, str] | None = Field(default=None, description="the visit before the submission")


class Consent(EventModel):
    """What the person agreed to, by the text they saw."""

    given: bool
    text_version: str | None = None
    text: str | None = Field(default=None, description="the words that were shown")
    at: UtcTime | None = None
    form_id: str | None = None
    source: str | None = None
    proof: str | None = Field(default=None, description="for an import: where the consent is on record")
    purposes: list[str] | None = Field(
        default=None,
        description="what else was agreed to beside being contacted, such as being passed to partners; "
        "absent: nobody asked",
    )


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


class ImportedRow(EventModel):
    """Which row of which import this is, and what the import asks for."""

    import_id: UUID
    row: int = Field(ge=1, description="counted from the first row after the header")
    mode: ImportMode = ImportMode.NURTURE
    per_rep_daily: int | None = Field(default=None, ge=1, description="for paced: leads a rep and day")
    owner: str | None = Field(default=None, description="for owner: the rep's id or e-mail in the file")
    counts: bool = Field(default=False, description="whether the agreement counts it")


class Fetched(EventModel):
    """The vendor's notice that this submission was fetched for."""

    notice_id: UUID
    vendor: str
    attempts: int = Field(ge=1)
    fetched_at: UtcTime


class Rerun(EventModel):
    """Why a submission taken before comes again: its id is the same, its cause is new."""

    kind: RerunKind
    cause_id: UUID = Field(description="of the release or replay that somebody asked for")
    at: UtcTime
    by: str


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
    typed: dict[str, str] | None = Field(
        default=None, description="profile fields as they were typed, where that differs"
    )
    flags: list[str] = Field(default_factory=list, description="what the mapping repaired or could not use")
    unmapped: list[str] | None = Field(default=None, description="top-level fields that no mapping reads")
    attribution: Attribution = Field(default_factory=Attribution)
    consent: Consent | None = None
    explicit_ask: bool = True
    verdict: Verdict = Field(default_factory=Verdict)
    is_test: bool = False
    sender: str | None = Field(
        default=None,
        description="the scheme by which the sender proved itself; absent: it may be anybody",
    )
    visitor: str | None = Field(default=None, description="the website's id of the browser, after consent")
    imported: ImportedRow | None = None
    fetched: Fetched | None = None
    rerun: Rerun | None = None
    spooled_at: UtcTime | None = Field(
        default=None, description="when it was written to the spool instead of the broker"
    )
    receipt: Receipt
    rulebook_version: int = Field(ge=0, description="0 is the seed folder, before any publication was read")
