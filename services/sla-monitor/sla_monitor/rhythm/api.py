"""HTTP for pages: look at one, send one, and who was sent what."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse

from rulebook.models import TextLanguage
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime
from sla_monitor.reports.asked import SAFE
from sla_monitor.rhythm import store
from sla_monitor.rhythm.figuring import letter_of
from sla_monitor.rhythm.letters import Letter
from sla_monitor.rhythm.making import PageMaker
from sla_monitor.rhythm.receivers import shown
from sla_monitor.rhythm.rendering import as_blocks, as_html, as_text
from sla_monitor.rhythm.schedule import PageKind

Language = Annotated[TextLanguage, Query(description="in which language")]
PeriodName = Annotated[str, Path(description="2026-W48, 2026-11, or last", max_length=20)]


def page_router(runtime: Runtime, maker: PageMaker) -> APIRouter:
    """The routes of pages."""
    router = APIRouter(prefix="/v1/pages", tags=["pages"])
    looks = runtime.gate.allowed(Scope.TIMERS_READ)

    @router.get("", dependencies=runtime.gate.allowed(Scope.DELIVERIES_READ))
    async def sent_pages(limit: Annotated[int, Query(ge=1, le=500)] = 100) -> dict[str, Any]:
        """Who was sent which page, the newest first, and how it fared; of a webhook only the server."""
        async with runtime.database.acquire() as conn:
            found = await store.list_receivers(conn, limit)
        return {"pages": [{**row, "receiver": shown(row["receiver"])} for row in found]}

    @router.get("/{page}/{period}", dependencies=looks, responses=refusals(404, 409, 429, 503))
    async def look(page: PageKind, period: PeriodName, language: Language = "en") -> dict[str, Any]:
        """A page as it was sent, else as it would be now. `period`: 2026-W48, 2026-11, or `last`."""
        made, letter = await _read(page, period, language)
        return {
            "page": made.kind,
            "period": made.period,
            "subject": letter.subject,
            "text": as_text(letter),
            "blocks": as_blocks(letter),
            "figures": made.figures,
        }

    @router.get("/{page}/{period}/html", dependencies=looks, responses=refusals(404, 409, 429, 503))
    async def look_at_html(page: PageKind, period: PeriodName, language: Language = "en") -> HTMLResponse:
        """The same as an e-mail shows it."""
        _, letter = await _read(page, period, language)
        return HTMLResponse(as_html(letter), headers=SAFE)

    @router.post(
        "/{page}/{period}/send",
        dependencies=runtime.gate.allowed(Scope.DELIVERIES_WRITE),
        responses=refusals(404, 409, 503),
    )
    async def send(page: PageKind, period: PeriodName, who: Who) -> dict[str, Any]:
        """Send a page to everybody named in the rulebook who was not sent it before."""
        sent = await maker.send(page, period, entry(who, "page.send", "page", f"{page} {period}"))
        return {
            "page": page,
            "period": sent.period,
            "sent": [shown(each) for each in sent.now],
            "sent_before": [shown(each) for each in sent.before],
        }

    async def _read(page: PageKind, period: str, language: str) -> tuple[store.Made, Letter]:
        made = await maker.look(page, period, language)
        return made, letter_of(made, language, by_mail=False)[0]

    return router
