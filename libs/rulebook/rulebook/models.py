"""The rulebook as types: what a company writes in YAML, checked. `loader.py` says where something is
wrong."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from lead_events.words import Quadrant
from rulebook.durations import check_bounds, format_duration, parse_duration
from rulebook.paths import steps

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(check_bounds),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
Share = Annotated[float, Field(gt=0, lt=1)]


class RulebookModel(BaseModel):
    """A part of the rulebook; a word it does not know is an error, so that a typing slip is never silent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldMapping(RulebookModel):
    """How one profile field is read from a submission: the first path with a value wins.

    A path is dotted (`form_response.answers`), takes an array item by number or by a key's value
    (`user_column_data[column_id=EMAIL].string_value`), and reads JSON inside a field through `|json`.
    A bare path, or a list of paths, is short for `{from: ...}`.
    """

    from_: list[str] = Field(alias="from", min_length=1)
    join: str | None = Field(default=None, description="join all values found with this text instead")
    values: dict[str, Any] = Field(
        default_factory=dict, description="replace a value (compared without case)"
    )
    default: Any = None
    as_: Literal["text", "number", "boolean"] | None = Field(
        default=None,
        alias="as",
        description="for attributes: read the value as this, so that rules can compare it",
    )

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _paths_alone(cls, value: object) -> object:
        return {"from": value} if isinstance(value, str | list) else value

    @field_validator("from_", mode="before")
    @classmethod
    def _one_path_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("from_")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for path in value:
            steps(path)
        return value


class Form(RulebookModel):
    """One place leads come from."""

    name: str
    key: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="publishable: stands in the page's HTML")
    status: Literal["active", "retired"] = "active"
    lines: list[Identifier] = Field(default=["main"], min_length=1)
    line_field: str | None = Field(
        default=None, description="path whose values (one or many) choose among `lines`"
    )
    line_values: dict[str, Identifier] = Field(
        default_factory=dict,
        description="the line that a value of `line_field` means, where it is not the line's id",
    )
    source: Identifier
    campaign: str | None = None
    language: str = "en"
    region: str | None = Field(
        default=None, pattern="^[A-Z]{2}$", description="for phone numbers without a country code"
    )
    fields: dict[str, FieldMapping]
    required: list[str] = Field(
        default=["email|phone"], description="profile fields; `a|b` asks for at least one of them"
    )
    volatile: list[str] = Field(default_factory=list, description="fields that differ from click to click")
    vendor_id: str | None = Field(default=None, description="path of the vendor's own id of the submission")
    vendor_time: str | None = Field(
        default=None, description="path of the buyer's act, where the vendor is trusted"
    )
    test_flag: str | None = Field(default=None, description="path of a flag that marks a test submission")
    honeypot: str | None = Field(
        default=None, description="a field no person sees; a value in it means quarantine"
    )
    consent_field: str | None = None
    consent_text: str | None = None
    consent_version: str | None = None
    explicit_ask: bool = Field(default=True, description="whether sending this form asks to be contacted")
    redirect: str | None = Field(
        default=None, pattern="^https?://", description="where a plain HTML form goes next"
    )
    allowed_origins: list[str] = Field(default_factory=list)


class Source(RulebookModel):
    """Where leads come from, as both sides name it."""

    name: str
    origin: Literal["marketing", "sales", "partner", "referral"] = "marketing"


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
    sql_quadrants: list[Quadrant] = [Quadrant.PERFECT, Quadrant.WARM]


class Team(RulebookModel):
    """A sales team."""

    name: str
    lead: Identifier | None = Field(default=None, description="the rep who is told when nobody else answers")


class Absence(RulebookModel):
    """Local days, both included, in the time zone of the rep's calendar."""

    first_day: date
    last_day: date
    reason: str = "away"


class RepSeed(RulebookModel):
    """A rep as the rulebook first names them; from then on the roster is data."""

    name: str
    email: str
    team: Identifier
    lines: list[Identifier] = ["main"]
    weight: int = Field(default=1, ge=0, le=1000, description="share of the pool; 0 takes no part")
    capacity: int = Field(default=20, ge=0, le=10_000, description="open leads at once")
    calendar: Identifier
    languages: list[str] = Field(default_factory=list)
    absences: list[Absence] = Field(default_factory=list)


class Roster(RulebookModel):
    """Teams and reps."""

    teams: dict[Identifier, Team]
    reps: dict[Identifier, RepSeed]


class Calendar(RulebookModel):
    """Weekly hours in a time zone, less holidays. `week` maps mon..sun to shifts ["09:00", "18:00"]."""

    tz: str
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[tuple[str, str]]]
    holidays: list[date] = Field(default_factory=list)
    holidays_of: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        description="public holidays of a country or region",
    )
    date_overrides: dict[date, list[tuple[str, str]]] = Field(default_factory=dict)
    date_breaks: dict[date, list[tuple[str, str]]] = Field(default_factory=dict)


class Pool(RulebookModel):
    """The reps a routing rule may choose from, and the strategy that chooses."""

    name: str
    team: Identifier | None = Field(default=None, description="all reps of this team who sell the line")
    reps: list[Identifier] = Field(default_factory=list)
    strategy: Literal["weighted_round_robin"] = "weighted_round_robin"
    when_nobody_open: Literal["hold"] = "hold"


class RoutingRule(RulebookModel):
    """The first rule that holds chooses the pool."""

    id: Identifier
    when: str
    pool: Identifier
    because: str | None = None


class Plan(RulebookModel):
    """The routing of one line."""

    rules: list[RoutingRule] = Field(default_factory=list)
    fallback: Identifier = Field(description="the pool when no rule holds")
    on_error: Identifier | None = Field(
        default=None, description="the pool when a rule could not be evaluated"
    )


class Routing(RulebookModel):
    """Pools, and a plan for each line."""

    pools: dict[Identifier, Pool]
    plans: dict[Identifier, Plan]


class Promise(RulebookModel):
    """What sales promises for one quadrant, in the rep's working time. Absent: nothing is promised."""

    accept_within: Duration | None = None
    first_response_within: Duration | None = None


class SalesSide(RulebookModel):
    """What sales promises."""

    promises: dict[Quadrant, Promise]
    warn_at: list[Share] = [0.5, 0.8]
    reassign_on_accept_breach: bool = True
    max_rounds: int = Field(
        default=3, ge=1, le=20, description="handoffs of one lead before the team lead decides"
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


class Rulebook(RulebookModel):
    """One whole version."""

    company: str
    time_zone: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    lines: dict[Identifier, str] = Field(min_length=1, description="line id to its name")
    forms: dict[Identifier, Form]
    sources: dict[Identifier, Source]
    scorecards: dict[Identifier, Scorecard]
    routing: Routing
    roster: Roster
    calendars: dict[Identifier, Calendar]
    agreement: Agreement
