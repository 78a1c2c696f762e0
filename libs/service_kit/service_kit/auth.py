"""Bearer tokens: the operator's, and those that a service gives out itself."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service_kit.problems import Problem
from service_kit.settings import ServiceSettings

Credentials = HTTPAuthorizationCredentials | None
"""What came in the Authorization header, of whatever scheme."""


def bearer_scheme(name: str, description: str) -> HTTPBearer:
    """A kind of bearer token as the OpenAPI document names it; use it as `Security(...)` of a dependency."""
    return HTTPBearer(scheme_name=name, description=description, auto_error=False)


OPERATOR = bearer_scheme("operator", "The operator's token: BATON_OPERATOR_TOKEN of the service.")


def bearer_token(credentials: Credentials) -> str:
    """The token that came. Raises Problem 401 when there is none."""
    token = credentials.credentials.strip() if credentials is not None else ""
    if not token:
        raise Problem(
            401,
            "A token is needed",
            "send the header 'Authorization: Bearer TOKEN'",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return token


def require_operator(settings: ServiceSettings) -> Callable[[Credentials], Awaitable[None]]:
    """A dependency that lets only the operator pass; compares in constant time.

    Without BATON_OPERATOR_TOKEN the operator API is closed, never open.
    """
    expected = settings.operator_token.get_secret_value()

    async def check(credentials: Annotated[Credentials, Security(OPERATOR)]) -> None:
        if not expected:
            raise Problem(
                403, "The operator API is closed", "set BATON_OPERATOR_TOKEN and restart the service"
            )
        if not hmac.compare_digest(bearer_token(credentials).encode(), expected.encode()):
            raise Problem(
                401,
                "The token is not valid",
                "send the operator token",
                headers={"WWW-Authenticate": "Bearer"},
            )

    return check
