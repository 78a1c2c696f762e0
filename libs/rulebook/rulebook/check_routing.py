"""Routing and scorecards: has every line a plan whose pools can take its leads."""

from collections.abc import Sequence

from rulebook.check_people import members
from rulebook.documents import Loc
from rulebook.models import Plan, RoutingRule, Rule, Rulebook
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
    used = {
        pool
        for plan in rulebook.routing.plans.values()
        for pool in (*_named(plan).values(), *(rule.pool for rule in plan.rules))
    }
    for name in rulebook.routing.pools:
        if name not in used and not report.is_partial("plans"):
            report.warning(
                ("routing", "pools", name), "is used by no plan", "name it in a plan, or delete it"
            )


def _is_hidden(line: str, collection: str, report: Report) -> bool:
    return report.is_ignored(line) or report.is_ignored(f"all {collection}")


def _check_plan(rulebook: Rulebook, line: str, plan: Plan, report: Report) -> None:
    loc: Loc = ("routing", "plans", line)
    report.reference(loc, "line", line, rulebook.lines)
    _check_ids((*loc, "rules"), plan.rules, report)
    for field, pool in _named(plan).items():
        _check_pool(rulebook, line, (*loc, field), pool, report)
    always = None
    for number, rule in enumerate(plan.rules):
        here = (*loc, "rules", number)
        _check_pool(rulebook, line, (*here, "pool"), rule.pool, report)
        if always is not None:
            report.error(
                here,
                f"is never reached: `{always}` before it always holds",
                "move it up, or delete one of the two",
            )
        elif rule.when.strip() == "true":
            always = rule.id


def _named(plan: Plan) -> dict[str, str | None]:
    """The pools that a plan names beside its rules."""
    return {
        "fallback": plan.fallback,
        "on_error": plan.on_error,
        "customers": plan.customers,
        "competitors": plan.competitors,
    }


def _check_pool(rulebook: Rulebook, line: str, loc: Loc, name: str | None, report: Report) -> None:
    """A pool must have somebody who sells the line and takes part."""
    if not report.reference(loc, "pool", name, rulebook.routing.pools) or name is None:
        return
    pool = rulebook.routing.pools[name]
    if (pool.team or not pool.reps) and pool.team not in rulebook.roster.teams:
        return  # said where the pool stands
    if report.is_partial("reps") or report.is_partial("pools"):
        return  # whoever is missing here may be the one
    if not any(
        line in rep.lines and rep.weight > 0 and rep.capacity > 0 for rep in members(rulebook, pool).values()
    ):
        report.error(
            loc,
            f"nobody in pool `{name}` can take a lead of line `{line}`",
            f"add a rep with `{line}` in lines, and weight and capacity above 0, or name another pool",
        )


def _check_ids(loc: Loc, rules: Sequence[Rule | RoutingRule], report: Report) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.id in seen:
            report.error(
                (*loc, number, "id"), f"there is another rule `{rule.id}` here", "give each rule its own id"
            )
        seen.add(rule.id)
