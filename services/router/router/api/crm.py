"""CRMs over HTTP: what they say comes in; an operator sees what they were told, and what was left undone."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from router.api.allowed import allowed
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.crm import metrics
from router.crm.heard import Heard, Unreadable, read_events
from router.crm.office import CrmOffice
from router.crm.outbound_message import ACKNOWLEDGED, read_message
from router.crm.preview import preview
from router.crm.sender import connections_at
from router.crm.signatures import is_from_crm
from router.store import q
from rulebook.models import CrmConnection, CrmInbound
from rulebook.models.crm import CrmEvent
from service_kit.audit import audited
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.logs import logger
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from service_kit.secrets import SecretMissing
from service_kit.unit import Unit

_log = logger(__name__)
Name = Annotated[
    str,
    Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="the connection's name in crm.yaml"),
]
Limit = Annotated[int, Query(ge=1, le=1000)]
EVENTS = get_args(CrmEvent)
_BODY = {
    "requestBody": {
        "required": True,
        "description": "as the CRM sends it; crm.yaml says what in it means what",
        "content": {"application/json": {"schema": {}}, "text/xml": {"schema": {"type": "string"}}},
    }
}
_XML = {
    "content": {"text/xml": {"schema": {"type": "string"}}},
    "description": "of a Salesforce outbound message",
}


def crm_router(runtime: Runtime, office: CrmOffice) -> APIRouter:
    """The route for CRMs, which prove themselves by what they sign with."""
    router = APIRouter(prefix="/v1/crm", tags=["crm"])

    @router.post(
        "/{name}/events",
        status_code=202,
        openapi_extra=_BODY,
        responses={200: _XML, **refusals(400, 401, 404, 422, 503)},
        response_model=None,
    )
    async def hear(name: Name, request: Request) -> dict[str, int] | Response:
        """What the CRM says was changed there. It is kept and done soon after; the same event again changes
        nothing; what nothing can be done with is listed under GET /v1/crm/unmatched."""
        connection, currency = await _connection(runtime, office, name)
        inbound = connection.events
        if inbound is None:
            raise Problem(404, "No events expected", f"add `events` to {name} in crm.yaml, and publish it")
        body = await request.body()
        await _check_signature(runtime, office, inbound, request, body)
        found, others = _read(inbound, body, currency)
        new = await runtime.in_transaction(lambda unit: _keep(unit, name, inbound.record, found))
        if inbound.format == "salesforce_xml":
            return Response(ACKNOWLEDGED, media_type="text/xml")
        return {"taken": new, "known": len(found) - new, "of_no_matter": others}

    return router


def crm_operator_router(runtime: Runtime, office: CrmOffice) -> APIRouter:
    """Routes for operators."""
    router = APIRouter(prefix="/v1/crm", tags=["crm"], dependencies=allowed(runtime, Scope.CRM_READ))
    _add_unmatched(router, runtime)
    _add_requests(router, runtime)
    _add_leads(router, runtime, office)
    return router


def _add_unmatched(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/unmatched")
    async def list_unmatched(limit: Limit = 100) -> dict[str, Any]:
        """What CRMs said that nothing could be done with, the newest first, and why."""
        async with runtime.database.acquire() as conn:
            return {"unmatched": [dict(row) for row in await conn.fetch(q.crm_unmatched, limit)]}

    @router.post("/unmatched/retry", dependencies=allowed(runtime, Scope.CRM_WRITE))
    async def try_again(who: Who) -> dict[str, int]:
        """Look once more at everything that nothing could be done with, as after a rep got their crm_id."""

        async def work(unit: Unit) -> int:
            found: int = await unit.conn.fetchval(q.crm_try_events_again)
            return found

        done = audited(who, "crm.retry_unmatched", "crm", "all", work)
        return {"again": await runtime.in_transaction(done)}


def _add_requests(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/requests")
    async def list_requests(
        state: Literal["pending", "done", "skipped", "given_up"] = "given_up", limit: Limit = 100
    ) -> dict[str, Any]:
        """What CRMs are told, the newest first, and how it fared."""
        async with runtime.database.acquire() as conn:
            return {"requests": [dict(row) for row in await conn.fetch(q.crm_requests_listed, state, limit)]}

    @router.post("/requests/{request_id}/retry", dependencies=allowed(runtime, Scope.CRM_WRITE))
    async def retry(request_id: UUID, who: Who) -> dict[str, Any]:
        """Send a request again that was given up, for as long as at first."""

        async def work(unit: Unit) -> UUID | None:
            found: UUID | None = await unit.conn.fetchval(q.crm_retry, request_id, unit.now)
            return found

        done = audited(who, "crm.retry", "crm_request", request_id, work)
        if await runtime.in_transaction(done) is None:
            told = "GET /v1/crm/requests?state=given_up lists those that can be sent again"
            raise Problem(404, "No such request was given up", told)
        return {"id": request_id, "state": "pending"}


def _add_leads(router: APIRouter, runtime: Runtime, office: CrmOffice) -> None:
    @router.get("/leads/{lead_id}")
    async def read_lead(lead_id: UUID) -> dict[str, Any]:
        """Under which ids CRMs keep a lead and its person, and what they were told of it."""
        async with runtime.database.acquire() as conn:
            objects = [dict(row) for row in await conn.fetch(q.crm_objects_of_lead, lead_id)]
            requests = [dict(row) for row in await conn.fetch(q.crm_requests_of_leads, lead_id)]
        return {"lead_id": lead_id, "objects": objects, "requests": requests}

    @router.get("/leads/{lead_id}/preview")
    async def preview_lead(
        lead_id: UUID,
        event: Annotated[CrmEvent, Query(description="as crm.yaml names them")] = "assigned",
        connection: Annotated[
            str | None, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="only of this one")
        ] = None,
    ) -> dict[str, Any]:
        """What CRMs would be told of a lead on an event, secrets hidden; nothing is sent."""
        with refusals_as_problems():
            return await preview(runtime, office.books, lead_id, event, connection)


async def _connection(runtime: Runtime, office: CrmOffice, name: str) -> tuple[CrmConnection, str]:
    async with runtime.database.acquire() as conn:
        now = await runtime.database.clock.now(conn)
        found = (await connections_at(office.books, conn, now)).get(name)
        book = (await office.books.shelf(conn)).at(now)
    if found is None or book is None:
        raise Problem(404, "No such CRM", f"{name!r} is no connection of crm.yaml as it is in force")
    return found, book.company.currency


async def _check_signature(
    runtime: Runtime, office: CrmOffice, inbound: CrmInbound, request: Request, body: bytes
) -> None:
    try:
        secrets = office.secrets.all_of(inbound.signature.secret)
    except SecretMissing as error:
        # where it is to be written is for who operates Baton, and not for whoever posts
        _log.error("a CRM's events cannot be checked", secret=inbound.signature.secret, why=str(error))
        raise Problem(
            503,
            "Events cannot be checked now",
            "send them again later; the router's log says what is missing",
            headers={"Retry-After": "60"},
        ) from None
    async with runtime.database.acquire() as conn:
        now = await runtime.database.clock.now(conn)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not is_from_crm(inbound.signature, headers, request.query_params, body, secrets, now):
        metrics.REFUSED.inc()
        raise Problem(
            401,
            "The signature is not good",
            f"sign as {inbound.signature.scheme} with the secret that crm.yaml names",
            headers={"WWW-Authenticate": "Bearer"},
        )


def _read(inbound: CrmInbound, body: bytes, currency: str) -> tuple[list[Heard], int]:
    try:
        document = read_message(body) if inbound.format == "salesforce_xml" else orjson.loads(body)
        return read_events(inbound, document, currency)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "The body is no JSON", f"send JSON in UTF-8: {error}") from error
    except Unreadable as error:
        raise Problem(422, "The body is not as crm.yaml says", str(error)) from error


async def _keep(unit: Unit, name: str, record: str, found: list[Heard]) -> int:
    rows = await unit.conn.fetch(
        q.crm_insert_events,
        name,
        record,
        unit.now,
        [each.id for each in found],
        [each.object_id for each in found],
        [each.occurred_at for each in found],
        [each.owner for each in found],
        [each.outcome for each in found],
        [each.value_minor for each in found],
        [each.currency for each in found],
        [each.reason for each in found],
        [each.channel for each in found],
        [each.result for each in found],
        [orjson.dumps(each.words).decode() for each in found],
        [each.is_ours for each in found],
    )
    return len(rows)
