"""Leads that sales gave back as another one again: questions for marketing, and its answers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from scoring.api.paging import Cursor, Limit, PlainText, page, place
from scoring.domain.duplicates import DuplicateState
from scoring.duplicates import Duplicates
from scoring.errors import as_problems
from scoring.persons import Order
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime


class Answer(BaseModel):
    """Who says it and why."""

    model_config = ConfigDict(extra="forbid")

    by: PlainText = Field(min_length=1, max_length=200)
    reason: PlainText = Field(min_length=1, max_length=1000)


def duplicate_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    duplicates, allowing = Duplicates(runtime), runtime.gate.allowed(Scope.LEADS_REPAIR)

    @router.get("/duplicates", dependencies=allowing, tags=["duplicates"], responses=refusals(422))
    async def list_duplicates(
        state: Annotated[DuplicateState, Query(description="asked: those that wait for marketing")] = (
            DuplicateState.ASKED
        ),
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Leads that sales gave back as another one again, the oldest first: who the two are, and why nobody
        made them one."""
        rows = await duplicates.page(state, place(cursor), limit + 1)
        return page("duplicates", rows, limit, at="at", identity="id")

    @router.post(
        "/duplicates/{duplicate_id}/merge",
        dependencies=allowing,
        tags=["duplicates"],
        responses=refusals(404, 409),
    )
    async def merge(duplicate_id: UUID, answer: Answer, who: Who) -> dict[str, Any]:
        """The two are one person. It can be undone as any merge can."""
        with as_problems():
            caller = who.named(answer.by)
            asked = entry(caller, "duplicate.merge", "duplicate", duplicate_id)
            state = await duplicates.merge(duplicate_id, Order(caller.by, answer.reason), asked)
        return {"id": duplicate_id, "state": state}

    @router.post(
        "/duplicates/{duplicate_id}/apart",
        dependencies=allowing,
        tags=["duplicates"],
        responses=refusals(404, 409),
    )
    async def apart(duplicate_id: UUID, answer: Answer, who: Who) -> dict[str, Any]:
        """They are two people; the lead given back counts as one of its own."""
        with as_problems():
            caller = who.named(answer.by)
            asked = entry(caller, "duplicate.apart", "duplicate", duplicate_id)
            state = await duplicates.part(duplicate_id, Order(caller.by, answer.reason), asked)
        return {"id": duplicate_id, "state": state}
