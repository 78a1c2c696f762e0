"""Tokens of people and programs."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from router.access.tokens import MOST_DAYS, USUAL_DAYS, Wish, give, revoke
from router.api.allowed import allowed
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.store import q
from service_kit.audit import audited
from service_kit.auth_principal import CONFINED, SCOPES, Role, Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

Limit = Annotated[int, Query(ge=1, le=1000)]


class TokenNew(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$", description="whose it is, or what it is for"
    )
    role: Role = Field(description="rep, team_lead, manager or operator for people, machine for a program")
    rep: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] | None = Field(
        default=None, description="of the roles rep and team_lead: the rep's id"
    )
    scopes: list[Scope] | None = Field(
        default=None, max_length=50, description="what it allows; left out: all that its role has"
    )
    days: int = Field(default=USUAL_DAYS, ge=1, le=MOST_DAYS, description="how long it is good")

    @model_validator(mode="after")
    def _fits_its_role(self) -> Self:
        if (self.role in CONFINED) != (self.rep is not None):
            raise ValueError("name the rep under `rep` for the roles rep and team_lead, and for no other")
        if self.role is Role.MACHINE and not self.scopes:
            raise ValueError("name under `scopes` what the program needs, such as leads:read")
        beyond = sorted(set(self.scopes or ()) - SCOPES[self.role])
        if beyond:
            raise ValueError(f"the role {self.role} cannot have {', '.join(beyond)}; leave that out")
        return self

    def wish(self) -> Wish:
        """As it is made."""
        scopes = SCOPES[self.role] if self.scopes is None else frozenset(self.scopes)
        return Wish(self.name, self.role, self.rep, scopes, self.days)


def access_router(runtime: Runtime) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["access"])
    _add_tokens(router, runtime)
    return router


def _add_tokens(router: APIRouter, runtime: Runtime) -> None:
    allowing = allowed(runtime, Scope.TOKENS_WRITE)

    @router.post("/tokens", status_code=201, responses=refusals(404), dependencies=allowing)
    async def create_token(token: TokenNew, who: Who) -> dict[str, Any]:
        """A token of a person or a program; it is shown this once. Nobody gives what they do not have."""
        work = audited(who, "token.create", "token", token.name, give(token.wish(), who))
        with refusals_as_problems():
            return await runtime.in_transaction(work)

    @router.get("/tokens", dependencies=allowing)
    async def list_tokens(
        limit: Limit = 100, over: Annotated[bool, Query(description="those that are over too")] = False
    ) -> dict[str, Any]:
        """Tokens, the newest first: whose, what they allow, until when, and when they were last used."""
        async with runtime.database.acquire() as conn:
            now = await runtime.database.clock.now(conn)
            return {"tokens": [dict(row) for row in await conn.fetch(q.tokens_listed, over, now, limit)]}

    @router.post("/tokens/{token_id}/revoke", dependencies=allowing)
    async def revoke_token(token_id: UUID, who: Who) -> dict[str, Any]:
        """The token opens nothing from now on."""
        work = audited(who, "token.revoke", "token", token_id, revoke(token_id, who.by))
        with refusals_as_problems():
            return await runtime.in_transaction(work)
