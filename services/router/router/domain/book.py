"""One version of the rulebook as the router reads it: plans with compiled conditions, pools, promises."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from lead_events.words import AccountStanding
from router.domain.accounts import named_owner, owner_of, standing_of
from router.domain.agreed import Agreements
from router.domain.asking import Asked, CompiledRule, Target
from router.domain.needs import NO_NEEDS, Needs, needs_of
from router.domain.said import Said
from rulebook.cel import CelError, Condition, compile_condition
from rulebook.context import ROUTING_VARIABLES, routing_variables
from rulebook.languages import language_code
from rulebook.models import Form, Owners, Plan, Pool, Routing, RoutingRule, Rulebook
from rulebook.named_accounts import AccountTable
from rulebook.territories import TerritoryTable

Table = TypeVar("Table", TerritoryTable, AccountTable)

USUAL_OWNERS = Owners()


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

    `rule` is the rule's id, or one of the words below; no pool: the line has no plan, or it `keeps_back` the
    lead. `owner`: who goes before the pool, as the CRM names them, since the account is `standing`, or as a
    table of named accounts does (`is_named_account`); `owner_cannot`: why they do not take it. `unconsented`:
    rules whose partners the person did not agree to. `needs`: what the rule and the pool ask of the rep;
    `territory`: the row of a table that chose; `unspoken`: the pool for a language that nobody of this one
    speaks; `owners`: whether the person's and the account's owner keep it, and what holds when they cannot
    take it; `comes_back`: of these who may later, one a line; `waited_since`: the rules chose
    it then, and it waited. `consents`: purposes that the person agreed to.
    """

    pool: str | None
    rule: str | None
    because: str | None
    errors: tuple[RuleError, ...] = ()
    owner: str | None = None
    standing: AccountStanding = AccountStanding.NONE
    owner_cannot: tuple[Said, ...] = ()
    needs: Needs = NO_NEEDS
    territory: str | None = None
    unspoken: str | None = None
    owners: Owners = USUAL_OWNERS
    is_named_account: bool = False
    waited_since: datetime | None = None
    unconsented: tuple[str, ...] = ()
    comes_back: str | None = None
    consents: frozenset[str] = frozenset()

    @property
    def keeps_back(self) -> bool:
        """Whether the lead is for no rep."""
        return self.pool is None and self.rule == COMPETITORS


FALLBACK, ON_ERROR, CUSTOMERS, COMPETITORS = "fallback", "on_error", "customers", "competitors"
UNSPOKEN, WAITED, TEAM = "unspoken", "queue", "team"
NO_PLAN = PoolChoice(None, None, None)


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """The routing of one line, ready to be asked."""

    rules: tuple[CompiledRule, ...]
    source: Plan
    pools: Mapping[str, Pool]
    segments: Mapping[str, Condition] = field(default_factory=dict)

    def choose_for(
        self,
        account: Mapping[str, Any] | None,
        context: Mapping[str, Any],
        consents: Collection[str] = (),
    ) -> PoolChoice:
        """The pool for a lead of an account: competitors' and customers' own before the rules are asked.

        `consents`: purposes that the person agreed to.
        """
        standing, plan = standing_of(account), self.source
        if standing is AccountStanding.COMPETITOR:
            found = _Found(plan.competitors, COMPETITORS)
        elif standing is AccountStanding.CUSTOMER and plan.customers is not None:
            found = _Found(plan.customers, CUSTOMERS)
        else:
            found = self._by_rules(context, account, consents)
        return replace(self._choice(found, standing, account, context), consents=frozenset(consents))

    def _by_rules(
        self, context: Mapping[str, Any], account: Mapping[str, Any] | None, consents: Collection[str]
    ) -> "_Found":
        """The pool of the first rule that holds, whose table knows the lead, and whose partners may have it.

        A rule in error does not match and is listed. If no rule holds, the lead goes to the fallback, or,
        when a rule was in error and the plan names one, to the `on_error` pool. A row that names only a rep
        leaves the pool to the rules after it.
        """
        errors: list[RuleError] = []
        asked, rep = Asked(context, self.segments, account), None
        unconsented: list[str] = []
        for rule in self.rules:
            answer = asked.holds(rule)
            if isinstance(answer, CelError):
                errors.append(RuleError(rule.source.id, answer.message))
            elif answer and (target := asked.target(rule)) is not None:
                rep = rep or target.rep
                if target.pool is not None and self._may_have(target.pool, consents):
                    return _Found.by(rule.source, target, tuple(errors), rep, tuple(unconsented))
                if target.pool is not None:
                    unconsented.append(rule.source.id)
        if errors and self.source.on_error is not None:
            why, pool = "a rule could not be evaluated", self.source.on_error
            return _Found(pool, ON_ERROR, why, tuple(errors), rep, unconsented=tuple(unconsented))
        pool = self.source.fallback
        return _Found(pool, FALLBACK, None, tuple(errors), rep, unconsented=tuple(unconsented))

    def _may_have(self, pool: str, consents: Collection[str]) -> bool:
        """Whether the person agreed to go to these partners, if they are partners."""
        purpose = self.pools[pool].partner_consent
        return purpose is None or purpose in consents

    def _choice(
        self,
        found: "_Found",
        standing: AccountStanding,
        account: Mapping[str, Any] | None,
        context: Mapping[str, Any],
    ) -> PoolChoice:
        pool = self.pools[found.pool] if found.pool is not None else None
        needs = needs_of(pool, _language(context), found.asking) if pool is not None else NO_NEEDS
        owner = self._account_owner(pool, standing, account)
        return PoolChoice(
            found.pool,
            found.rule,
            found.because,
            found.errors,
            owner=owner or found.rep,
            standing=standing,
            needs=needs,
            territory=found.territory,
            unspoken=self.source.unspoken if needs.language_match == "required" else None,
            owners=self.source.owners,
            is_named_account=owner is None and found.rep is not None,
            unconsented=found.unconsented,
        )

    def _account_owner(
        self, pool: Pool | None, standing: AccountStanding, account: Mapping[str, Any] | None
    ) -> str | None:
        """The CRM's word on one of ours goes before a table's; a pool of account owners asks it for all."""
        if standing is AccountStanding.COMPETITOR or not self.source.owners.account:
            return None
        if pool is not None and pool.strategy == "account_owner":
            return named_owner(account)
        return owner_of(account)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules came to; `asking`: the rule whose needs hold, `rep` that of a named account."""

    pool: str | None
    rule: str
    because: str | None = None
    errors: tuple[RuleError, ...] = ()
    rep: str | None = None
    territory: str | None = None
    asking: RoutingRule | None = None
    unconsented: tuple[str, ...] = ()

    @classmethod
    def by(
        cls,
        rule: RoutingRule,
        target: Target,
        errors: tuple[RuleError, ...],
        rep: str | None,
        unconsented: tuple[str, ...],
    ) -> "_Found":
        """By a rule that holds."""
        because = rule.because or (f"territory {target.territory}" if target.territory else None)
        return cls(target.pool, rule.id, because, errors, rep, target.territory, rule, unconsented)


def _language(context: Mapping[str, Any]) -> str | None:
    """The lead's, as two letters."""
    told = context["lead"].get("language")
    return language_code(told) if told else None


@dataclass(frozen=True, slots=True)
class Book:
    """A version of the rulebook; build it once a version with `read_book`."""

    version: int
    plans: Mapping[str, CompiledPlan]
    pools: Mapping[str, Pool]
    agreements: Agreements
    forms: Mapping[str, Form]
    company: Rulebook

    def choose_pool(
        self,
        line: str,
        context: Mapping[str, Any],
        account: Mapping[str, Any] | None = None,
        consents: Collection[str] = (),
    ) -> PoolChoice:
        """The pool for a lead of `line`, `context` being the routing context of the rulebook.

        `consents`: purposes that the person agreed to.
        """
        plan = self.plans.get(line)
        return plan.choose_for(account, context, consents) if plan is not None else NO_PLAN

    def needs(self, pool: str, language: str | None) -> Needs:
        """What a lead needs in a pool that no rule chose for it: one that it waits in, or is passed on to."""
        return needs_of(self.pools[pool], language_code(language) if language else None)

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

    def pools_fed_by(self, rep: PoolMember) -> set[str]:
        """The pools whose leads a rep may get: their own, and those that follow the sun to one of these."""
        own = set(self.pools_of(rep))
        return own | {
            name
            for name, pool in self.pools.items()
            if pool.when_nobody_open == "follow_the_sun" and own & set(pool.then)
        }

    @property
    def partners(self) -> dict[str, str]:
        """The purpose that each pool of partners asks for."""
        return {name: pool.partner_consent for name, pool in self.pools.items() if pool.partner_consent}

    def may_wait_in(self, pool: str, consents: Collection[str]) -> bool:
        """Whether a lead whose person agreed to these purposes may be in the queue of a pool."""
        return self.partners.get(pool) in (None, *consents)

    def purposes_of(self, rep: PoolMember) -> list[str]:
        """The purposes of the partners' pools that a rep belongs to."""
        return sorted({self.partners[pool] for pool in self.pools_of(rep) if pool in self.partners})

    def may_have(self, rep: PoolMember, consents: Collection[str]) -> bool:
        """Whether a rep may have a lead whose person agreed to these purposes: who is of partners' pools
        alone needs the consent to one of them, the lead's owner or not."""
        if not self.partners:
            return True
        wanted = [self.pools[name].partner_consent for name in self.pools_of(rep)]
        return not wanted or any(each is None or each in consents for each in wanted)

    def pool_of_team(self, team: str, consents: Collection[str]) -> str | None:
        """The first pool, by name, that all of a team belong to; a partners' pool only with the consent."""
        found = (name for name in sorted(self.pools) if self.pools[name].team == team)
        return next((name for name in found if self.pools[name].partner_consent in (None, *consents)), None)

    def deciding_teams(self, line: str, reps: Iterable[PoolMember]) -> list[str]:
        """The teams whose leads decide on a lead of `line` whose own team has none, in this order: that of
        the plan's fallback pool, and those of the reps it names."""
        plan = self.plans.get(line)
        pool = self.pools.get(plan.source.fallback) if plan is not None else None
        if pool is None:
            return []
        named = sorted({rep.team for rep in reps if rep.id in pool.reps})
        return list(dict.fromkeys([pool.team, *named] if pool.team is not None else named))

    def asks(self, form: str, *, asked_explicitly: bool) -> bool:
        """Whether the person asks to be contacted."""
        return asked_explicitly or (form in self.forms and self.forms[form].explicit_ask)


def read_book(version: int, rulebook: Rulebook) -> Book:
    """Compile a version. Raises ConditionInvalid for a condition that cannot be compiled, ValueError for a
    table that is not there or cannot be read."""
    return Book(
        version=version,
        plans=_compile(rulebook.routing),
        pools=rulebook.routing.pools,
        agreements=Agreements(rulebook),
        forms=rulebook.forms,
        company=rulebook,
    )


def _compile(routing: Routing) -> dict[str, CompiledPlan]:
    """The plans by line. A table is read once however many rules name it."""
    segments = {name: compile_condition(when, ROUTING_VARIABLES) for name, when in routing.segments.items()}
    variables = routing_variables(segments) if segments else ROUTING_VARIABLES
    territories = {name: TerritoryTable(rows) for name, rows in routing.territories.items()}
    accounts = {name: AccountTable(rows) for name, rows in routing.accounts.items()}

    def compiled(rule: RoutingRule) -> CompiledRule:
        condition = compile_condition(rule.when, variables)
        return CompiledRule(
            rule,
            condition,
            _segments_read(condition, segments),
            _table(territories, rule.territories),
            _table(accounts, rule.accounts),
        )

    return {
        line: CompiledPlan(tuple(map(compiled, plan.rules)), plan, routing.pools, segments)
        for line, plan in routing.plans.items()
    }


def _table(tables: Mapping[str, Table], name: str | None) -> Table | None:
    if name is not None and name not in tables:
        raise ValueError(f"there is no table {name!r}; name one of {', '.join(tables) or 'none'}")
    return tables[name] if name is not None else None


def _segments_read(condition: Condition, segments: Mapping[str, Condition]) -> tuple[str, ...]:
    read = {each.path[1] for each in condition.tree.reads() if each.path[0] == "segment"}
    return tuple(name for name in segments if name in read)
