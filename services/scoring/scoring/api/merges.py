"""Persons found to be one: which, by what, and how one is undone that was wrong."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from scoring.api.paging import Cursor, Limit, PlainText, page, place
from scoring.errors import as_problems
from scoring.merges import MergeDesk
from scoring.persons import Order
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime


class WhyUndone(BaseModel):
    """Who wants it and why. Keep the persons' own data out of both: they are kept for good."""

    model_config = ConfigDict(extra="forbid")

    by: PlainText = Field(min_length=1, max_length=200)
    reason: PlainText = Field(min_length=1, max_length=1000)


def merge_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    desk = MergeDesk(runtime)

    @router.get(
        "/merges",
        dependencies=runtime.gate.allowed(Scope.PERSONS_READ),
        tags=["persons"],
        responses=refusals(422),
    )
    async def list_merges(
        person_id: Annotated[UUID | None, Query(description="theirs only")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Persons found to be one, the newest first: until when each can be undone, or who undid it."""
        rows = await desk.page(person_id, place(cursor), limit + 1)
        return page("merges", rows, limit, at="at", identity="person_id")

    @router.post(
        "/persons/{person_id}/undo-merge",
        dependencies=runtime.gate.allowed(Scope.PERSONS_WRITE),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def undo_merge(person_id: UUID, why: WhyUndone, who: Who) -> dict[str, Any]:
        """Part a person from whom they were found to be, within 30 days; each has their own submissions and
        leads again, and what showed them to be one does so no more."""
        with as_problems():
            caller = who.named(why.by)
            asked = entry(caller, "person.undo_merge", "person", person_id)
            done = await desk.undo(person_id, Order(caller.by, why.reason), asked)
        return {
            "act_id": done.act_id,
            "at": done.at,
            "person_id": done.parted.person.id,
            "parted": [
                {
                    "person_id": other.id,
                    "leads_moved": [lead.id for lead in done.parted.moved.get(other.id, ())],
                }
                for other in done.parted.others
            ],
            "kept_apart": done.pairs,
        }
