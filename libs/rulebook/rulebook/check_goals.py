"""What marketing promises: could anything ever count for a goal, and is it known what a lead counts."""

from collections.abc import Iterable, Iterator, Mapping

from lead_events.words import Quadrant
from rulebook.documents import Loc
from rulebook.models import Agreement, Goal, Rulebook
from rulebook.report import Report

_SAYS = {
    "points": ("points", "what a lead counts in points"),
    "money": ("value_minor", "what a lead is worth, in minor units"),
}
"""By what a goal is counted in: the key of marketing's side that says how much, and what it says."""


def check_goals(rulebook: Rulebook, loc: Loc, agreement: Agreement, report: Report) -> None:
    """Report goals for leads that there are not, and counts that nothing gives a number to."""
    side = (*loc, "marketing")
    for quadrant, goal in _short_goals(side, agreement):
        _check_sql(rulebook, quadrant, goal, report)
    for name, each in agreement.marketing.goals.items():
        here = (*side, "goals", name)
        _check_references(rulebook, here, each, report)
        _check_quadrants(rulebook, here, each, report)
        if each.counted_in in _SAYS:
            needed = _counting(rulebook, each)
            _check_numbers((*here, "counted_in"), agreement, each.counted_in, needed, report)
        if name in {quadrant.value for quadrant, number in agreement.marketing.leads.items() if number}:
            message = f"hides the goal that `leads` sets for {name}"
            report.error(here, message, "give it another name, or take the quadrant out of `leads`")
    works = agreement.sales.works
    if works is not None and works.money_minor is not None:
        needed = sql_quadrants(rulebook, ())
        _check_numbers((*loc, "sales", "works", "money_minor"), agreement, "money", needed, report)


def sql_quadrants(rulebook: Rulebook, lines: Iterable[str]) -> list[Quadrant]:
    """The quadrants that are SQLs for any of these lines; for any at all where none is named."""
    wanted = set(lines) or set(rulebook.scorecards)
    cards = [card for line, card in rulebook.scorecards.items() if line in wanted]
    return [each for each in Quadrant if any(each in card.sql_quadrants for card in cards)]


def _short_goals(side: Loc, agreement: Agreement) -> Iterator[tuple[Loc, Goal]]:
    """The goals of `leads`, each with its place."""
    for quadrant, number in agreement.marketing.leads.items():
        if number > 0:
            yield (*side, "leads", quadrant.value), Goal(goal=number, quadrants=[quadrant])


def _counting(rulebook: Rulebook, goal: Goal) -> list[Quadrant]:
    """The quadrants whose leads count for a goal."""
    found = sql_quadrants(rulebook, goal.lines)
    return [each for each in found if not goal.quadrants or each in goal.quadrants]


def _check_references(rulebook: Rulebook, loc: Loc, goal: Goal, report: Report) -> None:
    known: Mapping[str, tuple[list[str], Iterable[str]]] = {
        "line": (goal.lines, rulebook.lines),
        "segment": (goal.segments, rulebook.routing.segments),
        "source": (goal.sources, rulebook.sources),
    }
    for what, (names, among) in known.items():
        if what == "segment" and report.is_partial("pools"):
            continue
        for number, name in enumerate(names):
            report.reference((*loc, f"{what}s", number), what, name, among)


def _check_quadrants(rulebook: Rulebook, loc: Loc, goal: Goal, report: Report) -> None:
    for number, quadrant in enumerate(goal.quadrants):
        single = goal.model_copy(update={"quadrants": [quadrant]})
        _check_sql(rulebook, (*loc, "quadrants", number), single, report)


def _check_sql(rulebook: Rulebook, loc: Loc, goal: Goal, report: Report) -> None:
    """A lead counts when it becomes a SQL: of a quadrant that is none nothing is ever delivered."""
    known = any(line in rulebook.scorecards for line in goal.lines) or not goal.lines
    if not known or _counting(rulebook, goal) or not rulebook.scorecards or report.is_partial("rules"):
        return
    sqls = ", ".join(each.value for each in sql_quadrants(rulebook, goal.lines)) or "none"
    of = f" of line {', '.join(goal.lines)}" if goal.lines else ""
    report.error(
        loc,
        f"{goal.quadrants[0].value} leads are no SQLs{of}, so none is ever delivered",
        f"write one that is ({sqls}), or add it to `sql_quadrants` of the scorecard",
    )


def _check_numbers(
    loc: Loc, agreement: Agreement, counted_in: str, needed: list[Quadrant], report: Report
) -> None:
    """Each quadrant that counts has its points or its value, and not all of them nothing."""
    key, meaning = _SAYS[counted_in]
    given: Mapping[Quadrant, int] = getattr(agreement.marketing, key)
    lacking = [each.value for each in needed if each not in given]
    if report.is_partial("rules") or report.is_partial("agreements") or not needed:
        return
    if lacking:
        example = ", ".join(f"{each.value}: {given.get(each, '...')}" for each in needed)
        hint = f"write `{key}: {{{example}}}` under marketing: {meaning}, 0 for nothing"
        report.error(loc, f"nothing says what a {' or '.join(lacking)} lead counts", hint)
    elif not any(given[each] for each in needed):
        message = f"`{key}` is 0 for {', '.join(each.value for each in needed)}, so nothing ever counts"
        report.error(loc, message, f"write {meaning}, above 0 for one of them")
