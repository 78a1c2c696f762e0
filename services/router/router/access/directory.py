"""Whom the router knows: holders of its tokens, and people of the company's OpenID Connect provider."""

from collections.abc import Mapping

from router.access.sight import confine, pools_led
from router.access.tokens import holder
from router.books import Books
from router.store import q
from service_kit.auth_attempts import Attempts
from service_kit.auth_gate import Gate
from service_kit.auth_oidc import Oidc, Person, Provider, is_safe
from service_kit.auth_principal import CONFINED, SCOPES, Principal, Role
from service_kit.runtime import Runtime

DOTS_OF_A_JWT = 2


class TokenDirectory:
    """Tokens of the store, looked up at each request: a revoked one opens nothing from then on."""

    def __init__(self, runtime: Runtime, oidc: Oidc | None = None) -> None:
        self._runtime = runtime
        self._oidc = oidc
        self._books = Books()

    async def principal(self, token: str) -> Principal | None:
        """Whose token it is."""
        if token.count(".") == DOTS_OF_A_JWT:
            found = await self._oidc.person(token) if self._oidc is not None else None
            return await self._known(found) if found is not None else None
        database = self._runtime.database
        async with database.acquire() as conn:
            return await holder(conn, token, await database.clock.now(conn))

    async def _known(self, person: Person) -> Principal | None:
        """Reps and team leads are reps of the roster, by their verified address."""
        if person.role not in CONFINED:
            return Principal(person.role, person.subject, person.email or person.subject, SCOPES[person.role])
        if person.email is None:
            return None
        async with self._runtime.database.acquire() as conn:
            found = await conn.fetch(q.rep_of_email, person.email)
        if len(found) != 1:
            return None
        return Principal(person.role, found[0]["id"], person.email, SCOPES[person.role])

    async def confine(self, principal: Principal, path: Mapping[str, str]) -> None:
        """Raises Problem for what this rep or team lead does not see."""
        database = self._runtime.database
        async with database.acquire() as conn:
            pools = await pools_led(conn, principal, self._books, await database.clock.now(conn))
            await confine(conn, principal, path, pools or ())


def router_gate(runtime: Runtime) -> Gate:
    """The gate of the router's routes."""
    return Gate(runtime.settings, TokenDirectory(runtime, _oidc(runtime)), Attempts(runtime.clock.monotonic))


def _oidc(runtime: Runtime) -> Oidc | None:
    """The provider of the settings. Raises ValueError for settings that cannot be."""
    settings = runtime.settings
    if not settings.oidc_issuer:
        return None
    audiences = tuple(each.strip() for each in settings.oidc_audience.split(",") if each.strip())
    if not audiences or not settings.oidc_roles or not is_safe(settings.oidc_issuer):
        raise ValueError(
            "BATON_OIDC_ISSUER needs an https address, BATON_OIDC_AUDIENCE and BATON_OIDC_ROLES, as "
            '{"sales": "rep"}'
        )
    roles = {value: Role(role) for value, role in settings.oidc_roles.items()}
    provider = Provider(settings.oidc_issuer, audiences, settings.oidc_role_claim, roles)
    return Oidc(provider, now=runtime.clock.now, monotonic=runtime.clock.monotonic)
