"""What the router offers to the `baton` command about leads by hand: who has one, locks, what waits."""

from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, LeadName, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.identities import ACT, DECLINE, whole_id
from baton_cli.leads import find_lead
from baton_cli.moments import brief
from baton_cli.output import print_json, print_line, print_table
from baton_cli.stack import Service
from router.cli.own_leads import own
from router.cli.pauses import pause, resume
from router.cli.repairs import repairs
from router.cli.why import hold_in_words

lead = command_group(help="Leads by hand: give, move, lock and pause them; declines and repairs.")
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; kept with the order.")]
Force = Annotated[bool, typer.Option("--force", help="Over the rep's capacity, and over another's lock.")]
RepName = Annotated[str, typer.Argument(metavar="REP", help="A rep's id; `baton rep list` lists them.")]


lead.command("own")(own)
lead.command("pause")(pause)
lead.command("resume")(resume)
lead.command("repairs")(repairs)


@lead.command("assign")
def assign(
    lead: LeadName,
    rep: RepName,
    why: Why,
    force: Force = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a lead that waits, or that another has, to a rep."""
    _order(lead, "assign", {"rep": rep, "reason": why, "force": force}, stack, as_json=as_json)


@lead.command("lock")
def lock(
    lead: LeadName, why: Why, force: Force = False, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """Lock a lead to its rep: no rule, breach or absence moves it."""
    _order(lead, "lock", {"reason": why, "force": force}, stack, as_json=as_json)


@lead.command("unlock")
def unlock(
    lead: LeadName, why: Why, force: Force = False, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """Lift a lock."""
    _order(lead, "unlock", {"reason": why, "force": force}, stack, as_json=as_json)


@lead.command("reassign")
def reassign(
    why: Why,
    leads: Annotated[
        list[str] | None, typer.Argument(metavar="[LEAD]...", help="Leads; else all of --from.")
    ] = None,
    of: Annotated[str | None, typer.Option("--from", metavar="REP", help="Whose leads.")] = None,
    to: Annotated[str | None, typer.Option(metavar="REP", help="By default the rules choose.")] = None,
    unanswered: Annotated[bool, typer.Option(help="Of --from: only leads without any answer.")] = False,
    force: Force = False,
    yes: Annotated[bool, typer.Option("--yes", help="Move them; else they are only listed.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Move leads of a rep, or those named, to another rep or back to the rules; lists them unless --yes.

    Exit code 1 when some were not moved.
    """
    if not leads and of is None:
        raise BadUsage("Name leads, or write whose with --from REP.")
    body = {"from_rep": of, "to": to, "unanswered": unanswered, "force": force, "reason": why}
    with open_client(stack) as client:
        named = [find_lead(client, each) for each in leads or []]
        sent = {**body, "leads": named, "dry_run": not yes}
        answer = client.post(
            Service.ROUTER, "/v1/leads/reassign", sent, headers={"X-Operator": operator_name()}
        )
    if as_json:
        print_json(answer)
    elif answer["dry_run"]:
        _show_listed(answer)
    else:
        _show_moved(answer)
    if answer.get("refused"):
        raise typer.Exit(1)


@lead.command("declines")
def declines(stack: StackFile = None, as_json: AsJson = False) -> None:
    """Declines above the number a week, which wait for a team lead."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, "/v1/declines"), "declines")
    if as_json:
        print_json({"declines": found})
    elif found:
        columns = ["decline", "lead", "rep", "asked (UTC)", "accept by", "code", "reason"]
        print_table(columns, [_decline_row(each) for each in found], optional=["accept by", "code"])
    else:
        print_line("No decline waits for a word.")


@lead.command("decline")
def decline(
    decline: Annotated[
        str,
        typer.Argument(help="Its id, or the beginning of it; `baton lead declines` lists them."),
    ],
    confirm: Annotated[bool, typer.Option("--confirm/--refuse", help="Somebody else gets it, or it stays.")],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Confirm or refuse a decline."""
    with open_client(stack) as client:
        identity = whole_id(client, DECLINE, decline, least=ACT)
        path = f"/v1/declines/{identity}/{'confirm' if confirm else 'refuse'}"
        answer = client.post(Service.ROUTER, path, {}, headers={"X-Operator": operator_name()})
    if as_json:
        print_json(answer)
    else:
        print_line(f"The decline of {answer['rep_id']} is {answer['state']}.")


def _order(lead: str, what: str, body: dict[str, Any], stack: StackFile, *, as_json: bool) -> None:
    """Send an order with the round that the lead has now: who is faster is not overruled unseen."""
    with open_client(stack) as client:
        identity = find_lead(client, lead)
        sent = {**body, "round": _round(client, identity)}
        headers = {"X-Operator": operator_name()}
        answer = client.post(Service.ROUTER, f"/v1/leads/{identity}/{what}", sent, headers=headers)
    if as_json:
        print_json(answer)
        return
    lock = f", locked by {answer['locked_by']}" if answer["locked_by"] else ""
    print_line(f"{identity} is with {answer['rep_id'] or 'nobody'}, round {answer['round']}{lock}.")
    for each in answer["told"]:
        print_line(each)


def _round(client: Client, identity: str) -> int:
    return int(client.get(Service.ROUTER, f"/v1/leads/{identity}")["round"])


def _show_listed(answer: dict[str, Any]) -> None:
    rows = [
        (each["lead_id"], each["line"], each["quadrant"], each["rep_name"], each["locked_by"])
        for each in answer["leads"]
    ]
    if not rows:
        print_line("There is no such lead to move.")
        return
    print_table(["lead", "line", "quadrant", "with", "locked by"], rows, optional=["locked by"])
    print_line(f"{len(rows)} to move{_left(answer)}; --yes moves them.")


def _show_moved(answer: dict[str, Any]) -> None:
    rows = [(each["lead_id"], each.get("rep_id"), each["why"] or _waits(each)) for each in answer["leads"]]
    if rows:
        print_table(["lead", "now with", "note"], rows, optional=["note"])
    print_line(f"{answer['moved']} moved, {answer['refused']} not{_left(answer)}.")


def _waits(moved: dict[str, Any]) -> str | None:
    """Of a lead that the rules could give to nobody now."""
    return f"waits: {hold_in_words(moved['waits'])}" if moved.get("waits") else None


def _left(answer: dict[str, Any]) -> str:
    return f", {answer['left']} more after these" if answer["left"] else ""


def _decline_row(each: dict[str, Any]) -> tuple[object, ...]:
    moments = brief(each["at"]), brief(each["accept_by"])
    return each["id"], each["lead_id"], each["rep_name"], *moments, each["code"], each["reason"]
