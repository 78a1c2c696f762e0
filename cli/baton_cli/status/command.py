"""How `baton status` shows the survey."""

from typing import Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table
from baton_cli.stack import Service
from baton_cli.status.survey import Survey

SECONDS_TO_ANSWER = 10.0


def status(stack: StackFile = None, as_json: AsJson = False) -> None:
    """How everything is: addresses, demo credentials, versions, lag, spool, held, dead letters, conservation.

    Exit code 1 when something is wrong: a service away or not ready, a consumer standing still, dead letters,
    records unaccounted for.
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
    _show_credentials(document["credentials"])
    _show_work(document)
    _show_ledger(document["conservation"])
    print_line()
    if document["ok"]:
        print_heading("All is well.")
    else:
        print_heading("Something is wrong:")
        for problem in document["problems"]:
            print_line(f"  {problem}")


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


def _show_credentials(credentials: dict[str, Any]) -> None:
    print_line()
    print_heading("Demo credentials")
    print_fields({"operator token": credentials["operator_token"]})
    rows = [("rep", name, rep.get("name"), rep.get("token")) for name, rep in credentials["reps"].items()]
    rows += [("form", name, form.get("name"), form.get("key")) for name, form in credentials["forms"].items()]
    if rows:
        print_table(["", "id", "name", "token or key"], rows)


def _show_work(document: dict[str, Any]) -> None:
    print_line()
    print_heading("Waiting")
    held, spool = document["held"] or {}, document["spool"] or {}
    reasons = ", ".join(f"{count} {reason}" for reason, count in held.get("by_reason", {}).items())
    states = ", ".join(
        f"{spool[state]} {state}" for state in ("pending", "refused", "written") if state in spool
    )
    print_fields(
        {
            "spool": states or "unknown",
            "held leads": f"{held.get('total', 'unknown')}{f' ({reasons})' if reasons else ''}",
            "dead letters": str(document["dead_letters"]["total"]),
        }
    )


def _show_ledger(conservation: dict[str, Any]) -> None:
    print_line()
    print_heading(f"Conservation: {conservation['unaccounted']} unaccounted for")
    rows = [_ledger_row(hop) for hop in conservation["hops"]]
    print_table(["hop", "topic", "in", "became", "repeats", "dead letters", "unaccounted"], rows)


def _ledger_row(hop: dict[str, Any]) -> tuple[object, ...]:
    """A consumer's hop has `read` and `effects`, the spool's has `written` and what became of it."""
    effects = hop.get("effects") or {kind: hop.get(kind) for kind in ("drained", "pending", "refused")}
    became = ", ".join(f"{count} {kind}" for kind, count in effects.items() if count)
    came_in = hop.get("read", hop.get("written"))
    fate = (hop.get("repeats"), hop.get("dead_letters"), hop["unaccounted"])
    return hop["hop"], hop.get("topic"), came_in, became, *fate
