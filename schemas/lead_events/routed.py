"""lead-routed: every decision of the router."""

from typing import Any
from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.words import CloseReason, HoldReason, Quadrant, RoutedKind


class Rep(EventModel):
    """The rep of a round, with the working time that held at the handoff (worktime's calendar shape)."""

    id: str
    name: str
    team: str
    calendar: dict[str, Any]
    availability_revision: int = Field(ge=0)


class LeadRouted(EventModel):
    """One decision about one lead. `at` is the router's database time; for `assigned` it is the handoff."""

    lead_id: UUID
    line: str
    seq: int = Field(ge=1)
    kind: RoutedKind
    at: UtcTime
    cause_id: UUID
    decision_id: UUID | None = None
    round: int = Field(default=0, ge=0, description="number of the handoff; 0 before the first")
    quadrant: Quadrant
    pool: str | None = None
    rep: Rep | None = Field(default=None, description="for assigned, and for taken_back whose it was")
    why: str = Field(description="one line a person understands")
    hold_reason: HoldReason | None = None
    next_try_at: UtcTime | None = None
    close_reason: CloseReason | None = None
    is_test: bool = False
    is_own: bool = Field(
        default=False, description="a rep found it: none of marketing's, and nothing is promised of it"
    )
    rulebook_version: int = Field(ge=1)
    scored_seq: int = Field(
        default=0, ge=0, description="the newest state from scoring that the router knew of the lead"
    )
