"""Whom the router knows: holders of its tokens."""

from fastapi import Request

from router.access.sight import confine
from router.access.tokens import holder
from service_kit.auth_attempts import Attempts
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Principal
from service_kit.runtime import Runtime


class TokenDirectory:
    """Tokens of the store, looked up at each request: a revoked one opens nothing from then on."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def principal(self, token: str) -> Principal | None:
        """Whose token it is."""
        database = self._runtime.database
        async with database.acquire() as conn:
            return await holder(conn, token, await database.clock.now(conn))

    async def confine(self, principal: Principal, request: Request, *, chooses: bool) -> None:
        """Raises Problem for what this principal does not see."""
        async with self._runtime.database.acquire() as conn:
            await confine(conn, principal, request, chooses=chooses)


def router_gate(runtime: Runtime) -> Gate:
    """The gate of the router's routes."""
    return Gate(runtime.settings, TokenDirectory(runtime), Attempts(runtime.clock.monotonic))
