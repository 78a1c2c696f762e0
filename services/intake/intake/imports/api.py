"""Imports over HTTP, for the operator."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from intake.domain.refusals import Refusal
from intake.imports.desk import ImportDesk, Known
from intake.imports.wish import Wish
from intake.journal import Journal
from lead_events.words import ImportMode
from service_kit.audit import Who
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope
from service_kit.documents import refusal, refusals
from service_kit.problems import Problem

PATH = "/v1/imports"
MOST_KEYS = 500

_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file as it is: CSV or TSV in any encoding that can be told for sure.",
        "content": {
            "text/csv": {
                "schema": {"type": "string", "format": "binary"},
                "example": "name,email\r\nAna Example,ana@example.com\r\n",
            }
        },
    }
}
_TAKEN: dict[int | str, dict[str, Any]] = {
    404: refusal("No form has this id."),
    409: refusal("The form is retired: import by another form."),
    413: refusal("The file is over BATON_IMPORT_MAX_BYTES: split it, header and all."),
}
Text = Annotated[str | None, Query(max_length=1_000)]


def _wish(
    mode: Annotated[ImportMode, Query(description="nurture, now, paced or owner")] = ImportMode.NURTURE,
    per_rep_daily: Annotated[int | None, Query(ge=1, le=1_000, description="for paced")] = None,
    owner_column: Annotated[Text, Query(description="for owner: the column that names the rep")] = None,
    date_column: Annotated[Text, Query(description="the column of the buyer's act")] = None,
    time_zone: Annotated[Text, Query(description="of times without an offset")] = None,
    date_order: Annotated[Literal["day_first", "month_first"] | None, Query()] = None,
    consent_proof: Annotated[Text, Query(description="where the consent is on record")] = None,
    counts: Annotated[bool, Query(description="whether the agreement counts these leads")] = False,
    encoding: Annotated[Text, Query(description="where the bytes do not tell")] = None,
    separator: Annotated[Text, Query(description="where the rows do not tell")] = None,
    language: Annotated[Text, Query(description="in whose way numbers are written")] = None,
    column: Annotated[list[str] | None, Query(description="COLUMN=FIELD, once for each column")] = None,
    accept_proposed: Annotated[bool, Query(description="read columns as proposed")] = False,
) -> Wish:
    try:
        return Wish(
            mode=mode,
            per_rep_daily=per_rep_daily,
            owner_column=owner_column,
            date_column=date_column,
            time_zone=time_zone,
            date_order=date_order,
            consent_proof=consent_proof,
            counts=counts,
            encoding=encoding,
            separator=separator,
            language=language,
            columns=_columns(column or []),
            accept_proposed=accept_proposed,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or None
        raise Problem(
            422, "The import cannot be done so", first["msg"].removeprefix("Value error, "), field=field
        ) from None


def imports_router(gate: Gate, journal: Journal, desk: ImportDesk) -> APIRouter:
    """Files in, how far they are, and the rows that were refused."""
    router = APIRouter(tags=["imports"])
    reading, writing = gate.allowed(Scope.IMPORTS_READ), gate.allowed(Scope.IMPORTS_WRITE)

    @router.post(PATH, dependencies=writing, status_code=202, responses=_TAKEN, openapi_extra=_FILE)
    async def take_import(
        request: Request,
        who: Who,
        wish: Annotated[Wish, Depends(_wish)],
        form: Annotated[str, Query(min_length=1, max_length=100, description="the form's id")],
        file: Annotated[str, Query(max_length=300, description="the file's name")] = "file",
        by: Annotated[str, Query(max_length=200, description="who imports it")] = "operator",
        dry_run: Annotated[bool, Query(description="only read it; POST .../start publishes it")] = False,
    ) -> JSONResponse:
        """Take a file. The same file sent again, for the same form and settings, goes on where it stopped."""
        caller = who.named(by)
        taking = desk.take(form, file, caller.by, wish, is_dry=dry_run, body=_body(request))
        told = _told(await _refused(taking))
        await journal.keep(caller, "import.try" if dry_run else "import.take", "import", told["import_id"])
        return JSONResponse(told, 202, headers={"Location": told["status"]})

    @router.get(f"{PATH}/{{import_id}}", dependencies=reading)
    async def show_import(import_id: UUID) -> dict[str, Any]:
        """How far this instance has read it, and how. Scoring tells what became of the rows."""
        return _told(_found(desk, import_id))

    @router.post(
        f"{PATH}/{{import_id}}/start", dependencies=writing, status_code=202, responses=refusals(409)
    )
    async def start_import(import_id: UUID, who: Who) -> dict[str, Any]:
        """Publish the rows of an import that was sent as a dry run."""
        try:
            told = _told(desk.start(import_id))
        except Refusal as refused:
            raise _problem(refused) from None
        await journal.keep(who, "import.start", "import", import_id)
        return told

    @router.get(
        f"{PATH}/{{import_id}}/errors",
        dependencies=reading,
        response_class=FileResponse,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def show_errors(import_id: UUID) -> FileResponse:
        """The rows that no lead could be made of, each with its number and what to write instead, as CSV.

        Cells that a spreadsheet would run are escaped.
        """
        known = _found(desk, import_id)
        if not known.job.errors.exists():
            raise Problem(404, "No row has been read yet", "ask again when the state is no longer queued")
        return FileResponse(
            known.job.errors, media_type="text/csv; charset=utf-8", filename=f"errors-{import_id}.csv"
        )

    @router.get(f"{PATH}/{{import_id}}/keys", dependencies=reading)
    async def show_keys(
        import_id: UUID,
        offset: Annotated[int, Query(ge=0, le=2**40, description="bytes: `next` of the page before")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_KEYS)] = MOST_KEYS,
    ) -> dict[str, Any]:
        """Of a dry run: by which each row's person is known again, to ask scoring with."""
        known = _found(desk, import_id)
        return _keys_page(known, offset, limit)

    return router


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise Refusal(400, "The file did not arrive whole", "send it again") from None


def _columns(told: list[str]) -> dict[str, str]:
    columns = {}
    for each in told:
        name, sign, field = each.rpartition("=")
        if not sign or not name.strip() or not field.strip():
            raise Problem(
                422,
                "The import cannot be done so",
                "write column=COLUMN=FIELD, such as column=Correo=email",
                field="column",
            )
        columns[name.strip()] = field.strip()
    return columns


async def _refused(taking: Any) -> Known:
    try:
        known: Known = await taking
    except Refusal as refused:
        raise _problem(refused) from None
    return known


def _found(desk: ImportDesk, identity: UUID) -> Known:
    try:
        return desk.find(identity)
    except Refusal as refused:
        raise _problem(refused) from None


def _problem(refused: Refusal) -> Problem:
    return Problem(refused.status, refused.title, refused.detail)


def _told(known: Known) -> dict[str, Any]:
    order, progress = known.asked.order, known.progress
    told: dict[str, Any] = {
        "import_id": str(order.import_id),
        "status": f"{PATH}/{order.import_id}",
        "state": progress.state,
        "is_new": known.is_new,
        "dry_run": known.asked.is_dry,
        "form": order.form_id,
        "file": known.asked.file,
        "bytes": known.asked.size,
        "started_at": order.received_at.isoformat(),
        "settings": order.wish.told(),
        "rows": progress.rows,
        "published": progress.published,
        "refused": progress.refused,
        "skipped": progress.skipped,
        "repaired": progress.repaired,
        "tests": progress.tests,
        "notes": list(progress.notes),
    }
    more = {"layout": progress.layout, "error": progress.error, "proposed": progress.proposed}
    return told | {name: value for name, value in more.items() if value is not None}


def _keys_page(known: Known, offset: int, limit: int) -> dict[str, Any]:
    if not known.job.keys.exists():
        raise Problem(404, "No dry run", "send the file with dry_run=true first")
    end = known.progress.keys_bytes
    rows: list[list[str]] = []
    with known.job.keys.open("rb") as file:
        file.seek(offset)
        while len(rows) < limit and file.tell() < end:
            try:
                rows.append(orjson.loads(file.readline()))
            except ValueError:
                raise Problem(
                    422, "No such place", "send the `next` of the page before, or 0", field="offset"
                ) from None
        place = file.tell()
    return {"rows": rows, "next": place if place < end else None}
