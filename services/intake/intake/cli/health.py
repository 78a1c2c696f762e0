"""`baton form health`: how the forms are, as scoring has counted them and intake serves them, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.moments import brief_utc
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table
from baton_cli.stack import Service
from intake.cli.served import Served, faults, refused, served_forms

_FORM = typer.Argument(metavar="FORM", help="A form's id, for its fields; without it, all forms.")


def health(
    form: Annotated[str | None, _FORM] = None, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """How forms are: last submission, how often each field is filled, unknown fields, alerts, faults.

    Exit code 1 when an alert is open or intake has no value for a form's secret.
    """
    path = f"/v1/forms/{form}/health" if form is not None else "/v1/forms/health"
    with open_client(stack) as client:
        answer = client.get(Service.SCORING, path)
        served = served_forms(client)
    forms = [answer] if form is not None else answer["forms"]
    for each in forms:
        _add_what_intake_tells(each, served)
    if as_json:
        print_json(answer)
    elif form is None:
        _show_all(answer["forms"])
    else:
        _show_one(answer)
    if any(each["alerts"] or each["faults"] for each in forms):
        raise typer.Exit(1)


def _add_what_intake_tells(form: dict[str, Any], served: Served) -> None:
    """A form that intake cannot serve as it should shows nowhere in what scoring has received."""
    form["faults"] = faults(served, form["form"])
    form["refused"] = refused(served, form["form"])


def _troubles(form: Mapping[str, Any]) -> list[str]:
    return [*form["faults"], *filter(None, [form["refused"]])]


def _show_all(forms: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["form"],
            brief_utc(each["last_at"]) if each["last_at"] else "never",
            each["submissions"],
            each["quarantined"],
            _imported(each),
            "\n".join(_in_short(each)) or "well",
        )
        for each in forms
    ]
    columns = ["form", "last submission", "submissions", "quarantined", "from files", "health"]
    print_table(columns, rows, optional=["from files"])
    troubles = [trouble for each in forms for trouble in _troubles(each)]
    if troubles:
        print_line()
    for trouble in troubles:
        print_line(trouble)


def _imported(form: Mapping[str, Any]) -> str | None:
    """What came from files, which is no submission of the form's page or tool."""
    known = form.get("imported")
    if not known:
        return None
    files = f"{known['files']} file{'s' * (known['files'] != 1)}"
    return f"{known['rows']} rows of {files}, last {brief_utc(known['last_at'])}"


def _in_short(form: Mapping[str, Any]) -> list[str]:
    told = [alert["subject"].removeprefix("[Baton] ") for alert in form["alerts"]]
    if form["faults"]:
        told.append("a secret is missing at intake, see below")
    if form["refused"]:
        told.append("posts are refused, see below")
    if form["quarantined"]:
        told.append(f"{form['quarantined']} wait: baton quarantine list --form {form['form']}")
    return told


def _waiting(form: Mapping[str, Any]) -> str:
    """How many wait for a decision, and where to read why."""
    command = f"baton quarantine list --form {form['form']}"
    return f"{form['quarantined']}: {command} says why" if form["quarantined"] else "0"


def _show_one(one: dict[str, Any]) -> None:
    silence = one["silence"]
    print_fields(
        {
            "form": f"{one['form']} ({one['name']})",
            "last submission": brief_utc(one["last_at"]) if one["last_at"] else "never",
            "submissions": one["submissions"],
            "quarantined": _waiting(one),
            "from files": _imported(one),
            "silence": _silence(one, silence),
        }
    )
    print_line()
    columns = ["field", "read from", "filled", "usually", "empty running", "since"]
    print_table(columns, [_field(each) for each in one["fields"]], optional=["empty running", "since"])
    if one["unmapped"]:
        print_line()
        print_heading("Fields that nothing reads")
        rows = [
            (
                each["field"],
                each["looks_like"],
                each["count"],
                brief_utc(each["first_at"]),
                brief_utc(each["last_at"]),
            )
            for each in one["unmapped"]
        ]
        print_table(["field", "looks like", "count", "first", "last"], rows)
    _show_unread(one)
    for trouble in _troubles(one):
        print_line()
        print_line(trouble)
    for alert in one["alerts"]:
        print_line()
        print_heading(alert["subject"])
        print_line(alert["text"].rstrip())
        for told in _told(alert.get("deliveries", [])):
            print_line(told)


def _show_unread(one: Mapping[str, Any]) -> None:
    """Values that were sent and mean nothing here, such as a country that is none."""
    found = one.get("unread")
    if not found:
        return
    print_line()
    print_heading("Values that could not be used, of the newest submissions")
    rows = [(each["flag"], each["submissions"], brief_utc(each["last_at"])) for each in found]
    print_table(["what", "submissions", "last"], rows)
    print_line("`baton submission ID` shows one; `baton form test` tells how a form reads one.")


def _told(deliveries: list[dict[str, Any]]) -> list[str]:
    """Whether the newest message about an alert arrived, a line a channel."""
    if not deliveries:
        return ["Nobody was told: alerts.yaml of the rulebook names no channel (docs/alerts.md)."]
    return [f"Told by {each['channel']}: {_fate(each)}" for each in deliveries]


def _fate(delivery: dict[str, Any]) -> str:
    if delivery["state"] == "delivered":
        return f"arrived {brief_utc(delivery['ended_at'])}"
    stands = "waits" if delivery["state"] == "pending" else "given up"
    reasons = (str(delivery.get("outcome") or "not tried yet").replace("_", " "), delivery.get("detail"))
    return f"{stands}, {': '.join(filter(None, reasons))}"


def _silence(one: dict[str, Any], silence: dict[str, Any]) -> str:
    if not one["alert_on_silence"]:
        return "not watched (alert_on_silence: false)"
    if not silence["pattern"]:
        return "not watched yet: it takes four weeks with two submissions each on average"
    told = f"{silence['expected_since_last']:.1f} submissions overdue; usual at most {silence['usual']:.1f}"
    return f"{told}, too long" if silence["too_long"] else told


def _field(each: dict[str, Any]) -> tuple[object, ...]:
    return (
        each["field"],
        ", ".join(each["read_from"]),
        _share(each["fill_rate"]),
        _share(each["usual_fill_rate"]),
        each["empty_running"] or None,
        brief_utc(each["empty_since"]) if each["empty_since"] else None,
    )


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"
