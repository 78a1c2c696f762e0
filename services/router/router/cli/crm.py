"""What the router offers to the `baton` command about CRMs: a dry run, what was not told, what is undone."""

from typing import Annotated, Any

import typer

from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, LeadName, StackFile, command_group
from baton_cli.identities import ACT, CRM_REQUEST, whole_id
from baton_cli.leads import find_lead
from baton_cli.moments import brief
from baton_cli.output import print_heading, print_json, print_line, print_table
from baton_cli.stack import Service

crm = command_group(help="CRMs: try a template on a lead, see what they were not told and what was not done.")
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]


@crm.command("test")
def try_out(
    lead: LeadName,
    event: Annotated[str, typer.Option(help="As crm.yaml names it, such as outcome.won.")] = "assigned",
    name: Annotated[
        str | None, typer.Option("--crm", metavar="NAME", help="Only of this connection.", show_default=False)
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what CRMs would be told of a lead; secrets are hidden, and nothing is sent."""
    asked = {"event": event} | ({"connection": name} if name is not None else {})
    with open_client(stack) as client:
        found = client.get(Service.ROUTER, f"/v1/crm/leads/{find_lead(client, lead)}/preview", **asked)
    if as_json:
        print_json(found)
    elif not found["requests"]:
        print_line(f"No CRM is told of {event}: no request of crm.yaml has it under `on`.")
    else:
        for each in found["requests"]:
            _show(each)


@crm.command("requests")
def requests(
    state: Annotated[str, typer.Option(help="pending, done, skipped or given_up.")] = "given_up",
    limit: Limit = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """What CRMs were told, the newest first; by default what was given up."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, "/v1/crm/requests", state=state, limit=limit), "requests")
    if as_json:
        print_json({"requests": found})
    elif found:
        columns = ["request", "crm", "what", "on", "lead", "tries", "happened (UTC)", "how it fared"]
        print_table(columns, [_request_row(each) for each in found])
    else:
        print_line(f"No request is {state.replace('_', ' ')}.")


@crm.command("retry")
def retry(
    request: Annotated[
        str, typer.Argument(help="Its id, or the beginning of it; `baton crm requests` lists them.")
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a request again that was given up."""
    with open_client(stack) as client:
        identity = whole_id(client, CRM_REQUEST, request, least=ACT)
        path = f"/v1/crm/requests/{identity}/retry"
        answer = client.request("POST", Service.ROUTER, path).json()
    if as_json:
        print_json(answer)
    else:
        print_line(f"{identity} is sent again.")


@crm.command("unmatched")
def unmatched(
    again: Annotated[bool, typer.Option("--again", help="Look at all of it once more.")] = False,
    limit: Limit = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """What CRMs said that nothing could be done with, and why; exit code 1 when there is any."""
    with open_client(stack) as client:
        if again:
            answer = client.request("POST", Service.ROUTER, "/v1/crm/unmatched/retry").json()
            said = f"{answer['again']} are looked at once more."
            print_json(answer) if as_json else print_line(said)
            return
        found = items(client.get(Service.ROUTER, "/v1/crm/unmatched", limit=limit), "unmatched")
    if as_json:
        print_json({"unmatched": found})
    elif found:
        print_table(["crm", "object", "received (UTC)", "owner", "outcome", "why"], [_said(e) for e in found])
    else:
        print_line("Everything that CRMs said was done.")
    if found:
        raise typer.Exit(1)


def _show(request: dict[str, Any]) -> None:
    print_heading(f"{request['connection']}: {request['request']}")
    if "skipped" in request:
        print_line(f"not sent: {request['skipped']}")
        return
    print_line(f"{request['method']} {request['url']}")
    for name, text in request["headers"].items():
        print_line(f"{name}: {text}")
    if request["body"] is not None:
        print_json(request["body"])


def _request_row(each: dict[str, Any]) -> tuple[object, ...]:
    what = each["id"], each["connection"], each["request"], each["kind"], each["lead_id"]
    return *what, each["attempts"], brief(each["happened_at"]), each["detail"]


def _said(each: dict[str, Any]) -> tuple[object, ...]:
    at = brief(each["received_at"])
    return each["connection"], each["object_id"], at, each["owner"], each["outcome"], each["why"]
