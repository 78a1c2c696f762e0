"""What both sides promise each other."""

from typing import Literal

from pydantic import Field

from lead_events.words import Quadrant
from rulebook.models.base import Duration, RulebookModel, Share


class Promise(RulebookModel):
    """What sales promises for one quadrant, in the rep's working time. Absent: nothing is promised."""

    accept_within: Duration | None = None
    first_response_within: Duration | None = None


class SalesSide(RulebookModel):
    """What sales promises."""

    promises: dict[Quadrant, Promise]
    warn_at: list[Share] = Field(default=[0.5, 0.8])
    reassign_on_accept_breach: bool = True
    reassign_on_response_breach: bool = Field(
        default=False,
        description="whether an accepted lead without first response goes on too; else the team lead is told",
    )
    first_response: Literal["attempt", "conversation"] = Field(
        default="attempt", description="whether a try stops the timer of the first response, or only a talk"
    )
    max_rounds: int = Field(
        default=3, ge=1, le=20, description="handoffs of one lead before the team lead decides"
    )
    declines_a_week: int = Field(
        default=3,
        ge=0,
        le=1000,
        description="leads a rep may decline in a local week; the team lead confirms what comes above it",
    )
    recycle_no_answer_after: Duration | None = Field(
        default=None,
        description="when a lead recycled for no_answer wakes up if its rep names no day; else they must",
    )


class MarketingSide(RulebookModel):
    """What marketing promises, a period."""

    period: Literal["month"] = "month"
    leads: dict[Quadrant, int] = Field(default_factory=dict)


class Agreement(RulebookModel):
    """The two-sided service level agreement."""

    name: str
    state: Literal["draft", "trial", "active"] = "active"
    marketing: MarketingSide = MarketingSide()
    sales: SalesSide
