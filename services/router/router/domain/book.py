"""One version of the rulebook as the router reads it: plans with compiled conditions, pools, promises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lead_events.words import AccountStanding, Quadrant
from router.domain.accounts import owner_of, standing_of
from router.domain.needs import NO_NEEDS, Needs
from rulebook.cel import CelError, Condition, compile_condition, prepare_context
from rulebook.context import ROUTING_VARIABLES
from rulebook.models import Agreement, Form, Plan, Pool, Promise, RoutingRule, Rulebook


class PoolMember(Protocol):
    """What says whether a rep belongs to a pool."""

    @property
    def id(self) -> str: ...  # noqa: D102 - named as it is
    @property
    def team(self) -> str: ...  # noqa: D102 - named as it is


@dataclass(frozen=True, slots=True)
class RuleError:
    """A rule that has no answer for a lead; it does not match."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """The pool for a lead.

    `rule` is the rule's id, "fallback", "on_error", "customers" or "competitors"; no pool: the line has no
    plan, or it `keeps_back` the lead. `owner`: who goes before the pool, as the CRM names them, since the
    account is `standing`; `owner_cannot`: why they do not take it. `needs`: what the rule and the pool ask of
    the rep; `territory`: the row of a table that chose; `unspoken`: the pool for a language that nobody of
    this one speaks.
    """

    pool: str | None
    rule: str | None
    because: str | None
    errors: tuple[RuleError, ...] = ()
    owner: str | None = None
    standing: AccountStanding = AccountStanding.NONE
    owner_cannot: str | None = None
    needs: Needs = NO_NEEDS
    territory: str | None = None
    unspoken: str | None = None

    @property
    def keeps_back(self) -> bool:
        """Whether the lead is for no rep."""
        return self.pool is None and self.rule == COMPETITORS


FALLBACK, ON_ERROR, CUSTOMERS, COMPETITORS = "fallback", "on_error", "customers", "competitors"
NO_PLAN = PoolChoice(None, None, None)


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """The routing of one line, ready to be asked."""

    rules: tuple[tuple[RoutingRule, Condition], ...]
    fallback: str
    on_error: str | None
    customers: str | None = None
    competitors: str | None = None

    def choose_for(self, account: Mapping[str, Any] | None, context: Mapping[str, Any]) -> PoolChoice:
        """The pool for a lead of an account: competitors' and customers' own before the rules are asked."""
        standing, owner = standing_of(account), owner_of(account)
        if standing is AccountStanding.COMPETITOR:
            return PoolChoice(self.competitors, COMPETITORS, None, standing=standing)
        if standing is AccountStanding.CUSTOMER and self.customers is not None:
            return PoolChoice(self.customers, CUSTOMERS, None, owner=owner, standing=standing)
        return replace(self.choose(context), owner=owner, standing=standing)

    def choose(self, context: Mapping[str, Any]) -> PoolChoice:
        """The pool of the first rule that holds.

        A rule in error does not match and is listed. If no rule holds, the lead goes to the fallback, or,
        when a rule was in error and the plan names one, to the `on_error` pool.
        """
        errors: list[RuleError] = []
        prepared = prepare_context(context)
        for rule, condition in self.rules:
            answer = condition.evaluate(prepared)
            if isinstance(answer, CelError):
                errors.append(RuleError(rule.id, answer.message))
            elif answer:
                return PoolChoice(rule.pool, rule.id, rule.because, tuple(errors))
        if errors and self.on_error is not None:
            return PoolChoice(self.on_error, ON_ERROR, "a rule could not be evaluated", tuple(errors))
        return PoolChoice(self.fallback, FALLBACK, None, tuple(errors))


@dataclass(frozen=True, slots=True)
class Book:
    """A version of the rulebook; build it once a version with `read_book`."""

    version: int
    plans: Mapping[str, CompiledPlan]
    pools: Mapping[str, Pool]
    agreement: Agreement
    forms: Mapping[str, Form]
    company: Rulebook

    def choose_pool(
        self, line: str, context: Mapping[str, Any], account: Mapping[str, Any] | None = None
    ) -> PoolChoice:
        """The pool for a lead of `line`, `context` being the routing context of the rulebook."""
        plan = self.plans.get(line)
        return plan.choose_for(account, context) if plan is not None else NO_PLAN

    def members(self, pool: str, reps: Iterable[PoolMember]) -> list[str]:
        """Ids of the reps of a pool, sorted: those it names and those of its team."""
        found = self.pools[pool]
        named = set(found.reps)
        return sorted(
            rep.id for rep in reps if rep.id in named or (found.team is not None and rep.team == found.team)
        )

    def pools_of(self, rep: PoolMember) -> list[str]:
        """Ids of the pools a rep belongs to, sorted."""
        return sorted(pool for pool in self.pools if self.members(pool, [rep]))

    def promise(self, quadrant: Quadrant) -> Promise:
        """What sales promises for a quadrant; an empty promise where the agreement names none."""
        return self.agreement.sales.promises.get(quadrant, Promise())

    def asks(self, form: str, *, asked_explicitly: bool) -> bool:
        """Whether the person asks to be contacted."""
        return asked_explicitly or (form in self.forms and self.forms[form].explicit_ask)


def read_book(version: int, rulebook: Rulebook) -> Book:
    """Compile a version. Raises ConditionInvalid for a condition that cannot be compiled."""
    return Book(
        version=version,
        plans={line: _compile(plan) for line, plan in rulebook.routing.plans.items()},
        pools=rulebook.routing.pools,
        agreement=rulebook.agreement,
        forms=rulebook.forms,
        company=rulebook,
    )


def _compile(plan: Plan) -> CompiledPlan:
    rules = tuple((rule, compile_condition(rule.when, ROUTING_VARIABLES)) for rule in plan.rules)
    return CompiledPlan(rules, plan.fallback, plan.on_error, plan.customers, plan.competitors)
