"""HTTP for the agreement of the next month, proposed."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from service_kit.auth_principal import Scope
from service_kit.documents import refusal, refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from sla_monitor.reports.asked import Asked, check_period
from sla_monitor.reports.desk import ReportDesk
from sla_monitor.review.reading import NEXT, ProposalFigures

For = Annotated[str, Query(max_length=20, description="a month such as 2026-12, or `next`")]


def review_router(runtime: Runtime, desk: ReportDesk) -> APIRouter:
    """The route of proposals. They are made where reports are, one at a time."""
    router = APIRouter(prefix="/v1/agreement", tags=["agreement"])

    @router.get(
        "/proposal",
        dependencies=runtime.gate.allowed(Scope.TIMERS_READ),
        response_class=Response,
        responses={
            **refusals(404, 503),
            200: {"model": ProposalFigures, "description": "A draft, and what it changes."},
            429: refusal("A report is being made here: wait as Retry-After says."),
        },
    )
    async def proposal(month: For = NEXT) -> Response:
        """What both sides could agree on for a month, by the rates of the last three and what sales was
        able to answer. Nothing is published: the draft is signed, and goes into the rulebook."""
        if month != NEXT:
            try:
                check_period(month)
            except ValueError as error:
                raise Problem(422, "The month cannot be read", f"{error}, or next", field="month") from None
        async with runtime.database.acquire() as conn:
            now = await runtime.database.clock.now(conn)
        body = await desk.make(Asked(period=month, now=now, proposal=True))
        return Response(body, media_type="application/json")

    return router
