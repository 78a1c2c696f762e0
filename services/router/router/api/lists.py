"""What waits for a person: declines above the number a week, and what marketing is to put right."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from router.access.sight import reps_seen
from router.api.allowed import allowed
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.handlers.declines import DeclineHandler
from router.handlers.repairs import resolve
from router.store import q
from service_kit.audit import audited
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

Limit = Annotated[int, Query(ge=1, le=1000)]
_REFUSALS = refusals(404, 409, 503)


def lists_router(runtime: Runtime, declines: DeclineHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for operators."""
    router = APIRouter(prefix="/v1", tags=["by hand"])
    _add_declines(router, runtime, declines, wake)
    _add_repairs(router, runtime)
    return router


def _add_declines(
    router: APIRouter, runtime: Runtime, declines: DeclineHandler, wake: Callable[[], None]
) -> None:
    @router.get("/declines", dependencies=allowed(runtime, Scope.LEADS_ASSIGN, chooses=True))
    async def list_declines(who: Who, limit: Limit = 100) -> dict[str, Any]:
        """Declines that a team lead has to confirm; the promises of their leads run on."""
        async with runtime.database.acquire() as conn:
            seen = await reps_seen(conn, who.principal)
            rows = await conn.fetch(q.open_asked_declines, limit)
        return {"declines": [dict(row) for row in rows if seen is None or row["rep_id"] in seen]}

    @router.post(
        "/declines/{decline_id}/confirm",
        dependencies=allowed(runtime, Scope.LEADS_ASSIGN),
        responses=_REFUSALS,
    )
    async def confirm(decline_id: UUID, who: Who) -> Any:
        """The decline holds: somebody else gets the lead. Nobody decides on their own (403)."""
        work = declines.confirm(decline_id, who.by, who.principal.rep)
        with refusals_as_problems():
            answer = await runtime.in_transaction(
                audited(who, "decline.confirm", "decline", decline_id, work)
            )
        wake()
        return answer

    @router.post(
        "/declines/{decline_id}/refuse",
        dependencies=allowed(runtime, Scope.LEADS_ASSIGN),
        responses=_REFUSALS,
    )
    async def refuse(decline_id: UUID, who: Who) -> Any:
        """The lead stays with its rep. Nobody decides on their own decline (403)."""
        work = declines.refuse(decline_id, who.by, who.principal.rep)
        with refusals_as_problems():
            return await runtime.in_transaction(audited(who, "decline.refuse", "decline", decline_id, work))


def _add_repairs(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/repairs", dependencies=allowed(runtime, Scope.LEADS_REPAIR))
    async def list_repairs(
        kind: Literal["wrong_data", "duplicate"] | None = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """Leads that reps gave back for wrong data or as duplicates, the oldest first. Wrong data leaves the
        list by itself once it is corrected."""
        async with runtime.database.acquire() as conn:
            return {"repairs": [dict(row) for row in await conn.fetch(q.open_repairs, kind, limit)]}

    @router.post(
        "/repairs/{repair_id}/resolve",
        dependencies=allowed(runtime, Scope.LEADS_REPAIR),
        responses=refusals(404),
    )
    async def resolve_repair(repair_id: UUID, who: Who) -> Any:
        """It has been put right, or need not be."""
        with refusals_as_problems():
            return await runtime.in_transaction(
                audited(who, "repair.resolve", "repair", repair_id, resolve(repair_id, who.by))
            )
