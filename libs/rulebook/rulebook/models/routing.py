"""Which reps may get a lead, and in which turn."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from rulebook.models.base import Duration, Identifier, RulebookModel

Strategy = Literal["weighted_round_robin", "least_loaded", "longest_idle", "value_fair", "account_owner"]
Match = Literal["required", "preferred", "ignored"]
"""How much it counts that a rep has what a lead needs: nobody else ever takes it, nobody else until
`relax_after`, or not at all."""
OpenLeads = Literal["stay", "move_unanswered", "move_all"]
"""What another plan does to leads that are open when it takes effect: each stays where it is; those whose rep
has neither accepted nor contacted anybody move; every one moves. Leads that wait always follow the plan in
force."""


class Pool(RulebookModel):
    """The reps a routing rule may choose from, and how one of them is chosen.

    In this order: the owner, hard rules (line, language, skills, hours, room), who can still answer in time,
    then `strategy`.
    """

    name: str
    team: Identifier | None = Field(default=None, description="all reps of this team who sell the line")
    reps: list[Identifier] = Field(default_factory=list)
    strategy: Strategy = "weighted_round_robin"
    deadline_aware: bool = Field(
        default=False,
        description="only who can still answer within the agreement, by hours, absences and unanswered leads",
    )
    answer_takes: Duration = Field(
        default=timedelta(minutes=10),
        description="working time a rep is taken to need for each unanswered lead, until their own is known",
    )
    language: Match = Field(default="ignored", description="whether a rep has to speak the lead's language")
    skills: list[Identifier] = Field(default_factory=list, description="what a rep of this pool has to have")
    skills_match: Match = "required"
    relax_after: Duration = Field(
        default=timedelta(minutes=10),
        description="wall time since the lead was received after which what is preferred is given up",
    )
    when_nobody_open: Literal["hold", "first_to_open", "follow_the_sun"] = Field(
        default="hold",
        description="hold until somebody opens; give it at once to whoever opens first; or ask `then`",
    )
    then: list[Identifier] = Field(
        default_factory=list, description="pools that follow the sun: the first with somebody open takes it"
    )
    catch_up: bool = Field(
        default=False, description="whether a rep who comes back makes up for turns missed while away"
    )
    partner_consent: str | None = Field(
        default=None,
        description="a pool of partners: takes only leads who consented to this purpose; accepted by link",
    )


class RoutingRule(RulebookModel):
    """The first rule that holds and names a pool chooses it.

    `territories` or `accounts` name a table that knows the pool; where the table does not know the lead, the
    rule does not hold.
    """

    id: Identifier
    when: str = "true"
    pool: Identifier | None = Field(
        default=None, description="beside `accounts`: for rows that name only a rep"
    )
    territories: Identifier | None = Field(default=None, description="territories/<name>.csv")
    accounts: Identifier | None = Field(default=None, description="accounts/<name>.csv: named accounts")
    because: str | None = None
    language: Match | None = Field(default=None, description="by default as the pool says")
    skills: list[Identifier] = Field(default_factory=list, description="needed beside those of the pool")


class Owners(RulebookModel):
    """Who has the person, or else the account, keeps it: whether, and what holds when they cannot take it."""

    person: bool = Field(default=True, description="the rep who last worked this person, for `days`")
    days: int = Field(default=180, ge=1, le=3650, description="days since that rep's last act on them")
    account: bool = Field(default=True, description="the owner whom the CRM names for the account")
    when_away: Literal["pool", "wait"] = Field(
        default="pool", description="outside hours, absent or full: another of the pool takes it, or it waits"
    )
    wait_at_most: Duration = Field(
        default=timedelta(hours=4), description="wall time; then the pool takes it"
    )
    when_departed: Literal["pool", "team"] = Field(
        default="pool", description="who left: the pool that the rules choose, or their team's first pool"
    )


class Territory(RulebookModel):
    """One row of a table of territories. What is empty holds for all; the row that says most comes first:
    postcodes before region before country before language. Of equals the one with the lower `order`, then the
    range inside the other; else the two overlap, which is an error."""

    territory: str
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    region: str | None = None
    postcode_from: str | None = None
    postcode_to: str | None = None
    language: str | None = None
    pool: Identifier
    order: int | None = None
    line_number: int = Field(default=0, description="where the row stands in its file")


class NamedAccount(RulebookModel):
    """One row of a table of named accounts: by domain, CRM id or name."""

    domain: str | None = None
    crm_id: str | None = None
    name: str | None = None
    pool: Identifier | None = None
    rep: Identifier | None = Field(default=None, description="goes before the pool, as an account's owner")
    line_number: int = 0


class Plan(RulebookModel):
    """The routing of one line."""

    rules: list[RoutingRule] = Field(default_factory=list)
    fallback: Identifier = Field(description="the pool when no rule holds")
    on_error: Identifier | None = Field(
        default=None, description="the pool when a rule could not be evaluated"
    )
    unspoken: Identifier | None = Field(
        default=None, description="the pool for leads in a language that nobody of the chosen pool speaks"
    )
    customers: Identifier | None = Field(
        default=None,
        description="the pool for customers whose owner cannot take their request; absent: the rules choose",
    )
    competitors: Identifier | None = Field(
        default=None, description="the pool for competitors; absent: they go to nobody"
    )
    owners: Owners = Owners()


class Routing(RulebookModel):
    """Pools, and a plan for each line."""

    pools: dict[Identifier, Pool]
    plans: dict[Identifier, Plan]
    segments: dict[Identifier, str] = Field(
        default_factory=dict, description="conditions by name; a rule reads one as `segment.<name>`"
    )
    open_leads: OpenLeads = "stay"
    territories: dict[Identifier, list[Territory]] = Field(
        default_factory=dict, description="read from territories/<name>.csv"
    )
    accounts: dict[Identifier, list[NamedAccount]] = Field(
        default_factory=dict, description="read from accounts/<name>.csv"
    )
