"""Who has which leads, for many at once."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from router.access.sight import leads_seen
from router.api.allowed import allowed
from router.api.names import Who
from router.store import q
from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime

MOST_LEADS = 500


class Asked(BaseModel):
    """The leads in question."""

    model_config = ConfigDict(extra="forbid")

    leads: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LEADS)]


def owners_router(runtime: Runtime) -> APIRouter:
    """The route, for the operator."""
    router = APIRouter(
        prefix="/v1",
        tags=["operators"],
        dependencies=allowed(runtime, Scope.LEADS_READ, chooses=True),
    )

    @router.post("/leads/owners")
    async def owners_of_leads(asked: Asked, who: Who) -> dict[str, Any]:
        """Which rep has each of these leads now; leads that nobody has are left out."""
        async with runtime.database.acquire() as conn:
            seen = await leads_seen(conn, who.principal, asked.leads)
            rows = await conn.fetch(q.owners_of_leads, sorted(seen))
        return {"owners": [dict(row) for row in rows]}

    return router
