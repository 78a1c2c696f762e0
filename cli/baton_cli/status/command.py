"""How `baton status` shows the survey."""

from textwrap import wrap
from typing import Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table
from baton_cli.stack import Service
from baton_cli.status.messages import in_short
from baton_cli.status.survey import Survey

SECONDS_TO_ANSWER = 10.0
BECAME = 23
"""Characters of the column that says what records became; the table then fits 80."""


def status(stack: StackFile = None, as_json: AsJson = False) -> None:
    """How everything is: addresses, forms, versions, lag, what waits, dead letters, what is unaccounted for.

    Exit code 1 when something is wrong: a service away or not ready, a consumer standing still, dead
    letters, records unaccounted for, a form whose secret intake has no value for or whose vendor hands
    out no leads, messages that have waited for ten minutes, a service without the rulebook in force
    because it refused it. Submissions in quarantine, open objections, months that wait for a signature
    and versions of the rulebook that were refused are told and are no fault. One instance of each service
    is asked. --json has the demo credentials, too.
    """
    with open_client(stack, timeout=SECONDS_TO_ANSWER) as client:
        for service in Service:
            client.stack.address(service)
        document = Survey(client).take()
    if as_json:
        print_json(document)
    else:
        _show(document)
    if not document["ok"]:
        raise typer.Exit(1)


def _show(document: dict[str, Any]) -> None:
    _show_services(document)
    _show_forms(document["forms"])
    _show_credentials(document)
    _show_work(document)
    _show_ledger(document["conservation"])
    print_line()
    notes = document["notes"]
    if document["ok"]:
        print_heading("Nothing is wrong. To look at:" if notes else "All is well.")
    else:
        print_heading("Something is wrong:")
        for problem in document["problems"]:
            print_line(f"  {problem}")
        if notes:
            print_heading("To look at:")
    for note in notes:
        print_line(f"  {note}")


def _show_services(document: dict[str, Any]) -> None:
    print_heading("Services")
    versions, lag = document["versions"], document["lag"]
    rows = []
    for service in Service:
        found = document["services"][service.value]
        behind = sum(lag.get(service.value, {}).get("behind", {}).values())
        state = "ready" if found["ready"] else "not ready" if found["answers"] else "away"
        version = versions["services"].get(service.value)
        rows.append((service.spoken, document["addresses"][service.value], state, version, behind))
    print_table(["service", "address", "state", "version", "records behind"], rows)
    print_fields(
        {
            "Kafka": document["addresses"].get("kafka"),
            "rulebook version": versions.get("rulebook"),
            "started at": document["started_at"],
        }
    )


def _show_forms(forms: dict[str, Any] | None) -> None:
    """Those in force; their keys stand in web pages and are no secrets."""
    if not forms:
        return
    print_line()
    print_heading("Forms")
    rows = [(name, form["name"], form["status"], form["key"]) for name, form in forms.items()]
    print_table(["form", "name", "status", "key"], rows)


def _show_credentials(document: dict[str, Any]) -> None:
    """Where the tokens are, not the tokens: this is shown on screens and pasted into chats."""
    reps = document["credentials"]["reps"]
    print_line()
    print_heading("Credentials")
    if document["stack_file"] is None:
        print_line("The operator token comes from BATON_OPERATOR_TOKEN.")
    else:
        whose = f" and those of {len(reps)} rep{'s' * (len(reps) != 1)}" if reps else ""
        print_line(f"The operator's token{whose}: {document['stack_file']}, or `baton status --json`.")


def _show_work(document: dict[str, Any]) -> None:
    print_line()
    print_heading("Waiting")
    held, spool = document["held"] or {}, document["spool"] or {}
    agreement = document["agreement"] or {}
    months = [each["period"] for each in agreement.get("months", ())]
    states = ", ".join(
        f"{spool[state]} {state}" for state in ("pending", "refused", "written") if state in spool
    )
    print_fields(
        {
            "spool": states or "unknown",
            "held leads": _counted(held),
            "quarantine": _counted(document["quarantine"] or {}),
            "messages": in_short(document["messages"]) or "unknown",
            "dead letters": str(document["dead_letters"]["total"]),
            "open objections": str(agreement.get("objections", "unknown")),
            "months to sign": ", ".join(months) or ("none" if agreement else "unknown"),
        }
    )


def _counted(waiting: dict[str, Any]) -> str:
    reasons = ", ".join(
        f"{count} {reason.replace('_', ' ')}" for reason, count in waiting.get("by_reason", {}).items()
    )
    more = " or more" if waiting.get("is_more") else ""
    return f"{waiting.get('total', 'unknown')}{more}{f' ({reasons})' if reasons else ''}"


def _show_ledger(conservation: dict[str, Any]) -> None:
    print_line()
    print_heading(f"Conservation: {conservation['unaccounted']} unaccounted for")
    rows = [_ledger_row(hop) for hop in conservation["hops"]]
    print_table(["hop,\ntopic", "in", "became", "repeats", "dead\nletters", "unac-\ncounted"], rows)


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def _ledger_row(hop: dict[str, Any]) -> tuple[object, ...]:
    """A consumer's hop has `read` and `effects`, the spool's has `written` and what became of it."""
    effects = hop.get("effects") or {kind: hop.get(kind) for kind in ("drained", "pending", "refused")}
    became = wrap(", ".join(f"{count} {_plain(kind)}" for kind, count in effects.items() if count), BECAME)
    came_in = hop.get("read", hop.get("written"))
    fate = (hop.get("repeats"), hop.get("dead_letters"), hop["unaccounted"])
    name = "\n".join(filter(None, (hop["hop"], hop.get("topic"))))
    return name, came_in, "\n".join(became), *fate
