"""A month's figures by name, as the report calls them, and the same of the model's figures."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.model.figures import Figures
from tests.model.promises import Kept

Flat = dict[str, float]


def of_model(figures: Figures) -> Flat:
    """The model's figures by name."""
    found: dict[str, Fraction | int] = {}
    for name, goal in figures.goals.items():
        found |= {
            f"goal {name} delivered": goal.delivered,
            f"goal {name} taken off": goal.taken_off,
            f"goal {name} net": goal.net,
        }
    found["due to be worked"] = len(figures.to_be_worked)
    found["worked"] = sum(each.is_worked for each in figures.to_be_worked)
    for kept in figures.promises:
        name = counted_as(figures, kept)
        found[name] = found.get(name, 0) + 1
    for each in figures.deliveries:
        for name in (f"SQLs by first source {each.first_source}", f"SQLs by last source {each.source}"):
            found[name] = found.get(name, 0) + 1
    found["revenue"] = figures.revenue
    found |= {f"apart {currency}": minor for currency, minor in figures.apart.items()}
    return {name: float(value) for name, value in sorted(found.items()) if value}


def counted_as(figures: Figures, kept: Kept) -> str:
    """Under which name a promise is counted at its deadline."""
    if kept.id in figures.excused:
        return f"{kept.kind} excused"
    if kept.id in figures.above:
        return f"{kept.kind} {'late ' if kept.state == 'broken' else ''}above volume"
    return f"{kept.kind} {kept.state}"


def of_report(report: Mapping[str, Any]) -> Flat:
    """The same of a month's report (JSON)."""
    found: Flat = {}
    for goal in report["marketing"]["goals"]:
        for name in ("delivered", "taken_off", "net"):
            found[f"goal {goal['id']} {name.replace('_', ' ')}"] = goal[name]
    works = report["sales"]["works"]
    if works is not None:
        found |= {"due to be worked": works["due"], "worked": works["worked"]}
    for each in report["sales"]["promises"]:
        kind = each["kind"]
        found[f"{kind} kept"] = each["kept"]
        found[f"{kind} above volume"] = each["above_volume"]
        found[f"{kind} late above volume"] = each["late_above_volume"]
        found[f"{kind} excused"] = each["excused_by_objection"] + each["excused_by_incident"]
        found[f"{kind} broken"] = sum(each["broken"].values())
    for which in ("first", "last"):
        for each in report["sources"].get(which, ()):
            found[f"SQLs by {which} source {each['id']}"] = each["sqls_in_all"]
    found["revenue"] = report["sources"]["revenue_minor"]
    found |= {f"apart {each['currency']}": each["minor"] for each in report["sources"]["foreign"]}
    return {name: float(value) for name, value in sorted(found.items()) if value}
