"""Routing and scorecards: has every line a plan whose pools can take its leads."""

from collections.abc import Sequence

from rulebook.check_needs import check_needs, choices, table_pools, takers
from rulebook.check_reach import check_reach
from rulebook.documents import Loc
from rulebook.models import Owners, Plan, RoutingRule, Rule, Rulebook
from rulebook.report import Report


def check_routing(rulebook: Rulebook, report: Report) -> None:
    """Report lines without a plan or scorecard, pools that cannot serve a line, rules that are never
    reached."""
    for line in rulebook.lines:
        if line not in rulebook.routing.plans and not _is_hidden(line, "plans", report):
            report.error(("lines", line), "has no routing plan", f"add `{line}:` under plans in routing.yaml")
        if line not in rulebook.scorecards and not report.is_ignored(line):
            report.error(("lines", line), "has no scorecard", f"add scorecards/{line}.yaml")
    for line in rulebook.scorecards:
        report.reference(("scorecards", line), "line", line, rulebook.lines)
    for line, plan in rulebook.routing.plans.items():
        _check_plan(rulebook, line, plan, report)
    _check_ways_on(rulebook, report)
    used = _used(rulebook)
    for name in rulebook.routing.pools:
        if name not in used and not report.is_partial("plans"):
            report.warning(
                ("routing", "pools", name), "is used by no plan", "name it in a plan, or delete it"
            )


def _used(rulebook: Rulebook) -> set[str | None]:
    """Pools that a plan names, itself or by a table, and those that follow them."""
    routing = rulebook.routing
    found: set[str | None] = {row.pool for rows in routing.territories.values() for row in rows}
    found |= {account.pool for accounts in routing.accounts.values() for account in accounts}
    for plan in routing.plans.values():
        found |= {*_named(plan).values(), *(rule.pool for rule in plan.rules)}
    return found | {other for pool in routing.pools.values() for other in pool.then}


def _is_hidden(line: str, collection: str, report: Report) -> bool:
    return report.is_ignored(line) or report.is_ignored(f"all {collection}")


def _check_plan(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    loc: Loc = ("routing", "plans", line)
    report.reference(loc, "line", line, rulebook.lines)
    _check_ids((*loc, "rules"), plan.rules, report)
    for field, pool in _named(plan).items():
        _check_pool(rulebook, line, (*loc, field), pool, report)
    for number, rule in enumerate(plan.rules):
        here = (*loc, "rules", number)
        _check_target(rulebook, here, rule, report)
        _check_pool(rulebook, line, (*here, "pool"), rule.pool, report)
        for place, pool in table_pools(rulebook, rule).items():
            _check_pool(rulebook, line, place, pool, report, is_known=True)
    if plan.owners.when_away == "pool" and plan.owners.wait_at_most != Owners().wait_at_most:
        hint = "write `when_away: wait`, or delete it"
        report.warning((*loc, "owners", "wait_at_most"), "is never asked: no lead waits for its owner", hint)
    check_reach(loc, plan, rulebook.routing, report)
    check_needs(rulebook, line, plan, report)


def _named(plan: Plan) -> dict[str, str | None]:
    """The pools that a plan names beside its rules."""
    names = ("fallback", "on_error", "unspoken", "customers", "competitors")
    return {name: getattr(plan, name) for name in names}


def _check_target(rulebook: Rulebook, loc: Loc, rule: RoutingRule, report: Report) -> None:
    """A rule names a pool or a table; of named accounts, both."""
    routing = rulebook.routing
    report.reference((*loc, "territories"), "table of territories", rule.territories, routing.territories)
    report.reference((*loc, "accounts"), "table of accounts", rule.accounts, routing.accounts)
    if rule.territories is not None and rule.accounts is not None:
        report.error((*loc, "accounts"), "is a second table", "make two rules of it")
    elif rule.territories is not None and rule.pool is not None:
        report.error((*loc, "pool"), "is never used: the table says which", "delete one of the two")
    elif rule.pool is None and rule.territories is None and rule.accounts is None:
        hint = "add `pool: ...`, or `territories: ...` or `accounts: ...` with the name of a table"
        report.error(loc, "names no pool", hint)


def _check_pool(
    rulebook: Rulebook, line: str, loc: Loc, name: str | None, report: Report, *, is_known: bool = False
) -> None:
    """A pool must have somebody who sells the line and takes part. `is_known`: whether there is such a pool
    is asked elsewhere."""
    if is_known and name not in rulebook.routing.pools:
        return
    if not report.reference(loc, "pool", name, rulebook.routing.pools) or name is None:
        return
    pool = rulebook.routing.pools[name]
    if (pool.team or not pool.reps) and pool.team not in rulebook.roster.teams:
        return  # said where the pool stands
    if report.is_partial("reps") or report.is_partial("pools"):
        return  # whoever is missing here may be the one
    if not takers(rulebook, pool, line):
        report.error(
            loc,
            f"nobody in pool `{name}` can take a lead of line `{line}`",
            f"add a rep with `{line}` in lines, and weight and capacity above 0, or name another pool",
        )


def _check_ways_on(rulebook: Rulebook, report: Report) -> None:
    """A pool that follows another must have somebody for leads of a line whose plan chooses that."""
    lines: dict[str, list[str]] = {}
    ids = {id(pool): name for name, pool in rulebook.routing.pools.items()}
    for line, plan in rulebook.routing.plans.items():
        for _, pool, _ in choices(rulebook, plan):
            lines.setdefault(ids[id(pool)], []).append(line)
    for name, chosen in lines.items():
        for number, other in enumerate(rulebook.routing.pools[name].then):
            next_one = rulebook.routing.pools.get(other)
            if next_one and not any(takers(rulebook, next_one, line) for line in chosen):
                loc = ("routing", "pools", name, "then", number)
                _check_pool(rulebook, chosen[0], loc, other, report, is_known=True)


def _check_ids(loc: Loc, rules: Sequence[Rule | RoutingRule], report: Report) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.id in seen:
            report.error(
                (*loc, number, "id"), f"there is another rule `{rule.id}` here", "give each rule its own id"
            )
        seen.add(rule.id)
