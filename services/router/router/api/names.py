"""Parameters that several routes share."""

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from router.access.audit import Caller
from service_kit.auth_principal import Principal

RepId = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="a rep's id of the roster: small letters, digits, _ and -; GET /v1/reps lists them",
    ),
]
Operator = Annotated[
    str,
    Header(
        pattern=r"^[\x20-\x7e]{1,100}$",
        description="who changes it, where the operator's own token is used: 1 to 100 printable ASCII "
        "characters; every other token says by itself whose it is",
    ),
]
MOST_OF_AN_ID = 100
"""Characters of an X-Request-Id that are kept."""


def caller(request: Request, x_operator: Operator = "operator") -> Caller:
    """Who passed the gate of this route."""
    found: Principal = request.state.principal
    said = request.headers.get("x-request-id", "")
    kept = said[:MOST_OF_AN_ID] if said.isascii() and said.isprintable() else ""
    return Caller(found, found.signs_as(x_operator), kept or None)


Who = Annotated[Caller, Depends(caller)]
