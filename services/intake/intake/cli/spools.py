"""What the spool offers to the `baton` command, over HTTP."""

from typing import Annotated

import typer

from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.output import print_json, print_line, print_table
from baton_cli.stack import Service

spool = command_group(help="The spools of intake: what waits on disk, and one left behind.")


@spool.command("list")
def list_spools(stack: StackFile = None, as_json: AsJson = False) -> None:
    """What waits on disk at intake, and which spools it drains for instances that are gone."""
    with open_client(stack) as client:
        answer = client.get(Service.INTAKE, "/v1/spools")
    if as_json:
        print_json(answer)
        return
    rows = [
        (each["state"], each["pending"], each["drained"], each["refused"], each["bytes"], each["folder"])
        for each in items(answer, "spools")
    ]
    print_table(["state", "pending", "drained", "refused", "bytes", "folder"], rows)


@spool.command("adopt")
def adopt(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER",
            help="The data folder of the instance that left it, as intake sees it below BATON_SPOOLS_ROOT.",
        ),
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Have intake drain a spool that another instance left behind; `baton spool list` shows how far it is."""
    with open_client(stack) as client:
        answer = client.post(Service.INTAKE, "/v1/spools/adopt", {"folder": folder})
    if as_json:
        print_json(answer)
        return
    print_line(f"Draining {answer['pending']} records from {answer['folder']}.")
