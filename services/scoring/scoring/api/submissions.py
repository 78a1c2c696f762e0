"""Submissions, and the books that say whether any was lost."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from scoring.accounting import conservation_answer
from scoring.api.paging import spelled
from scoring.errors import not_found
from scoring.store import quarantine, views
from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime

IdPrefix = Annotated[
    str,
    Query(
        pattern="^[0-9A-Fa-f][0-9A-Fa-f-]{3,35}$",
        description="how the ids begin: 4 to 36 hexadecimal digits and dashes",
    ),
]


def submission_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""

    @router.get("/submissions", dependencies=runtime.gate.allowed(Scope.PERSONS_READ), tags=["submissions"])
    async def find_submissions(id_prefix: IdPrefix) -> dict[str, Any]:
        """The submissions whose ids begin so, at most ten."""
        async with runtime.database.acquire() as conn:
            found = await views.submissions_by_prefix(conn, spelled(id_prefix), 10)
        return {"submissions": found}

    @router.get(
        "/submissions/{submission_id}",
        dependencies=runtime.gate.allowed(Scope.PERSONS_READ),
        tags=["submissions"],
    )
    async def one_submission(submission_id: UUID) -> dict[str, Any]:
        """A submission as it came, what became of it, and what people decided on it. 404 also while it is
        still on its way."""
        async with runtime.database.acquire() as conn:
            found = await views.submission(conn, submission_id)
            decided = await quarantine.decisions(conn, submission_id)
        if found is None:
            raise not_found(
                "submission", "it was not accepted, or is still on its way: try again in a second"
            )
        return {**found, "decisions": decided}

    @router.get("/conservation", dependencies=runtime.gate.allowed(Scope.OPERATE), tags=["operations"])
    async def show_conservation() -> dict[str, Any]:
        """What was accepted, read and kept; the difference is 0 unless a lead is lost or doubled."""
        return await conservation_answer(runtime.database)
