"""What the leads of a plan ask of reps, and who may have them: is there always somebody."""

from collections.abc import Iterator

from rulebook.check_people import members
from rulebook.check_pools import check_skills
from rulebook.documents import Loc
from rulebook.implication import cases_of
from rulebook.models import Match, Plan, Pool, RepSeed, RoutingRule, Rulebook
from rulebook.report import Report

_LANGUAGE = ("lead", ".", "language")


def takers(rulebook: Rulebook, pool: Pool, line: str) -> list[RepSeed]:
    """The reps of a pool who sell a line and take part."""
    theirs = members(rulebook, pool).values()
    return [rep for rep in theirs if line in rep.lines and rep.weight > 0 and rep.capacity > 0]


def table_pools(rulebook: Rulebook, rule: RoutingRule) -> dict[Loc, str | None]:
    """The pools of a rule's table, each at the first row that names it."""
    routing = rulebook.routing
    rows: list[tuple[Loc, str | None]] = [
        (("routing", "territories", rule.territories or "", number), row.pool)
        for number, row in enumerate(routing.territories.get(rule.territories or "", ()))
    ]
    rows += [
        (("routing", "accounts", rule.accounts or "", number), row.pool)
        for number, row in enumerate(routing.accounts.get(rule.accounts or "", ()))
    ]
    firsts: dict[str | None, Loc] = {}
    for loc, pool in rows:
        firsts.setdefault(pool, loc)
    return {loc: pool for pool, loc in firsts.items() if pool is not None}


def check_needs(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    """Report languages and skills that nobody of a chosen pool has, owners that a strategy lacks, and
    partners who would get leads without a consent."""
    loc: Loc = ("routing", "plans", line)
    _check_partners(rulebook, loc, plan, report)
    if report.is_partial("reps") or report.is_partial("pools"):
        return
    unheard = list(_without_a_voice(rulebook, line, plan))
    for here, message in unheard:
        hint = "add `unspoken: POOL` to the plan, or somebody who speaks it to the pool"
        report.error(here, message, hint)
    for number, rule in enumerate(plan.rules):
        _check_skills(rulebook, line, (*loc, "rules", number), rule, report)
    requiring = [pool for _, pool, rule in choices(rulebook, plan) if _match(pool, rule) == "required"]
    if requiring and plan.unspoken is None and not unheard:
        message = f"leads in a language that nobody of {requiring[0].name} speaks would wait for ever"
        report.warning(loc, message, "add `unspoken: POOL`, which takes them")
    _check_unspoken(rulebook, line, plan, report)
    _check_named_reps(rulebook, line, plan, report)
    _check_strategies(rulebook, line, plan, report)


def _check_named_reps(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    """Who a table names for an account should sell the line."""
    reps = rulebook.roster.reps
    for rule in plan.rules:
        for number, row in enumerate(rulebook.routing.accounts.get(rule.accounts or "", ())):
            if row.rep in reps and line not in reps[row.rep].lines:
                message = f"`{row.rep}` does not sell line `{line}`, and gets none of its leads"
                hint = f"name another, or add `{line}` to their lines in roster.yaml"
                report.warning(("routing", "accounts", rule.accounts or "", number), message, hint)


def _check_strategies(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    """Two strategies read what stands elsewhere in the rulebook."""
    loc: Loc = ("routing", "plans", line)
    chosen = {pool.strategy: pool.name for _, pool, _ in choices(rulebook, plan)}
    if "account_owner" in chosen and not plan.owners.account:
        message = f"{chosen['account_owner']} gives leads to the account's owner, who is not asked here"
        report.error((*loc, "owners", "account"), message, "delete it, or choose another strategy")
    card = rulebook.scorecards.get(line)
    if "value_fair" in chosen and card is not None and card.value is None and not report.is_partial("rules"):
        message = f"{chosen['value_fair']} shares out expected money, and no lead of this line has any"
        report.warning(loc, message, f"add `value: {{mean_deal: ...}}` to scorecards/{line}.yaml")


def choices(rulebook: Rulebook, plan: Plan) -> Iterator[tuple[Loc, Pool, RoutingRule | None]]:
    """Every pool that a plan may choose, and by which rule."""
    pools = rulebook.routing.pools
    for rule in plan.rules:
        named = [((), rule.pool), *table_pools(rulebook, rule).items()]
        yield from ((loc, pools[name], rule) for loc, name in named if name in pools)
    for name in (plan.fallback, plan.on_error, plan.customers, plan.competitors):
        if name in pools:
            yield (), pools[name], None


def _match(pool: Pool, rule: RoutingRule | None) -> Match:
    return rule.language if rule is not None and rule.language is not None else pool.language


def _without_a_voice(rulebook: Rulebook, line: str, plan: Plan) -> Iterator[tuple[Loc, str]]:
    """Rules and rows for a language that is required and that nobody of their pool speaks."""
    if plan.unspoken is not None:
        return
    pools = rulebook.routing.pools
    for number, rule in enumerate(plan.rules):
        if rule.pool in pools and _match(pools[rule.pool], rule) == "required":
            spoken = _spoken(rulebook, pools[rule.pool], line)
            lacking = _languages_of(rule, rulebook) - spoken
            if lacking and lacking == _languages_of(rule, rulebook):
                yield ("routing", "plans", line, "rules", number), _unspoken(lacking, pools[rule.pool])
        told: set[tuple[str, str]] = set()
        for place, row in enumerate(rulebook.routing.territories.get(rule.territories or "", ())):
            if row.language is None or row.pool not in pools or (row.pool, row.language) in told:
                continue
            told.add((row.pool, row.language))
            is_needed = _match(pools[row.pool], rule) == "required"
            if is_needed and row.language not in _spoken(rulebook, pools[row.pool], line):
                loc = ("routing", "territories", rule.territories or "", place)
                yield loc, _unspoken({row.language}, pools[row.pool])


def _unspoken(languages: set[str], pool: Pool) -> str:
    listed = " or ".join(f"`{each}`" for each in sorted(languages))
    return f"nobody of {pool.name} speaks {listed}, which is required"


def _spoken(rulebook: Rulebook, pool: Pool, line: str) -> set[str]:
    return {language for rep in takers(rulebook, pool, line) for language in rep.languages}


def _languages_of(rule: RoutingRule, rulebook: Rulebook) -> set[str]:
    """The languages that a rule is for; none where it may hold for any."""
    found: set[str] = set()
    for case in cases_of(rule.when, rulebook.routing.segments) or ():
        named = {
            str(fact.value) for fact in case if fact.subject == _LANGUAGE and fact.op == "==" and fact.is_true
        }
        if not named:
            return set()
        found |= named
    return found


def _check_skills(rulebook: Rulebook, line: str, loc: Loc, rule: RoutingRule, report: Report) -> None:
    if not rule.skills or not check_skills(rulebook, (*loc, "skills"), rule.skills, report):
        return
    pools = rulebook.routing.pools
    for name in (rule.pool, *table_pools(rulebook, rule).values()):
        if name not in pools or pools[name].skills_match != "required":
            continue
        wanted = {*rule.skills, *pools[name].skills}
        if not any(wanted <= set(rep.skills) for rep in takers(rulebook, pools[name], line)):
            listed = " and ".join(f"`{each}`" for each in sorted(wanted))
            hint = "add somebody who has to the pool, or write `skills_match: preferred` there"
            report.error((*loc, "skills"), f"nobody of pool `{name}` has {listed}", hint)


def _check_unspoken(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    """The pool for languages that nobody speaks takes leads with the skills that they need."""
    loc: Loc = ("routing", "plans", line, "unspoken")
    pool = rulebook.routing.pools.get(plan.unspoken or "")
    if pool is None:
        return
    if pool.language == "required":
        hint = "write `language: preferred` in that pool, or name another"
        report.error(loc, "requires a language itself", hint)
    theirs = takers(rulebook, pool, line)
    for _, other, rule in choices(rulebook, plan):
        wanted = {*other.skills, *(rule.skills if rule is not None else ())}
        if _match(other, rule) != "required" or other.skills_match != "required" or not theirs:
            continue
        if not any(wanted <= set(rep.skills) for rep in theirs):
            listed = " and ".join(f"`{each}`" for each in sorted(wanted))
            message = f"nobody of it has {listed}, which leads of {other.name} need: they would wait for ever"
            hint = "add somebody who has to that pool, or name another"
            report.error(loc, message, hint)
            return


def _check_partners(rulebook: Rulebook, loc: Loc, plan: Plan, report: Report) -> None:
    """Only a rule can leave a lead to the next one."""
    for field in ("fallback", "on_error", "unspoken", "customers", "competitors"):
        pool = rulebook.routing.pools.get(getattr(plan, field) or "")
        if pool is not None and pool.partner_consent is not None:
            message = f"takes only leads who consented to `{pool.partner_consent}`"
            report.error((*loc, field), message, "name a pool of your own reps here")
