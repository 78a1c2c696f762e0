"""What services say to programs, said to who types commands."""

import re

_COMMANDS = {
    "/v1/me/assignments": "baton rep assignments REP",
    "/v1/leads": "baton leads",
    "/v1/reps": "baton rep list",
    "/v1/declines": "baton lead declines",
    "/v1/repairs": "baton lead repairs",
    "/v1/duplicates": "baton lead repairs",
    "/v1/tokens": "baton token list",
}
_ROUTE = re.compile(r"(?:scoring's )?GET (/v1/[\w/{}-]+)")


def in_commands(told: str) -> str:
    """The text with the command in place of each route that a command asks; other routes stay."""
    return _ROUTE.sub(_command, told)


def _command(route: re.Match[str]) -> str:
    known = _COMMANDS.get(route[1])
    return f"`{known}`" if known else route[0]
