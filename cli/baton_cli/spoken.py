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
_OPTIONS = {
    "send kind and round of": "write --kind and --round of",
    "kind and round name": "--kind and --round name",
    "send lead and kind, or the id of the timer as subject": "write another --kind or --round, or none",
}
"""Fields of a request where a command has options."""
_ROUTE = re.compile(r"(?:scoring's )?GET (/v1/[\w/{}-]+)")


def in_commands(told: str) -> str:
    """The text with the command in place of each route that a command asks, and options in place of fields;
    other routes stay."""
    for fields, options in _OPTIONS.items():
        told = told.replace(fields, options)
    return _ROUTE.sub(_command, told)


def _command(route: re.Match[str]) -> str:
    known = _COMMANDS.get(route[1])
    return f"`{known}`" if known else route[0]
