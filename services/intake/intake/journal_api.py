"""`GET /v1/audit` of one instance of intake."""

from typing import Any

from fastapi import APIRouter

from intake.journal import Journal
from service_kit.audit_api import Asked
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope


def journal_router(gate: Gate, journal: Journal) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["access"])

    @router.get("/audit", dependencies=gate.allowed(Scope.AUDIT_READ))
    async def read_audit(asked: Asked) -> dict[str, Any]:
        """Changes asked of this instance, the newest first: by whom, what and when."""
        return asked.page(await journal.newest(asked))

    return router
