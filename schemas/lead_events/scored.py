"""lead-scored and lead-scored-bulk: the state of a lead after scoring; a lower `seq` changes nothing."""

from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.money import Money
from lead_events.submitted import Attribution, Consent, Profile
from lead_events.words import AccountStanding, BuyerStage, CauseKind, Dimension, ImportMode, Quadrant, Stage


class Evidence(EventModel):
    """One act behind a contribution: what it gave when it was done (`full`) and what time has left of it."""

    id: UUID = Field(description="the signal, or the submission")
    at: UtcTime
    full: int
    points: int


class Contribution(EventModel):
    """One rule's part of a score. A rule in error gives 0 points and says why."""

    rule: str
    dimension: Dimension
    points: int
    reason: str
    error: str | None = None
    group: str | None = Field(default=None, description="rules of one group count together up to a cap")
    reads: list[str] | None = Field(
        default=None, description="what the rule looked at, such as lead.job_title"
    )
    evidence: list[Evidence] | None = Field(
        default=None, description="where time counts: the acts, whose points add up to these"
    )


class Score(EventModel):
    """Fit and interest, 0-100 each: the sum of the contributions of that dimension, cut to the range."""

    fit: int = Field(ge=0, le=100)
    interest: int = Field(ge=0, le=100)
    contributions: list[Contribution] = Field(default_factory=list)


class Cause(EventModel):
    """What made scoring publish: the id of the submission, signal or version, and when it happened."""

    id: UUID
    kind: CauseKind
    at: UtcTime
    source: str | None = Field(
        default=None, description="of a submission that this lead holds: where it came from; else absent"
    )
    campaign: str | None = None


class OtherLead(EventModel):
    """Another open lead of the same person, so that each rep sees the other."""

    lead_id: UUID
    line: str


class Journey(EventModel):
    """The moments before routing, for splitting a lead's time: who held it from when to when."""

    occurred_at: UtcTime | None = None
    received_at: UtcTime
    spooled_at: UtcTime | None = None
    durable_at: UtcTime = Field(description="broker time of the submission's record")
    released_at: UtcTime | None = Field(default=None, description="release from quarantine, import or bulk")
    scored_at: UtcTime


class Handling(EventModel):
    """How the import that opened this lead wants it routed; a buyer's own explicit ask ends it."""

    import_id: UUID
    mode: ImportMode
    per_rep_daily: int | None = Field(default=None, ge=1)
    owner: str | None = None
    counts: bool = False


class Persona(EventModel):
    """Whom the rep talks to, by the rulebook: what such people want, and what they doubt."""

    id: str
    name: str
    goals: list[str] = Field(default_factory=list)
    objections: list[str] = Field(default_factory=list)


class Account(EventModel):
    """The company a person belongs to, as the CRM knows it."""

    id: UUID
    crm_id: str
    name: str
    standing: AccountStanding
    owner: str | None = Field(default=None, description="the rep who looks after it")


class Before(EventModel):
    """Where a lead stood when it was last published."""

    quadrant: Quadrant
    stage: Stage


class LeadScored(EventModel):
    """A lead as scoring sees it now."""

    lead_id: UUID
    person_id: UUID
    account_id: UUID | None = None
    line: str
    seq: int = Field(ge=1)
    cause: Cause
    profile: Profile
    attribution: Attribution = Field(default_factory=Attribution)
    consent: Consent | None = None
    form_id: str
    source: str
    campaign: str | None = None
    score: Score
    quadrant: Quadrant
    stage: Stage
    sql_at: UtcTime | None = Field(default=None, description="the act that made this lead a SQL")
    journey: Journey
    other_leads: list[OtherLead] = Field(default_factory=list)
    submissions: int = Field(ge=1, description="how many submissions this lead holds")
    is_test: bool = False
    do_not_contact: bool = Field(default=False, description="the person asked not to be contacted")
    handling: Handling | None = None
    rulebook_version: int = Field(ge=1)
    before: Before | None = Field(default=None, description="absent when it is published for the first time")
    account: Account | None = None
    persona: Persona | None = None
    buyer_stage: BuyerStage | None = None
    probability: float | None = Field(default=None, ge=0, le=1, description="that the lead is won")
    expected_value: Money | None = Field(
        default=None, description="the mean deal of its line times the probability"
    )
