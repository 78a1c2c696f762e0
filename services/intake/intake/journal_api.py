"""`GET /v1/audit` of one instance of intake."""

from typing import Any

from fastapi import APIRouter

from intake.journal import Asked, Journal
from lead_events.model import UtcTime
from service_kit.audit_api import Before, Limit, PlainText, page
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope


def journal_router(gate: Gate, journal: Journal) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["access"])

    @router.get("/audit", dependencies=gate.allowed(Scope.AUDIT_READ))
    async def read_audit(
        before: Before = None,
        subject: PlainText = None,
        action: PlainText = None,
        object_kind: PlainText = None,
        object_id: PlainText = None,
        since: UtcTime | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Changes asked of this instance, the newest first: by whom, what and when."""
        asked = Asked(before, subject, action, object_kind, object_id, since)
        return page(await journal.newest(asked, limit), limit)

    return router
