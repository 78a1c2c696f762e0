"""The remaining topics: notices, signals, merges, erasure, availability and the rulebook."""

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
    received_at: UtcTime
    occurred_at: UtcTime | None = None
    notice: dict[str, Any]
    receipt: Receipt


class LeadSignalled(EventModel):
    """One act of interest."""

    signal_id: UUID
    kind: str
    at: UtcTime
    identity: dict[str, str] = Field(description="identity keys by kind: email, phone, external_id, visitor")
    line: str | None = None
    url: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class LeadMerged(EventModel):
    """Two persons turned out to be one (`merged`), or not to be after all (`undone`)."""

    kind: Literal["merged", "undone"]
    person_id: UUID = Field(description="the survivor; for undone the person that stands alone again")
    other_person_id: UUID
    leads_ended: list[UUID] = Field(default_factory=list)
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
