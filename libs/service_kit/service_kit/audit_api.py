"""`GET /v1/audit`: who changed what in this service."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from lead_events.model import UtcTime
from service_kit.auth_principal import Scope
from service_kit.queries import load_queries
from service_kit.runtime import Runtime

PlainText = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int | None, Query(ge=1, le=2**62, description="the `next` of the page before")]
_q = load_queries("service_kit")


def audit_router(runtime: Runtime) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["access"])

    @router.get("/audit", dependencies=runtime.gate.allowed(Scope.AUDIT_READ))
    async def read_audit(
        before: Before = None,
        subject: PlainText = None,
        action: PlainText = None,
        object_kind: PlainText = None,
        object_id: PlainText = None,
        since: UtcTime | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Changes, the newest first: by whom, what and when, and from what to what."""
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(
                _q.audit_listed, before, subject, action, object_kind, object_id, since, limit
            )
        return page([dict(row) for row in rows], limit)

    return router


def page(entries: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """Entries as they are answered, and where the next page begins."""
    return {"audit": entries, "next": entries[-1]["id"] if len(entries) == limit else None}
