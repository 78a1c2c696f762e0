"""Bearer tokens: the operator's, and those that a service gives out itself."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security

from service_kit.auth_gate import Gate
from service_kit.auth_tokens import OPERATOR, Credentials, bearer_scheme, bearer_token
from service_kit.settings import ServiceSettings

__all__ = ["OPERATOR", "Credentials", "bearer_scheme", "bearer_token", "require_operator"]


def require_operator(settings: ServiceSettings) -> Callable[[Request, Credentials], Awaitable[None]]:
    """A dependency that lets only the operator pass; compares in constant time.

    Without BATON_OPERATOR_TOKEN the operator API is closed, never open.
    """
    gate = Gate(settings)

    async def check(request: Request, credentials: Annotated[Credentials, Security(OPERATOR)]) -> None:
        await gate.identify(credentials, request.client.host if request.client else "unknown")

    return check
