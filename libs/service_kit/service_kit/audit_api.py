"""`GET /v1/audit`: who changed what in this service."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from lead_events.model import UtcTime
from service_kit.auth_principal import Scope
from service_kit.queries import load_queries
from service_kit.runtime import Runtime

PlainText = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
_q = load_queries("service_kit")


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """Which entries are wanted, as the query of every `GET /v1/audit` names them; None narrows nothing."""

    before: Annotated[int | None, Query(ge=1, le=2**62, description="the `next` of the page before")] = None
    subject: PlainText = None
    action: PlainText = None
    object_kind: PlainText = None
    object_id: PlainText = None
    since: UtcTime | None = None
    limit: Annotated[int, Query(ge=1, le=1000)] = 100

    def page(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Entries as they are answered, and where the next page begins."""
        return {"audit": entries, "next": entries[-1]["id"] if len(entries) == self.limit else None}


Asked = Annotated[AuditAsked, Depends()]


def audit_router(runtime: Runtime) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["access"])

    @router.get("/audit", dependencies=runtime.gate.allowed(Scope.AUDIT_READ))
    async def read_audit(asked: Asked) -> dict[str, Any]:
        """Changes, the newest first: by whom, what and when, and from what to what."""
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(
                _q.audit_listed,
                asked.before,
                asked.subject,
                asked.action,
                asked.object_kind,
                asked.object_id,
                asked.since,
                asked.limit,
            )
        return asked.page([dict(row) for row in rows])

    return router
