"""The token of a rep for commands that act as the rep."""

from difflib import get_close_matches
from typing import Annotated

import typer

from baton_cli.client import Client, items
from baton_cli.errors import BadUsage, CommandFailed
from baton_cli.stack import Service

OwnToken = Annotated[
    str | None,
    typer.Option(
        envvar="BATON_REP_TOKEN",
        help="The rep's own token. [default: the one in stack.json]",
        show_default=False,
    ),
]


def own_token(client: Client, rep: str, given: str | None) -> str:
    """The token `given`, else the one in the stack's file. Raises BadUsage where neither is there, or no such
    rep."""
    token = given or client.stack.rep_token(rep)
    if token is None:
        _check_known(client, rep)
        raise BadUsage(f"No token of {rep} is known: pass --token, or make one with `baton rep token {rep}`.")
    return token


def _check_known(client: Client, rep: str) -> None:
    """Raises BadUsage, with the nearest, for who is no rep; says nothing where the roster cannot be asked."""
    try:
        known = [each["id"] for each in items(client.get(Service.ROUTER, "/v1/reps"), "reps")]
    except CommandFailed:
        return
    if rep not in known:
        near = get_close_matches(rep, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`baton rep list` names them."
        raise BadUsage(f"No rep {rep} is in the roster; {hint}")
