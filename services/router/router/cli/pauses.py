"""`baton lead pause` and `baton lead resume`: a rep lets promises of a lead stand still, and run on."""

from datetime import datetime
from typing import Annotated, Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, LeadName, StackFile
from baton_cli.errors import BadUsage
from baton_cli.leads import find_lead
from baton_cli.output import print_json, print_line
from baton_cli.stack import Service
from router.cli.own_token import OwnToken, own_token

RepName = Annotated[str, typer.Argument(metavar="REP", help="Who has the lead; a rep's id.")]
Key = Annotated[str | None, typer.Option(help="Said again with the same key, it is done once.")]


def pause(
    lead: LeadName,
    rep: RepName,
    code: Annotated[str, typer.Option(help="A reason that the agreement's `pauses` names.")],
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="In the rep's own words.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="As 2030-01-31T09:00+01:00; else until resumed.")
    ] = None,
    key: Key = None,
    token: OwnToken = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Pause a lead for a rep: promises that the agreement names with the reason stand still."""
    body = {"code": code, "reason": why, "until": _moment(until)}
    sent = {name: value for name, value in body.items() if value is not None}
    _do(lead, rep, "pause", sent, key, token, stack, as_json=as_json)


def resume(
    lead: LeadName,
    rep: RepName,
    key: Key = None,
    token: OwnToken = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """End every pause of a rep's lead: what stood still runs on with what was left."""
    _do(lead, rep, "resume", {}, key, token, stack, as_json=as_json)


def _moment(until: str | None) -> str | None:
    """Raises BadUsage for what is no moment with its offset."""
    if until is None:
        return None
    try:
        at = datetime.fromisoformat(until)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadUsage(f"--until {until}: write a moment with its offset, as 2030-01-31T09:00+01:00.")
    return at.isoformat()


def _do(
    lead: str,
    rep: str,
    act: str,
    body: dict[str, Any],
    key: str | None,
    token: str | None,
    stack: StackFile,
    *,
    as_json: bool,
) -> None:
    headers = {"Idempotency-Key": key} if key is not None else {}
    with open_client(stack) as client:
        identity, mine = find_lead(client, lead), own_token(client, rep, token)
        path = f"/v1/assignments/{identity}/{act}"
        answer = client.post(Service.ROUTER, path, body, headers=headers, token=mine)
    if as_json:
        print_json(answer)
    elif answer.get("was_paused") is False:
        print_line(f"{identity} is not paused, round {answer['round']}: there was nothing to resume.")
    else:
        print_line(f"{identity} is {answer['act']}, round {answer['round']}.")
