"""The one gate of a service: whose token came, and whether it may do what a route needs."""

import hmac
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Protocol
from weakref import WeakSet

from fastapi import APIRouter, Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from service_kit.auth_attempts import Attempts
from service_kit.auth_principal import CONFINED, Principal, Role, Scope, break_glass
from service_kit.auth_tokens import OPERATOR, TOKEN, Credentials, bearer_token, refused_token
from service_kit.problems import Problem
from service_kit.settings import ServiceSettings

LONGEST_TOKEN = 16_384
"""Characters. A longer one is not good and not looked at: a JWT that fits into a header is far below."""
_GUARDS: "WeakSet[Check]" = WeakSet()
Check = Callable[..., Awaitable[Principal]]


class Directory(Protocol):
    """What a service knows itself of tokens and people."""

    async def principal(self, token: str) -> Principal | None:
        """Whose token it is; None for one that is unknown, has expired or was revoked."""

    async def confine(self, principal: Principal, path: Mapping[str, str]) -> None:
        """Raises Problem for a rep or team lead who does not see what a path names: 404 as for what there is
        not, 403 where it names nothing. `path`: its parameters.
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

    async def whose(self, token: str) -> Principal | None:
        """Whose token it is, of those that the service's directory knows; guessing is not counted."""
        if self._directory is None or len(token) > LONGEST_TOKEN:
            return None
        return await self._directory.principal(token)

    async def confine(self, principal: Principal, path: Mapping[str, str]) -> None:
        """Raises Problem for what this principal does not see of what a path names."""
        if self._directory is not None and principal.role in CONFINED:
            await self._directory.confine(principal, path)

    async def _principal(self, token: str) -> Principal | None:
        given = token.encode("utf-8", "surrogatepass")
        if self._expected and hmac.compare_digest(given, self._expected.encode()):
            return break_glass()
        return await self.whose(token)

    async def admit(
        self, request: Request, credentials: Credentials, scope: Scope, *, chooses: bool = False
    ) -> Principal:
        """Who calls, if they may: what `require` does, for a route that asks for a token only sometimes."""
        found = await self.identify(credentials, _address(request))
        if not found.may(scope):
            raise lacking(found, scope)
        if not chooses:
            await self.confine(found, {name: str(said) for name, said in request.path_params.items()})
        request.state.principal = found
        return found

    def require(self, scope: Scope, *, chooses: bool = False, scheme: HTTPBearer = OPERATOR) -> Check:
        """A dependency that lets pass who has the scope, and gives them.

        Reps and team leads pass only where the path names a lead, a rep or a team that is theirs, or where
        the route says that it `chooses`: that it leaves out itself what they do not see. The document of
        the API names the scope.
        """

        async def by_one_kind(
            request: Request, credentials: Annotated[Credentials, Security(scheme, scopes=[scope])]
        ) -> Principal:
            return await self.admit(request, credentials, scope, chooses=chooses)

        async def by_operator_or_token(
            request: Request,
            credentials: Annotated[Credentials, Security(scheme, scopes=[scope])],
            _: Annotated[Credentials, Security(TOKEN, scopes=[scope])],
        ) -> Principal:
            return await self.admit(request, credentials, scope, chooses=chooses)

        check = by_operator_or_token if scheme is OPERATOR else by_one_kind
        _GUARDS.add(check)
        return check

    def allowed(self, scope: Scope, *, chooses: bool = False) -> list[Any]:
        """The `dependencies` of a route or router that asks for a scope."""
        return [Depends(self.require(scope, chooses=chooses))]


def unguarded(router: APIRouter) -> list[str]:
    """Paths of its own routes that ask for no scope, each once."""
    return sorted({str(getattr(each, "path", each)) for each in router.routes if not _is_guarded(each)})


def _is_guarded(route: object) -> bool:
    return isinstance(route, APIRoute) and _asks(route.dependant)


def _asks(dependant: Dependant) -> bool:
    return any(each.call in _GUARDS or _asks(each) for each in dependant.dependencies)


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
