"""The remaining topics: notices, signals, imports, merges, erasure, availability and the rulebook."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.submitted import Receipt


class LeadNotified(EventModel):
    """A vendor's notice that names leads by id only; each is still to be fetched."""

    notice_id: UUID
    form_id: str
    vendor: str
    vendor_lead_id: str
    attempt: int = Field(default=0, ge=0)
    error: str | None = Field(default=None, description="why the last attempt failed")
    received_at: UtcTime
    occurred_at: UtcTime | None = None
    notice: dict[str, Any]
    receipt: Receipt


class FetchReported(EventModel):
    """Whether the leads that a form's notices name can be fetched from its vendor; the latest `at` holds."""

    form_id: str
    vendor: str
    state: Literal["failing", "recovered"]
    reason: str | None = Field(
        default=None, description="token, secret_missing, throttled, not_found, no_answer, vendor_error, ..."
    )
    detail: str | None = Field(default=None, description="the vendor's words, without data of a person")
    since: UtcTime | None = Field(default=None, description="when the first fetch failed")
    waiting: int = Field(default=0, ge=0, description="notices of the form that the instance put back")
    instance: str
    at: UtcTime


class LeadSignalled(EventModel):
    """One act of interest."""

    signal_id: UUID
    kind: str
    at: UtcTime
    identity: dict[str, str] = Field(description="identity keys by kind: email, phone, external_id, visitor")
    line: str | None = None
    url: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    form_id: str | None = Field(default=None, description="the form whose key the page used")
    source: str | None = None
    received_at: UtcTime | None = None


class ImportProgressed(EventModel):
    """How far the reading of one import has come; a lower `seq` changes nothing."""

    import_id: UUID
    seq: int = Field(ge=1)
    state: Literal["reading", "finished", "failed"]
    form_id: str
    file: str = Field(description="the file's name, without folders")
    by: str
    started_at: UtcTime
    at: UtcTime
    settings: dict[str, Any] = Field(description="encoding, separator, mode and whatever else it is read by")
    rows: int = Field(ge=0, description="rows read so far, the header and blank lines left out")
    published: int = Field(ge=0)
    refused: int = Field(ge=0, description="rows that no submission could be made of")
    skipped: int = Field(default=0, ge=0, description="lines that are no rows: footers, repeated headers")
    error: str | None = Field(default=None, description="for failed: what to do instead")


class LeadMerged(EventModel):
    """Two persons turned out to be one (`merged`), or not to be after all (`undone`).

    Both ids are the same where one of several leads of a person ended in another, and nobody was merged.
    """

    kind: Literal["merged", "undone"]
    person_id: UUID = Field(description="the survivor; for undone the person that stands alone again")
    other_person_id: UUID
    leads_ended: list[UUID] = Field(default_factory=list)
    ended_in: list[UUID] = Field(
        default_factory=list,
        description="of each of `leads_ended`, in their order, the lead that lives; empty: not told",
    )
    leads_moved: list[UUID] = Field(default_factory=list)
    at: UtcTime
    seq: int = Field(ge=1)


class PersonErased(EventModel):
    """A person's data is to go from every store."""

    person_id: UUID
    identity_hashes: list[str]
    leads: list[UUID]
    at: UtcTime


class RepAvailabilityChanged(EventModel):
    """A rep's hours and absences as they now stand; a lower revision changes nothing."""

    rep_id: str
    revision: int = Field(ge=1)
    name: str
    team: str
    calendar: dict[str, Any] = Field(description="worktime's calendar shape, absences included")
    is_active: bool
    at: UtcTime


class RulebookPublished(EventModel):
    """One whole version of the rulebook."""

    version: int = Field(ge=1)
    effective_from: UtcTime
    published_at: UtcTime
    published_by: str
    checksum: str
    rolled_back_to: int | None = Field(
        default=None, ge=1, description="the older version whose content this repeats"
    )
    rulebook: dict[str, Any]
