"""What the router keeps of one person, for the operator who was asked for it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from router.api.allowed import allowed
from router.api.assignments import ask
from router.api.decisions import decision
from router.store import Row, q
from service_kit.auth_principal import Scope
from service_kit.postgres import Connection
from service_kit.runtime import Runtime

Leads = Annotated[
    list[UUID] | None,
    Query(
        alias="lead",
        max_length=200,
        description="ids of the person's leads as scoring names them; once for each",
    ),
]


def person_router(runtime: Runtime) -> APIRouter:
    """Routes about persons."""
    router = APIRouter(prefix="/v1", tags=["persons"], dependencies=allowed(runtime, Scope.PERSONS_READ))

    @router.get("/persons/{person_id}/export")
    async def export_person(person_id: UUID, leads: Leads = None) -> dict[str, Any]:
        """The person's leads as the router keeps them: profile, rounds, acts, decisions, timers."""
        async with runtime.database.acquire() as conn:
            rows: list[Row] = await conn.fetch(q.export_leads, leads or [], person_id)
            found = [dict(row) | await _story(conn, row["lead_id"]) for row in rows]
        return {"person_id": person_id, "leads": found, "delivered_to": []}

    return router


async def _story(conn: Connection, lead: UUID) -> dict[str, Any]:
    """What happened to one lead."""
    return {
        "assignments": [_round(row) for row in await conn.fetch(q.assignments_of_lead, lead)],
        "acts": [dict(row) for row in await conn.fetch(q.acts_of_lead, lead)],
        "decisions": [decision(row) for row in await conn.fetch(q.decisions_of_lead, lead)],
        "pauses": [dict(row) for row in await conn.fetch(q.pauses_of_lead, lead)],
        "timers": [dict(row) for row in await conn.fetch(q.timer_news_of_lead, lead)],
        "crm": [dict(row) for row in await conn.fetch(q.crm_objects_of_lead, lead)],
        "asked_again": [ask(row) for row in await conn.fetch(q.asks_of_leads, [lead])],
    }


def _round(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_within")}
