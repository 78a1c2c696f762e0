"""The operator's bearer token."""

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Header

from service_kit.problems import Problem
from service_kit.settings import ServiceSettings

Authorization = Annotated[str | None, Header(description="Bearer and the operator token")]


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises Problem 401 when there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(
            401,
            "A token is needed",
            "send the header 'Authorization: Bearer TOKEN'",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return token.strip()


def require_operator(settings: ServiceSettings) -> Callable[[str | None], None]:
    """A dependency that lets only the operator pass; compares in constant time.

    Without BATON_OPERATOR_TOKEN the operator API is closed, never open.
    """
    expected = settings.operator_token.get_secret_value()

    def check(authorization: Authorization = None) -> None:
        if not expected:
            raise Problem(
                403, "The operator API is closed", "set BATON_OPERATOR_TOKEN and restart the service"
            )
        if not hmac.compare_digest(bearer_token(authorization).encode(), expected.encode()):
            raise Problem(
                401,
                "The token is not valid",
                "send the operator token",
                headers={"WWW-Authenticate": "Bearer"},
            )

    return check
