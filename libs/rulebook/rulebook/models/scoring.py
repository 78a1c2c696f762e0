"""What makes fit and interest."""

from pydantic import Field

from lead_events.words import Quadrant
from rulebook.models.base import Identifier, RulebookModel


class Rule(RulebookModel):
    """Points for a condition in CEL."""

    id: Identifier
    when: str
    points: int = Field(ge=-100, le=100)
    reason: str


class Scorecard(RulebookModel):
    """Fit and interest of one line: the base plus the points of the rules that hold, cut to 0-100."""

    fit_base: int = Field(default=0, ge=0, le=100)
    interest_base: int = Field(default=0, ge=0, le=100)
    fit: list[Rule]
    interest: list[Rule]
    fit_threshold: int = Field(default=50, ge=1, le=100, description="fit from here on is high")
    interest_threshold: int = Field(default=50, ge=1, le=100, description="interest from here on is high")
    sql_quadrants: list[Quadrant] = Field(default=[Quadrant.PERFECT, Quadrant.WARM])
