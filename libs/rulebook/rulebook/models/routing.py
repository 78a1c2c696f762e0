"""Which reps may get a lead, and in which turn."""

from typing import Literal

from pydantic import Field

from rulebook.models.base import Identifier, RulebookModel


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
    customers: Identifier | None = Field(
        default=None,
        description="the pool for customers whose owner cannot take their request; absent: the rules choose",
    )
    competitors: Identifier | None = Field(
        default=None, description="the pool for competitors; absent: they go to nobody"
    )


class Routing(RulebookModel):
    """Pools, and a plan for each line."""

    pools: dict[Identifier, Pool]
    plans: dict[Identifier, Plan]
