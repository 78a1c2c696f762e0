"""Leads and their scores."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from lead_events.words import Quadrant
from scoring.api.paging import Cursor, Limit, PlainText, page, place, spelled
from scoring.errors import not_found
from scoring.explanation import Explanations
from scoring.store import views
from service_kit.auth_principal import Scope
from service_kit.problems import Problem
from service_kit.runtime import Runtime

Line = Annotated[PlainText | None, Query(description="only leads of this product line")]
Email = Annotated[
    PlainText | None, Query(min_length=3, max_length=320, description="only leads of whoever has this e-mail")
]
IdPrefix = Annotated[
    str | None,
    Query(
        pattern="^[0-9A-Fa-f][0-9A-Fa-f-]{3,35}$",
        description="only leads whose id begins so: 4 to 36 hexadecimal digits and dashes",
    ),
]


def lead_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    explanations = Explanations()

    @router.get("/leads", dependencies=runtime.gate.allowed(Scope.LEADS_READ), tags=["leads"])
    async def list_leads(
        limit: Limit = 50,
        cursor: Cursor = None,
        quadrant: Quadrant | None = None,
        line: Line = None,
        email: Email = None,
        id_prefix: IdPrefix = None,
    ) -> dict[str, Any]:
        """Leads, newest first. `next` is the cursor of the following page, absent on the last."""
        if email is not None and id_prefix is not None:
            raise Problem(422, "One filter too many", "send email or id_prefix, not both", field="email")
        wanted = views.Wanted(quadrant, line, email, None if id_prefix is None else spelled(id_prefix))
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await views.leads(conn, wanted, after=after, limit=limit + 1)
        return page("leads", found, limit, at="opened_at", identity="lead_id")

    @router.get("/leads/{lead_id}", dependencies=runtime.gate.allowed(Scope.LEADS_READ), tags=["leads"])
    async def one_lead(lead_id: UUID) -> dict[str, Any]:
        """One lead, its submissions, and the other open leads of its person."""
        async with runtime.database.acquire() as conn:
            found = await views.lead(conn, lead_id)
        if found is None:
            raise not_found("lead", "GET /v1/leads lists the leads kept here")
        return found

    @router.get("/leads/{lead_id}/score", dependencies=runtime.gate.allowed(Scope.LEADS_READ), tags=["leads"])
    async def lead_score(lead_id: UUID) -> dict[str, Any]:
        """The score that was published last, with every contribution, and for an open lead as of now."""
        async with runtime.database.acquire() as conn:
            found = await views.score(conn, lead_id)
            if found is None:
                raise not_found("lead", "GET /v1/leads lists the leads kept here")
            now = await explanations.now(conn, lead_id, await runtime.database.clock.now(conn))
        return found if now is None else found | {"now": now}
