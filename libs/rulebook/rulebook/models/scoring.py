"""What makes fit and interest, and what both mean."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lead_events.words import BuyerStage, Quadrant
from rulebook.models.base import Duration, Identifier, RulebookModel

Points = Annotated[int, Field(ge=-100, le=100)]
SIGNAL_KINDS = (
    "page_view",
    "download",
    "email_open",
    "email_click",
    "social",
    "webinar",
    "advice_requested",
)
"""Acts of interest that every sender knows; its own kinds begin with `custom_`."""
SignalKindName = Annotated[str, Field(pattern=rf"^({'|'.join(SIGNAL_KINDS)}|custom_[a-z0-9_]{{1,56}})$")]
SHORTEST_HALF_LIFE = timedelta(minutes=1)


class Group(RulebookModel):
    """Rules of one dimension that count together: what they give beyond `most` is taken off again."""

    most: int = Field(ge=1, le=100, description="the group's points count up to here")
    reason: str = Field(default="these count together up to a cap")


class Rule(RulebookModel):
    """Points for a condition in CEL."""

    id: Identifier
    when: str
    points: Points
    reason: str
    group: Identifier | None = None


class InterestRule(Rule):
    """A rule of interest. With a half-life its points fade, counted from the newest submission of the form,
    source and campaign that it holds for; without one they stay."""

    half_life: Duration | None = Field(default=None, description="wall time in which the points fall to half")

    @field_validator("half_life")
    @classmethod
    def _long_enough(cls, value: timedelta | None) -> timedelta | None:
        return _checked_half_life(value)


class Repeats(RulebookModel):
    """How acts of one rule add up: the newest counts whole, each older one `damping` times the one after."""

    damping: float = Field(default=0.5, gt=0, le=1, description="1 counts every act whole")
    most: int = Field(default=10, ge=1, le=50, description="older acts count no more")


class SignalRule(RulebookModel):
    """Points for acts of interest, each fading by itself from its own time on."""

    id: Identifier
    kinds: list[SignalKindName] = Field(min_length=1)
    when: str = Field(default="true", description="a condition on `signal` and on all that other rules read")
    points: Points
    half_life: Duration = Field(description="wall time in which the points fall to half")
    repeats: Repeats = Repeats()
    reason: str
    group: Identifier | None = None
    buyer_stage: BuyerStage | None = Field(default=None, description="how far on its way such an act is done")

    @field_validator("half_life")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        return _checked_half_life(value) or value


class Persona(RulebookModel):
    """Whom a rep talks to. The first whose condition holds is shown with the lead; it gives no points."""

    id: Identifier
    name: str
    when: str
    goals: list[str] = Field(default_factory=list)
    objections: list[str] = Field(default_factory=list, description="what they doubt, and how to answer it")


class DealValue(RulebookModel):
    """What a lead is worth: the mean deal times how probably it is won."""

    mean_deal: Decimal = Field(gt=0, max_digits=12, decimal_places=2, description="in the company's currency")
    close_rates: dict[Quadrant, float] | None = Field(
        default=None, description="share of leads of each quadrant that are won, 0-1"
    )
    logistic: "Logistic | None" = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "DealValue":
        if (self.close_rates is None) == (self.logistic is None):
            raise ValueError("write either `close_rates`, a share for each quadrant, or `logistic`")
        if self.close_rates is not None:
            missing = [each.value for each in Quadrant if each not in self.close_rates]
            if missing:
                raise ValueError(
                    f"`close_rates` lacks {', '.join(missing)}: write a share from 0 to 1 for each"
                )
            if any(not 0 <= rate <= 1 for rate in self.close_rates.values()):
                raise ValueError("a close rate is a share from 0 to 1, such as 0.12 for 12 %")
        return self


class Logistic(RulebookModel):
    """Probability that a lead is won: 1 / (1 + exp(-(intercept + fit x fit_slope + interest x slope)))."""

    intercept: float = Field(ge=-50, le=50)
    fit: float = Field(ge=-5, le=5, description="for each point of fit")
    interest: float = Field(ge=-5, le=5, description="for each point of interest")


class Scorecard(RulebookModel):
    """Fit and interest of one line: the base plus the points of the rules that hold.

    A dimension with `full` is brought to 0-100 by the factor 100/full, rounded half to even; then it is cut
    to 0-100. Interest is high from its threshold on, and stays so until it is `hysteresis` below.
    """

    fit_base: int = Field(default=0, ge=0, le=100)
    interest_base: int = Field(default=0, ge=0, le=100)
    fit_full: int | None = Field(default=None, ge=1, le=10_000, description="points that make a fit of 100")
    interest_full: int | None = Field(
        default=None, ge=1, le=10_000, description="points that make an interest of 100"
    )
    fit: list[Rule]
    interest: list[InterestRule]
    signals: list[SignalRule] = Field(default_factory=list, description="acts that give interest")
    groups: dict[Identifier, Group] = Field(default_factory=dict)
    personas: list[Persona] = Field(default_factory=list)
    fit_threshold: int = Field(default=50, ge=1, le=100, description="fit from here on is high")
    interest_threshold: int = Field(default=50, ge=1, le=100, description="interest from here on is high")
    hysteresis: int = Field(
        default=5, ge=0, le=50, description="high interest stays high until it is so far below its threshold"
    )
    sql_quadrants: list[Quadrant] = Field(default=[Quadrant.PERFECT, Quadrant.WARM])
    mql: Literal["always", "act"] = Field(
        default="always",
        description="`act`: a lead is no MQL, and no SQL, before its person does something themselves",
    )
    value: DealValue | None = None


def _checked_half_life(value: timedelta | None) -> timedelta | None:
    if value is not None and value < SHORTEST_HALF_LIFE:
        raise ValueError("write a half-life of 1m or longer, such as 14d")
    return value
