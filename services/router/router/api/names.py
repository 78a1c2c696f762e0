"""Parameters that several routes share."""

from typing import Annotated

from fastapi import Path

from service_kit.audit import Who

__all__ = ["RepId", "Who"]

RepId = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="a rep's id of the roster: small letters, digits, _ and -; GET /v1/reps lists them",
    ),
]
