"""What other services ask: whose a token is, and whether somebody sees what a path names."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from service_kit.auth_principal import Principal, Role, Scope
from service_kit.problems import Problem
from service_kit.runtime import Runtime


class Checked(BaseModel):
    """A token that came to another service."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(description="as it came")


class Looked(BaseModel):
    """Who asks for something, and what the path names that they ask for."""

    model_config = ConfigDict(extra="forbid")

    role: Literal[Role.REP, Role.TEAM_LEAD]
    subject: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="the rep's id")
    named: dict[str, str] = Field(max_length=10, description="parameters of the path, as lead_id")


def checking_router(runtime: Runtime) -> APIRouter:
    """Routes for services that take tokens and keep none."""
    router = APIRouter(
        prefix="/v1/tokens", tags=["access"], dependencies=runtime.gate.allowed(Scope.TOKENS_CHECK)
    )

    @router.post("/check")
    async def check_token(sent: Checked) -> dict[str, Any]:
        """Whose a token is and what it allows; `active` is false for one that is not good, and nothing else
        is said then. BATON_OPERATOR_TOKEN is each service's own and not known here."""
        found = await runtime.gate.whose(sent.token)
        if found is None:
            return {"active": False}
        return {
            "active": True,
            "role": found.role,
            "subject": found.subject,
            "name": found.name,
            "scopes": sorted(found.scopes),
        }

    @router.post("/sight")
    async def look(sent: Looked) -> dict[str, Any]:
        """Whether a rep or team lead sees what a path names; if not, what to answer them."""
        who = Principal(sent.role, sent.subject, sent.subject, frozenset())
        try:
            await runtime.gate.confine(who, sent.named)
        except Problem as refused:
            return {
                "sees": False,
                "status": refused.status,
                "title": refused.title,
                "detail": refused.detail,
            }
        return {"sees": True}

    return router
