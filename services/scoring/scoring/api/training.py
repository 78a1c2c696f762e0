"""Training rows: ended leads with what was known before sales touched them, for learning a scorecard."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from lead_events.model import UtcTime
from rulebook.store import RulebookCache
from scoring.api.lines import check_line
from scoring.api.paging import PlainText
from scoring.domain.training import row_of
from scoring.store import training
from scoring.store.training import Asked
from scoring.store.views import Place
from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime

AT_ONCE = 200
"""Leads read in one go: so many stand in memory, however many there are."""
Line = Annotated[PlainText | None, Query(description="only leads of this product line")]
Since = Annotated[UtcTime | None, Query(description="only leads opened then or later, with an offset")]
WithOpen = Annotated[
    bool,
    Query(description="also open leads with an outcome so far, such as a meeting; `won` is null in them"),
]


def training_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the route."""
    rulebooks = RulebookCache()

    @router.get(
        "/scorecards/training-rows",
        dependencies=runtime.gate.allowed(Scope.LEADS_READ),
        tags=["scorecards"],
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}, "description": "One JSON object a line."}},
    )
    async def training_rows(
        line: Line = None, since: Since = None, with_open: WithOpen = False
    ) -> StreamingResponse:
        """One JSON object a line for each ended lead, oldest first.

        Inputs are from before its first handoff, named as conditions name them. How it ended stands in won
        (0 or 1), result, value_minor, currency, rating, reason, closed_reason and closed_at. No e-mail, phone
        or name of the person is in it; a text that holds one is left out or has it hidden.
        """
        async with runtime.database.acquire() as conn:
            history = await rulebooks.history(conn)
            check_line(history, line)
            now: datetime = await runtime.database.clock.now(conn)
        zone = ZoneInfo(history.at(now).rulebook.time_zone if len(history) else "UTC")
        asked = Asked(line, since, with_open)
        return StreamingResponse(_lines(runtime, asked, zone), media_type="application/x-ndjson")


async def _lines(runtime: Runtime, asked: Asked, zone: ZoneInfo) -> AsyncIterator[bytes]:
    after: Place | None = None
    while True:
        async with runtime.database.acquire() as conn:
            leads = await training.ended(conn, asked, after=after, limit=AT_ONCE)
            histories = await training.histories(conn, leads) if leads else []
        if histories:
            yield b"".join(orjson.dumps(row_of(each, zone)) + b"\n" for each in histories)
        if len(leads) < AT_ONCE:
            return
        after = Place(leads[-1].opened_at, leads[-1].id)
