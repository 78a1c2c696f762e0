"""Parameters that several routes share."""

from typing import Annotated

from fastapi import Header, Path

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
        description="who changes it: 1 to 100 printable ASCII characters",
    ),
]
