"""Signals of leads."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from scoring.api.paging import Cursor, Limit, page, place
from scoring.errors import not_found
from scoring.store import signals, views
from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime


def signal_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""

    @router.get(
        "/leads/{lead_id}/signals", dependencies=runtime.gate.allowed(Scope.LEADS_READ), tags=["leads"]
    )
    async def lead_signals(lead_id: UUID, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """What the lead's person did beside sending forms, newest first: pages, downloads, e-mails."""
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await signals.of_lead(conn, lead_id, after=after, limit=limit + 1)
            if not found and await views.lead(conn, lead_id) is None:
                raise not_found("lead", "GET /v1/leads lists the leads kept here")
        return page("signals", found, limit, at="at", identity="signal_id")
