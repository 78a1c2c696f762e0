"""Rules of a plan that no lead ever reaches, because those before them take all of theirs."""

from rulebook.cases import can_hold, covered_by
from rulebook.cel import ConditionInvalid, compile_condition
from rulebook.context import routing_variables
from rulebook.documents import Loc
from rulebook.implication import ALWAYS, Case, Fact, cases_of
from rulebook.models import Plan, Routing, RoutingRule, Territory
from rulebook.report import Report

HINT = "move it up, or delete one of the two"
MOST_PLACES = 512
"""Of a rule with more cases, counted for each country of its table, all countries are taken for possible."""


def check_reach(loc: Loc, plan: Plan, routing: Routing, report: Report) -> None:
    """Report each rule that is never reached; `loc` is that of the plan."""
    before: list[tuple[RoutingRule, tuple[Case, ...]]] = []
    for number, rule in enumerate(plan.rules):
        cases = _cases(rule, routing)
        if cases is None:
            continue
        here = (*loc, "rules", number)
        possible = [case for case in cases if can_hold(case)]
        if not possible:
            _tell_of_nobody((*here, "when"), rule, report)
            continue
        barring = [(each.id, known) for each, known in before if _bars(each, rule, routing)]
        found = [covered_by(case, barring) for case in _in_countries(possible, rule, routing)]
        names = list(dict.fromkeys(name for each in found if each is not None for name in each))
        if None not in found:
            report.error(here, _said(names, barring), _hint(names, before, routing))
        before.append((rule, cases))


def _tell_of_nobody(loc: Loc, rule: RoutingRule, report: Report) -> None:
    """A rule for no lead; one that says nothing but false was switched off."""
    if rule.when.strip() == "false":
        report.warning(loc, "is false: the rule is for no lead", "delete the rule, or write what it is for")
    else:
        hint = "write `||` where one of several is meant, and limits that a value can lie between"
        report.error(loc, "can hold for no lead: what it asks for cannot be so at once", hint)


def _said(names: list[str], barring: list[tuple[str, tuple[Case, ...]]]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    if len(names) == 1 and dict(barring).get(names[0]) == ALWAYS:
        return f"is never reached: {listed} before it always holds"
    return f"is never reached: {listed} before it {'hold' if len(names) > 1 else 'holds'} for all its leads"


def _hint(names: list[str], before: list[tuple[RoutingRule, tuple[Case, ...]]], routing: Routing) -> str:
    """What to do about it; of a table that knows every lead, which of its rows does."""
    for rule, _ in before:
        row = _everywhere(rule, routing)
        if rule.id in names and row is not None:
            line = f"line {row.line_number} of " if row.line_number else "a row of "
            where = f"{line}territories/{rule.territories}.csv"
            return f"move it up, or delete the row: {where} holds for every lead"
    return HINT


def _in_countries(cases: list[Case], rule: RoutingRule, routing: Routing) -> list[Case]:
    """The cases of a rule in each country that its table speaks of, where every row names one."""
    rows = routing.territories.get(rule.territories or "", [])
    countries = {row.country for row in rows}
    if not rows or None in countries or len(cases) * len(countries) > MOST_PLACES:
        return cases
    facts = [Fact(("lead", ".", "country"), "==", each) for each in sorted(filter(None, countries))]
    found = [case | {fact} for case in cases for fact in facts]
    return [case for case in found if can_hold(case)] or cases


def _everywhere(rule: RoutingRule, routing: Routing) -> Territory | None:
    """The row of the rule's table that holds for every lead."""
    rows = routing.territories.get(rule.territories or "", ())
    return next((row for row in rows if not any(_speaks_of(row))), None)


def _speaks_of(row: Territory) -> tuple[str | None, ...]:
    return row.country, row.region, row.postcode_from, row.postcode_to, row.language


def _cases(rule: RoutingRule, routing: Routing) -> tuple[Case, ...] | None:
    """None for a condition that cannot be compiled or taken apart."""
    try:
        compile_condition(rule.when, routing_variables(routing.segments))
    except ConditionInvalid:
        return None
    return cases_of(rule.when, routing.segments)


def _bars(before: RoutingRule, rule: RoutingRule, routing: Routing) -> bool:
    """Whether no lead comes past the first rule, where it holds, to the second."""
    tables = [(each.territories, each.accounts) for each in (before, rule)]
    if tables[0] != (None, None):
        is_same = tables[0] == tables[1] and before.pool == rule.pool
        return is_same or (_everywhere(before, routing) is not None and _gives_to_all(before, routing))
    purpose = _purpose(before, routing)
    return before.pool is not None and purpose in (None, _purpose(rule, routing))


def _gives_to_all(rule: RoutingRule, routing: Routing) -> bool:
    """Whether no row of the rule's table is for partners, who get some leads only."""
    pools = {row.pool for row in routing.territories.get(rule.territories or "", ())}
    return all(routing.pools[name].partner_consent is None for name in pools if name in routing.pools)


def _purpose(rule: RoutingRule, routing: Routing) -> str | None:
    """What a lead must have consented to before the rule's own pool may have it."""
    pool = routing.pools.get(rule.pool or "")
    return pool.partner_consent if pool is not None else None
