"""HTTP for reports: a month, or one source in it, as JSON, as CSV and as a page."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from rulebook.models.people import TextLanguage
from service_kit.auth_principal import Scope
from service_kit.documents import refusal, refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from sla_monitor.reports.asked import MEDIA, SAFE, Asked, Format, check_name
from sla_monitor.reports.desk import ReportDesk
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.touches import SourceReport

Month = Annotated[
    str, Path(description="a month of the company, such as 2026-11; `this` or `last`", max_length=20)
]
Source = Annotated[str, Path(description="a source of the rulebook, such as google-ads", max_length=100)]
As = Annotated[Format, Query(description="figures, one figure a row, or a page that stands alone")]
In = Annotated[TextLanguage, Query(description="of the page")]
_BUSY = "A report is being made here, or too many bad tokens came: wait as Retry-After says."


def report_router(runtime: Runtime, desk: ReportDesk) -> APIRouter:
    """The routes of reports."""
    router = APIRouter(prefix="/v1/reports", tags=["reports"])
    allowed = runtime.gate.allowed(Scope.TIMERS_READ)

    @router.get("/{period}", dependencies=allowed, response_class=Response, responses=_answers(MonthReport))
    async def month(period: Month, format: As = "json", language: In = "en") -> Response:  # noqa: A002
        """A month for both sides: what was delivered, promised, kept and won. Made in a process of its own,
        one at a time."""
        return await _made(runtime, desk, period, format, language, None)

    @router.get(
        "/{period}/sources/{source:path}",
        dependencies=allowed,
        response_class=Response,
        responses=_answers(SourceReport),
    )
    async def source(
        period: Month,
        source: Source,
        format: As = "json",  # noqa: A002
        language: In = "en",
    ) -> Response:
        """Each paid lead of a source: accepted, a duplicate of what, or invalid with its proof, and whether
        it is inside the window in which the source takes it back."""
        return await _made(runtime, desk, period, format, language, source)

    return router


def _answers(model: type[Any]) -> dict[int | str, dict[str, Any]]:
    text: dict[str, Any] = {"schema": {"type": "string"}}
    return {
        200: {"model": model, "content": {"text/html": text, "text/csv": text}, "description": "The report."},
        **refusals(404, 503),
        429: refusal(_BUSY),
    }


async def _made(
    runtime: Runtime,
    desk: ReportDesk,
    period: str,
    form: Format,
    language: TextLanguage,
    source: str | None,
) -> Response:
    try:
        check_name(period)
    except ValueError as error:
        raise Problem(422, "The month cannot be read", str(error), field="period") from None
    async with runtime.database.acquire() as conn:
        now = await runtime.database.clock.now(conn)
    asked = Asked(period=period, now=now, format=form, language=language, source=source)
    body = await desk.make(asked)
    name = f"{period}-{source}" if source else period
    headers = SAFE | (
        {"Content-Disposition": f'attachment; filename="{_plain(name)}.csv"'} if form == "csv" else {}
    )
    return Response(body, media_type=MEDIA[form], headers=headers)


def _plain(name: str) -> str:
    """A name of a file that no header breaks on."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name
    )
