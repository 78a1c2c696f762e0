"""Who is in nurturing for a line, and why: a place where every person is who is not with sales.

A person is there with their open lead while it is no SQL, or with the one that sales gave back last, until it
wakes. Whoever is to be left alone, has unsubscribed or is a test is nowhere in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from lead_events import Consent
from lead_events.words import CloseReason, ImportMode, Quadrant, Stage
from rulebook.models import Nurturing
from scoring.domain.leads import LeadState


class Why(StrEnum):
    """By what a person is in nurturing."""

    NOT_SQL = "not_sql"  # their lead is not good enough for sales yet
    IMPORTED = "imported"  # it is, but a list brought it, to be nurtured
    RECYCLED = "recycled"  # sales gave it back for later


class KeptBack(StrEnum):
    """Why marketing's tool is not told of somebody in nurturing."""

    NO_CONSENT = "no_consent"
    COMPETITOR = "competitor"
    QUADRANT = "quadrant"
    STAGE = "stage"
    RECYCLED = "recycled"


class Left(StrEnum):
    """Why somebody is in nurturing no more; for the tool also: why it is told to let go of them."""

    SALES = "sales"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    TEST = "test"
    MERGED = "merged"
    ERASED = "erased"
    KEPT_BACK = "kept_back"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead of one person and line, with what decides whether they are in nurturing by it.

    `is_request_of_ours`: a customer, a partner or somebody with an open deal asks by it, which goes to a rep
    whatever the score. `is_competitor`: they are of a competitor.
    """

    lead_id: UUID
    state: LeadState
    stage: Stage
    quadrant: Quadrant
    opened_at: datetime
    is_test: bool = False
    is_off_limits: bool = False
    consent: Consent | None = None
    mode: ImportMode | None = None
    is_request_of_ours: bool = False
    is_competitor: bool = False
    handed_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    wake_at: datetime | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in nurturing; `kept_back`: why the tool is not told."""

    lead_id: UUID
    why: Why
    quadrant: Quadrant
    stage: Stage
    reason: str
    wake_at: datetime | None = None
    kept_back: KeptBack | None = None


def contact_id(person: UUID, line: str) -> UUID:
    """By what marketing's tool knows a person of a line."""
    return uuid5(person, f"nurturing|{line}")


def placed(leads: Sequence[Candidate], policy: Nurturing, *, is_unsubscribed: bool) -> Place | Left:
    """The place of a person in nurturing by all their leads of one line, or why they have none."""
    lead = _deciding(leads)
    if lead is None:
        return Left.CLOSED
    if lead.is_test:
        return Left.TEST
    if lead.is_off_limits or lead.close_reason == CloseReason.DO_NOT_CONTACT:
        return Left.SUPPRESSED
    if is_unsubscribed:
        return Left.UNSUBSCRIBED
    why = _why(lead)
    if isinstance(why, Left):
        return why
    return Place(
        lead_id=lead.lead_id,
        why=why,
        quadrant=lead.quadrant,
        stage=lead.stage,
        reason=reason_of(lead, why),
        wake_at=lead.wake_at if why is Why.RECYCLED else None,
        kept_back=_kept_back(lead, why, policy),
    )


def _deciding(leads: Sequence[Candidate]) -> Candidate | None:
    """The open lead, else the one that ended last; a test only where all are."""
    leads = [each for each in leads if not each.is_test] or leads
    still_open = [each for each in leads if each.state is LeadState.OPEN]
    ended = [each for each in leads if each.state is LeadState.CLOSED and each.closed_at is not None]
    if still_open:
        return max(still_open, key=lambda each: (each.opened_at, each.lead_id))
    return max(ended, key=lambda each: (each.closed_at or each.opened_at, each.lead_id), default=None)


def _why(lead: Candidate) -> Why | Left:
    if lead.state is not LeadState.OPEN:
        return Why.RECYCLED if lead.close_reason == CloseReason.RECYCLED else Left.CLOSED
    if lead.handed_at is not None:
        return Left.SALES  # what sales was handed once stays theirs until they close it
    if lead.mode is ImportMode.NURTURE:
        return Why.IMPORTED if lead.stage is Stage.SQL else Why.NOT_SQL
    return Left.SALES if lead.stage is Stage.SQL or lead.is_request_of_ours else Why.NOT_SQL


def _kept_back(lead: Candidate, why: Why, policy: Nurturing) -> KeptBack | None:
    if lead.is_competitor:
        return KeptBack.COMPETITOR
    if policy.consent_needed and not allows_marketing(lead.consent, policy):
        return KeptBack.NO_CONSENT
    if why is Why.RECYCLED and not policy.recycled:
        return KeptBack.RECYCLED
    if lead.quadrant not in policy.quadrants:
        return KeptBack.QUADRANT
    if why is Why.NOT_SQL and lead.stage not in policy.stages:
        return KeptBack.STAGE
    return None


def allows_marketing(consent: Consent | None, policy: Nurturing) -> bool:
    """Whether this consent, the latest of the lead, is one to be written to."""
    if consent is None or not consent.given:
        return False
    return not policy.consent_versions or consent.text_version in policy.consent_versions


_NOT_YET = {
    Quadrant.PERFECT: "fits us and is interested, and the scorecard hands such leads to sales later",
    Quadrant.WARM: "fits us, and shows little interest yet",
    Quadrant.CURIOUS: "shows interest, and fits us less",
    Quadrant.COLD: "fits us less, and shows little interest yet",
}


def reason_of(lead: Candidate, why: Why) -> str:
    """One line that a marketer understands. A rep's own words stand in it where sales gave the lead back."""
    if why is Why.IMPORTED:
        return "Imported to be nurtured: goes to sales once they ask"
    if why is Why.NOT_SQL:
        begins = "Has done nothing themselves yet" if lead.stage is Stage.LEAD else "Not for sales yet"
        return f"{begins}: {_NOT_YET[lead.quadrant]} ({lead.quadrant.value})"
    until = f" until {lead.wake_at:%Y-%m-%d}" if lead.wake_at else ""
    return f"Sales gave it back{until}: {lead.said}" if lead.said else f"Sales gave it back{until}"


KEPT_BACK_WORDS = {
    KeptBack.NO_CONSENT: "no consent that allows marketing",
    KeptBack.COMPETITOR: "of a competitor",
    KeptBack.QUADRANT: "nurturing.yaml leaves this quadrant out",
    KeptBack.STAGE: "nurturing.yaml leaves this stage out",
    KeptBack.RECYCLED: "nurturing.yaml leaves recycled leads out",
}
LEFT_WORDS = {
    Left.SALES: "with sales now",
    Left.CLOSED: "closed by sales",
    Left.SUPPRESSED: "asked not to be contacted",
    Left.UNSUBSCRIBED: "unsubscribed",
    Left.TEST: "a test",
    Left.MERGED: "turned out to be another person, who is told apart",
    Left.ERASED: "erased: delete what is kept of this contact",
    Left.KEPT_BACK: "not to be handed over any more",
}
