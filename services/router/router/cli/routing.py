"""What the router offers to the `baton` command about plans: what a change does to open leads."""

from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import CommandFailed
from baton_cli.moments import brief
from baton_cli.output import print_json, print_line, print_table
from baton_cli.stack import Service
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder

routing = command_group(help="Plans: which open leads another one would move, and which have followed.")


@routing.command()
def moves(
    folder: Annotated[Path, typer.Argument(help="The folder of the rulebook that is to be published.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Leads listed, at most.")] = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """List the open leads that another plan would move, and those it leaves; nothing changes."""
    try:
        rulebook = load_folder(folder)
    except RulebookInvalid as error:
        raise CommandFailed(f"{folder} cannot be used: {error}") from error
    draft = {"rulebook": rulebook.model_dump(mode="json", exclude_none=True)}
    with open_client(stack) as client:
        found: dict[str, Any] = client.post(Service.ROUTER, f"/v1/routing/moves?limit={limit}", draft)
    if as_json:
        print_json(found)
        return
    if not found["moves"]:
        print_line("No open lead has another pool by this plan.")
        return
    rows = [
        (each["lead_id"], each["rep"], "moves" if each["goes"] else "stays", each["why"])
        for each in found["moves"]
    ]
    print_table(["lead", "with", "", "why"], rows, optional=["with"])
    total = sum(found["counts"].values())
    told = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in found["counts"].items())
    print_line(f"{total} open leads have another pool (open_leads: {found['open_leads']}): {told}.")


@routing.command()
def changes(stack: StackFile = None, as_json: AsJson = False) -> None:
    """List the versions as they came into force, and how many open leads have followed each."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, "/v1/routing/changes"), "changes")
    if as_json:
        print_json({"changes": found})
        return
    rows = [
        (each["version"], brief(each["at"]), each["moved"], brief(each["finished_at"]) or "under way")
        for each in found
    ]
    print_table(["version", "in force (UTC)", "leads moved", "done (UTC)"], rows)
