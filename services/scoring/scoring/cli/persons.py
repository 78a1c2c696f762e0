"""`baton person`: one person shown, exported, erased, left alone, across all services, over HTTP."""

import json
from typing import Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import FoundNothing
from baton_cli.files import Force, Out, save
from baton_cli.leads import person_in
from baton_cli.moments import brief
from baton_cli.output import print_fields, print_json, print_line, progress
from baton_cli.stack import Service
from scoring.cli.merges import merges, undo_merge
from scoring.cli.whom import Reason, Who, Yes, find_person, read_who, refuse_naming

LEADS_AT_ONCE = 100
"""Leads that one request to the router or sla-monitor names, for the length of its address."""

person = command_group(
    help="One person: what is kept, a copy of it, erased everywhere, left alone, contacted again."
)


@person.command()
def show(who: Who, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Who it is and how much is kept of them."""
    with open_client(stack) as client:
        found = find_person(client, who)
    if as_json:
        print_json(found)
        return
    print_fields(_about(found))


@person.command()
def export(who: Who, reason: Reason, out: Out = None, force: Force = False, stack: StackFile = None) -> None:
    """Everything that all services keep of a person, as one JSON document."""
    with open_client(stack) as client:
        if out is None:
            print_json(_export(client, who, reason))
            return
        save(out, lambda: _as_text(_export(client, who, reason)), force=force)
    progress(f"Written to {out}. It holds personal data: pass it on safely, and delete it then.")


@person.command()
def erase(
    who: Who, reason: Reason, yes: Yes = False, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """Erase a person from every store; what of them is still in a spool is dropped when it drains."""
    with open_client(stack) as client:
        try:
            found = find_person(client, who)
        except FoundNothing:
            found = None
        refuse_naming(who, found, reason)
        _confirm(_warning(found), yes)
        done = client.post(Service.SCORING, "/v1/persons/erase", _order(who, reason))
    if as_json:
        print_json(done)
        return
    print_line(f"Erased {brief(done['at'])} UTC: {_counted(done['counts'])}.")
    print_line(
        "Router and sla-monitor follow within seconds. Topics, dead letters among them, forget within 13 "
        "days, and backups when theirs is over (docs/privacy.md)."
    )


@person.command()
def suppress(
    who: Who, reason: Reason, yes: Yes = False, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """Have nobody contact a person: their open leads are closed, the reps told why, no promise broken."""
    with open_client(stack) as client:
        found = find_person(client, who)
        refuse_naming(who, found, reason)
        leads = found["counts"]["open_leads"]
        _confirm(
            f"{_name(found)}: {_many(leads, 'open leads')} will be closed, and later ones not routed, unless "
            "the person asks again with a new consent.",
            yes,
        )
        done = client.post(Service.SCORING, "/v1/persons/suppress", _order(who, reason))
    _tell(done, f"Not to be contacted any more. To be closed: {_many(leads, 'open leads')}.", as_json=as_json)


@person.command()
def allow(who: Who, reason: Reason, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Have a person contacted again, from their next submission on."""
    with open_client(stack) as client:
        done = client.post(Service.SCORING, "/v1/persons/allow", _order(who, reason))
    _tell(done, "May be contacted again, from the next submission on.", as_json=as_json)


person.command()(merges)
person.command("undo-merge")(undo_merge)


def _order(who: str, reason: str) -> dict[str, str]:
    return {**read_who(who), "by": operator_name(), "reason": reason}


def _export(client: Client, who: str, reason: str) -> dict[str, Any]:
    """What each service keeps; scoring knows the leads by which the others find theirs."""
    told = client.post(Service.SCORING, "/v1/persons/export", _order(who, reason))
    document = {"exported_at": told["at"], "act_id": told["act_id"], "scoring": told["content"]}
    for service in (Service.ROUTER, Service.SLA_MONITOR):
        document[service.value] = _kept_elsewhere(client, service, told["person_id"], told["leads"])
    document["delivered_to"] = document[Service.ROUTER.value].pop("delivered_to", [])
    return document


def _as_text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _kept_elsewhere(
    client: Client, service: Service, person_id: str | None, leads: list[str]
) -> dict[str, Any]:
    if person_id is None:
        return {"leads": []}
    whole: dict[str, Any] = {}
    path, seen = f"/v1/persons/{person_id}/export", set()
    for first in range(0, max(len(leads), 1), LEADS_AT_ONCE):
        part = client.get(service, path, lead=leads[first : first + LEADS_AT_ONCE])
        found = whole.setdefault("leads", [])
        found += [each for each in part.pop("leads") if each.get("lead_id") not in seen]
        seen |= {each.get("lead_id") for each in found}
        whole |= part
    return whole


def _confirm(warning: str, yes: bool) -> None:
    if not yes:
        typer.confirm(f"{warning} Go on?", abort=True, err=True)


def _warning(found: dict[str, Any] | None) -> str:
    if found is None:
        return "Nothing is kept under that; what still waits in spools will be dropped."
    return f"{_name(found)}: {_counted(found['counts'])} will be gone for good."


def _name(found: dict[str, Any]) -> str:
    return person_in(found.get("profile") or {}) or "Somebody without a name"


def _counted(counts: dict[str, int]) -> str:
    shown = {name: number for name, number in counts.items() if number}
    return ", ".join(_many(number, name.replace("_", " ")) for name, number in shown.items()) or "nothing"


def _many(number: int, things: str) -> str:
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def _about(found: dict[str, Any]) -> dict[str, object]:
    since = found.get("suppressed_at")
    return {
        "person": found["person_id"],
        **{f"  {name}": value for name, value in (found.get("profile") or {}).items()},
        "contact": f"not since {brief(since)} UTC" if since else "allowed",
        **{name.replace("_", " "): number for name, number in found["counts"].items()},
        "lead ids": ", ".join(found["leads"]),
    }


def _tell(done: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        print_line(text)
