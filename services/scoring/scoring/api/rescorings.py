"""Rescorings: open leads scored again under another scorecard."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from scoring.api.paging import Limit, PlainText
from scoring.errors import as_problems, not_found
from scoring.rescoring import Rescorings, UnknownLine
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime


class Wanted(BaseModel):
    """The open leads of which line to score again; who and why are kept."""

    model_config = ConfigDict(extra="forbid")

    line: PlainText = Field(min_length=1, max_length=200, examples=["main"])
    by: PlainText = Field(min_length=1, max_length=200, examples=["ana"])
    why: PlainText = Field(min_length=1, max_length=1000)


def rescoring_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    rescorings = Rescorings(runtime)

    @router.post(
        "/rescorings",
        dependencies=runtime.gate.allowed(Scope.OPERATE),
        status_code=201,
        tags=["scorecards"],
        responses=refusals(404),
    )
    async def begin_rescoring(wanted: Wanted, who: Who) -> dict[str, Any]:
        """Score the open leads of a line again, by the scorecard in force.

        A new scorecard does so by itself. Leads whose score, quadrant or stage becomes another are published
        on lead-scored-bulk. It goes on in the background, so many leads a second; of a line one at a time,
        the last asked for. GET /v1/rescorings/{rescoring_id} tells how far it is.
        """
        try:
            with as_problems():
                caller = who.named(wanted.by)
                asked = entry(caller, "rescoring.begin", "line", wanted.line)
                return await rescorings.begin(wanted.line, by=caller.by, why=wanted.why, also=asked)
        except UnknownLine as error:
            raise Problem(404, "No such line", str(error), field="line") from error

    @router.get("/rescorings", dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ), tags=["scorecards"])
    async def list_rescorings(limit: Limit = 50) -> dict[str, Any]:
        """Rescorings, the last first, and how far each is."""
        return {"rescorings": await rescorings.newest(limit)}

    @router.get(
        "/rescorings/{rescoring_id}",
        dependencies=runtime.gate.allowed(Scope.RULEBOOK_READ),
        tags=["scorecards"],
        responses=refusals(404),
    )
    async def one_rescoring(rescoring_id: UUID) -> dict[str, Any]:
        """How far a rescoring is: `seen` of `leads` so far, `moved` by quadrant and stage from and to,
        `leads_a_second` as measured; finished once `finished_at` is, `superseded_by` a later one or not."""
        try:
            return await rescorings.progress(rescoring_id)
        except LookupError:
            raise not_found("rescoring", "GET /v1/rescorings lists them") from None
