"""What waits for a person: declines above the number a week, and what marketing is to put right."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from router.api.names import Operator
from router.api.refusals import refusals_as_problems
from router.handlers.declines import DeclineHandler
from router.handlers.repairs import resolve
from router.store import q
from service_kit.auth import require_operator
from service_kit.documents import refusals
from service_kit.runtime import Runtime

Limit = Annotated[int, Query(ge=1, le=1000)]
_REFUSALS = refusals(404, 409, 503)


def lists_router(runtime: Runtime, declines: DeclineHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for operators."""
    router = APIRouter(
        prefix="/v1", tags=["by hand"], dependencies=[Depends(require_operator(runtime.settings))]
    )
    _add_declines(router, runtime, declines, wake)
    _add_repairs(router, runtime)
    return router


def _add_declines(
    router: APIRouter, runtime: Runtime, declines: DeclineHandler, wake: Callable[[], None]
) -> None:
    @router.get("/declines")
    async def list_declines(limit: Limit = 100) -> dict[str, Any]:
        """Declines that a team lead has to confirm; the promises of their leads run on."""
        async with runtime.database.acquire() as conn:
            return {"declines": [dict(row) for row in await conn.fetch(q.open_asked_declines, limit)]}

    @router.post("/declines/{decline_id}/confirm", responses=_REFUSALS)
    async def confirm(decline_id: UUID, x_operator: Operator = "operator") -> Any:
        """The decline holds: somebody else gets the lead."""
        with refusals_as_problems():
            answer = await runtime.in_transaction(declines.confirm(decline_id, x_operator))
        wake()
        return answer

    @router.post("/declines/{decline_id}/refuse", responses=_REFUSALS)
    async def refuse(decline_id: UUID, x_operator: Operator = "operator") -> Any:
        """The lead stays with its rep."""
        with refusals_as_problems():
            return await runtime.in_transaction(declines.refuse(decline_id, x_operator))


def _add_repairs(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/repairs")
    async def list_repairs(
        kind: Literal["wrong_data", "duplicate"] | None = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """Leads that reps gave back for wrong data or as duplicates, the oldest first. Wrong data leaves the
        list by itself once it is corrected."""
        async with runtime.database.acquire() as conn:
            return {"repairs": [dict(row) for row in await conn.fetch(q.open_repairs, kind, limit)]}

    @router.post("/repairs/{repair_id}/resolve", responses=refusals(404))
    async def resolve_repair(repair_id: UUID, x_operator: Operator = "operator") -> Any:
        """It has been put right, or need not be."""
        with refusals_as_problems():
            return await runtime.in_transaction(resolve(repair_id, x_operator))
