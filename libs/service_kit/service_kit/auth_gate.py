"""The one gate of a service: whose token came, and whether it may do what a route needs."""

import hmac
import math
from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from service_kit.auth_attempts import Attempts
from service_kit.auth_principal import Principal, Role, Scope, break_glass
from service_kit.auth_tokens import OPERATOR, TOKEN, Credentials, bearer_token, refused_token
from service_kit.problems import Problem
from service_kit.settings import ServiceSettings

Check = Callable[..., Awaitable[Principal]]


class Directory(Protocol):
    """What a service knows itself of tokens and people."""

    async def principal(self, token: str) -> Principal | None:
        """Whose token it is; None for one that is unknown, has expired or was revoked."""

    async def confine(self, principal: Principal, request: Request, *, chooses: bool) -> None:
        """Raises Problem 404 for what this principal does not see. `chooses`: the route itself leaves out
        what they do not see.
        """


class Gate:
    """Lets in who has BATON_OPERATOR_TOKEN, and whom the service's directory knows."""

    def __init__(
        self,
        settings: ServiceSettings,
        directory: Directory | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self._expected = settings.operator_token.get_secret_value()
        self._directory = directory
        self._attempts = attempts or Attempts()

    async def identify(self, credentials: Credentials, address: str) -> Principal:
        """Who calls. Raises Problem 401 for no or no good token, 403 where no token could be good, 429 after
        too many of an address.
        """
        if not self._expected and self._directory is None:
            raise Problem(
                403, "The operator API is closed", "set BATON_OPERATOR_TOKEN and restart the service"
            )
        token = bearer_token(credentials)
        wait = self._attempts.wait(address, token)
        if wait is not None:
            seconds = str(math.ceil(wait))
            raise Problem(
                429,
                "Too many tokens that are not valid",
                f"wait {seconds} seconds, then send a token that is valid",
                headers={"Retry-After": seconds},
            )
        found = await self._principal(token)
        if found is None:
            self._attempts.failed(address, token)
            raise refused_token("ask an operator for a token that is valid: it may have expired")
        self._attempts.passed(token)
        return found

    async def _principal(self, token: str) -> Principal | None:
        given = token.encode("utf-8", "surrogatepass")
        if self._expected and hmac.compare_digest(given, self._expected.encode()):
            return break_glass()
        return await self._directory.principal(token) if self._directory is not None else None

    def require(self, scope: Scope, *, chooses: bool = False, scheme: HTTPBearer = OPERATOR) -> Check:
        """A dependency that lets pass who has the scope, and gives them.

        Reps and team leads pass only where the path names a lead, a rep or a team that is theirs, or where
        the route says that it `chooses`: that it leaves out itself what they do not see.
        """

        async def admit(request: Request, credentials: Credentials) -> Principal:
            found = await self.identify(credentials, _address(request))
            if not found.may(scope):
                raise lacking(found, scope)
            if self._directory is not None:
                await self._directory.confine(found, request, chooses=chooses)
            request.state.principal = found
            return found

        async def by_operator(
            request: Request, credentials: Annotated[Credentials, Security(scheme)]
        ) -> Principal:
            return await admit(request, credentials)

        async def by_token(
            request: Request,
            credentials: Annotated[Credentials, Security(scheme)],
            _: Annotated[Credentials, Security(TOKEN)],
        ) -> Principal:
            return await admit(request, credentials)

        return by_operator if self._directory is None or scheme is not OPERATOR else by_token


def lacking(principal: Principal, scope: Scope) -> Problem:
    """The refusal for who is known and may not."""
    return Problem(
        403,
        "Your token does not allow this",
        f"it needs the scope {scope}, which this token of the role {principal.role} lacks; ask an operator",
    )


def rep_of(principal: Principal) -> str:
    """The rep who calls. Raises Problem 403 for who is none."""
    if principal.rep is None:
        raise Problem(
            403, "Only for reps", f"send a rep's own token; this one is of the role {Role(principal.role)}"
        )
    return principal.rep


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"
