"""Submissions, and the books that say whether any was lost."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from scoring.accounting import conservation_answer
from scoring.api.paging import Cursor, Limit, page, place
from scoring.errors import not_found
from scoring.store import views
from service_kit.runtime import Runtime


def submission_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""

    @router.get("/submissions/{submission_id}", tags=["submissions"])
    async def one_submission(submission_id: UUID) -> dict[str, Any]:
        """A submission as it came, and what became of it. 404 also while it is still on its way."""
        async with runtime.database.acquire() as conn:
            found = await views.submission(conn, submission_id)
        if found is None:
            raise not_found(
                "submission", "it was not accepted, or is still on its way: try again in a second"
            )
        return found

    @router.get("/quarantine", tags=["submissions"])
    async def list_quarantine(limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """Submissions that wait for a person, newest first, with the reason."""
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await views.quarantine(conn, after=after, limit=limit + 1)
        return page("quarantine", found, limit, at="stored_at", identity="submission_id")

    @router.get("/conservation", tags=["operations"])
    async def show_conservation() -> dict[str, Any]:
        """What was accepted, read and kept; the difference is 0 unless a lead is lost or doubled."""
        return await conservation_answer(runtime.database)
