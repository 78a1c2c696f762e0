"""A report in the terminal: its main figures, each side's tables, and what is on trial."""

from collections.abc import Mapping, Sequence
from typing import Any

from baton_cli.output import print_fields, print_heading, print_line, print_table, progress

GOALS = ["goal", "agreed", "delivered", "taken off", "net", "share"]
PACE = ["due by now", "ahead"]
PROMISES = ["promise", "kept", "broken by sales", "by others", "excused", "kept by sales"]
Found = Mapping[str, Any]


def show_month(found: Found) -> None:
    """The month in short, as the service answers it."""
    _show_head(found)
    _under("Marketing's side")
    pace = {each["goal"]: each for each in found["marketing"]["pace"]}
    currency = found["head"]["currency"]
    rows = [
        (*_goal(each, currency), *_pace(pace.get(each["id"]), currency))
        for each in found["marketing"]["goals"]
    ]
    print_table(GOALS + PACE, rows)
    _under("Sales' side")
    print_table(PROMISES, map(_promise, found["sales"]["promises"]))
    for each in found["trials"]:
        _show_trial(each, currency)
    progress("The whole report: --html FILE, --csv FILE, or --json")


def _show_head(found: Found) -> None:
    head, works = found["head"], found["sales"]["works"]
    print_fields(
        {
            "month": f"{head['month']} ({head['state']})",
            "agreement": head["agreement_name"] or "none binds",
            "leads worked in time": f"{works['worked']} of {works['due']}",
            "revenue": _revenue(found["sources"], head["currency"]),
            "win rate": _share(found["speed"]["win_rate"]),
        }
    )


def _under(heading: str) -> None:
    print_line()
    print_heading(heading)


def _goal(each: Found, currency: str) -> Sequence[object]:
    amounts = (each["goal"], each["delivered"], each["taken_off"], each["net"])
    told = (_counted(amount, each["counted_in"], currency) for amount in amounts)
    return each["id"], *told, _share(each["share"])


def _counted(amount: float, unit: str, currency: str) -> str:
    """An amount in the unit of its goal."""
    if unit == "money":
        return _money(round(amount), currency)
    return f"{_number(amount)} points" if unit == "points" else _number(amount)


def _pace(pace: Found | None, currency: str) -> Sequence[object]:
    if pace is None:
        return "-", "-"
    due, ahead = (
        _counted(amount, pace["counted_in"], currency)
        for amount in (pace["due"], round(pace["ahead"], 2) or 0.0)
    )
    return due, f"+{ahead}" if pace["ahead"] >= 0.005 else ahead


def _promise(each: Found) -> Sequence[object]:
    return (
        each["kind"].replace("_", " "),
        each["kept"],
        each["broken_by_sales"],
        each["broken_in_all"] - each["broken_by_sales"],
        each["excused_by_objection"] + each["excused_by_incident"],
        _share(each["share_kept"]),
    )


def _show_trial(each: Found, currency: str) -> None:
    """What would have come of an agreement that binds nobody."""
    teams = ", ".join(each["teams"]) or "all teams"
    _under(f"On trial: {each['name']} ({teams})")
    if each["goals"]:
        print_table(GOALS, [_goal(goal, currency) for goal in each["goals"]])
    if each["goals"] and each["promises"]:
        print_line()
    if each["promises"]:
        print_table(PROMISES, map(_promise, each["promises"]))
    if not each["goals"] and not each["promises"]:
        print_line("nothing due yet")


def show_source(found: Found) -> None:
    """Each touch of a source, as the service answers it."""
    returnable = found["returnable"]
    worth = found["returnable_minor"]
    print_fields(
        {
            "source": found["name"],
            "month": found["month"],
            **found["counts"],
            "may be given back": f"{returnable}, {_money(worth, found['currency'])}" if worth else returnable,
        }
    )
    print_line()
    rows = [
        (
            each["at"][:16].replace("T", " "),
            each["lead_id"],
            each["verdict"],
            each["reason"],
            each["duplicate_of"],
            each["evidence"] or each["proof"],
            each["in_window"],
            each["is_returnable"],
        )
        for each in found["touches"]
    ]
    columns = [
        "when (UTC)",
        "lead",
        "result",
        "reason",
        "duplicate of",
        "proof",
        "in window",
        "may be given back",
    ]
    print_table(columns, rows, optional=columns[3:6])


def _revenue(sources: Found, currency: str) -> str:
    later = sources["corrections_minor"]
    told = f", corrections {'+' if later > 0 else ''}{_money(later, currency)}" if later else ""
    return _money(sources["revenue_minor"], currency) + told


def _share(part: float | None) -> str:
    from sla_monitor.reports.words import short_of

    return "-" if part is None else f"{short_of(part):.1%}"


def _number(figure: float) -> str:
    return f"{figure:,.2f}".rstrip("0").rstrip(".")


def _money(minor: int, currency: str) -> str:
    from lead_events.money import minor_digits

    digits = minor_digits(currency)
    return f"{minor / 10**digits:,.{digits}f} {currency}"
