"""The token of a rep for commands that act as the rep."""

from typing import Annotated

import typer

from baton_cli.client import Client
from baton_cli.errors import BadUsage

OwnToken = Annotated[
    str | None,
    typer.Option(
        envvar="BATON_REP_TOKEN",
        help="The rep's own token. [default: the one in stack.json]",
        show_default=False,
    ),
]


def own_token(client: Client, rep: str, given: str | None) -> str:
    """The token `given`, else the one in the stack's file. Raises BadUsage where neither is there."""
    token = given or client.stack.rep_token(rep)
    if token is None:
        raise BadUsage(f"No token of {rep} is known: pass --token, or make one with `baton rep token {rep}`.")
    return token
