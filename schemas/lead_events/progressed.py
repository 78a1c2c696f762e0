"""lead-progressed: every act of a rep or their CRM."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.money import Money
from lead_events.words import CloseReason, Contact, ProgressKind, Proof


class Outcome(EventModel):
    """How the selling went."""

    result: Literal["meeting", "opportunity", "won", "lost"]
    value: Money | None = None
    reason: str | None = None


class Closing(EventModel):
    """The closing that a late submission met."""

    reason: CloseReason
    at: UtcTime
    seq: int = Field(ge=1)


class LeadProgressed(EventModel):
    """One act on one lead in one round. `at` is when the act counts."""

    lead_id: UUID
    line: str
    seq: int = Field(ge=1)
    kind: ProgressKind
    at: UtcTime
    round: int = Field(ge=0)
    rep_id: str | None = None
    channel: str | None = Field(default=None, description="for contacted: phone, email, chat, meeting, ...")
    result: str | None = Field(
        default=None, description="for contacted: reached, no_answer, left_message, ..."
    )
    contact: Contact | None = Field(
        default=None, description="for contacted: what `result` comes to; absent: not told, as a conversation"
    )
    reason: str | None = Field(default=None, description="for declined, rejected, recycled: in own words")
    code: str | None = Field(
        default=None,
        description="for declined, rejected, recycled: wrong_territory, no_time, wrong_data, duplicate, ...; "
        "for paused: a reason that the agreement names; "
        "for an outcome of lost: price, timing, competitor, no_need, no_answer, other",
    )
    duplicate_of: UUID | None = Field(
        default=None, description="for rejected with the code duplicate: the lead that this one is again"
    )
    proof: Proof | None = Field(
        default=None, description="whether another system saw the act; absent: not told"
    )
    evidence: str | None = Field(
        default=None, max_length=200, description="what proves it: the CRM's or telephony's id"
    )
    wake_at: UtcTime | None = Field(default=None, description="for recycled")
    until: UtcTime | None = Field(
        default=None, description="for paused: when it goes on by itself; absent: once it is resumed"
    )
    asked_at: UtcTime | None = Field(
        default=None, description="for asked_again: the buyer's act; `at` is when the rep was shown it"
    )
    outcome: Outcome | None = None
    rating: int | None = Field(
        default=None, ge=1, le=5, description="for rated: what the rep thinks of the lead, 5 is best"
    )
    closing: Closing | None = Field(default=None, description="for arrived_after_close")
    cause_id: UUID | None = Field(
        default=None, description="for arrived_after_close and asked_again: the submission or ask"
    )
    is_test: bool = False
    scored_seq: int = Field(
        default=0, ge=0, description="the newest state from scoring that the router knew of the lead"
    )
