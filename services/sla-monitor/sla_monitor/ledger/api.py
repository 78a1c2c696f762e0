"""HTTP of the ledger: objections and their decisions, incident windows, signing a month."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.model import UtcTime
from lead_events.words import TimerKind
from service_kit.audit import Who, audited
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.queries import load_queries
from service_kit.runtime import Runtime
from service_kit.unit import Unit
from sla_monitor.errors import BadCursor
from sla_monitor.ledger import disputes
from sla_monitor.ledger.book import About, Side
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.closing import MonthCloser, Signing
from sla_monitor.ledger.disputes import Objected
from sla_monitor.ledger.waiting import Waiting, what_waits

_q = load_queries("sla_monitor.ledger", "queries/disputes.sql")
Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=500)]
_LAST = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Objection(_Body):
    """What somebody objects to: `lead`, with `kind` and `round` where several of its promises were broken, or
    the `subject` itself: the act of the rejection, the timer of the breach."""

    about: About
    side: Side
    reason: Words
    subject: UUID | None = None
    lead: UUID | None = None
    kind: TimerKind | None = None
    round: int | None = Field(default=None, ge=1, le=2**31 - 1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.subject is None) == (self.lead is None):
            raise ValueError("send either lead or subject: the lead's id, or that of the act or timer")
        if self.about == "rejection" and (self.kind is not None or self.round is not None):
            raise ValueError("kind and round name a broken promise: leave them out of a rejection")
        return self


class Decision(_Body):
    """Why it was decided so."""

    why: Words


class Window(_Body):
    """From when until when nobody is to blame, both included."""

    from_: UtcTime = Field(alias="from")
    until: UtcTime
    why: Words


class Signature(_Body):
    """Who signs, and for which side."""

    side: Side
    name: Name


def ledger_router(runtime: Runtime, books: Books) -> APIRouter:
    """The routes; `books`: what the process remembers of rulebooks."""
    router = APIRouter(prefix="/v1", tags=["agreement"])
    _objection_routes(router, runtime, books)
    _incident_routes(router, runtime)
    _waiting_route(router, runtime, books)
    closer = MonthCloser(runtime, books)

    @router.post(
        "/reports/{period}/sign",
        dependencies=runtime.gate.allowed(Scope.AGREEMENT_WRITE),
        responses=refusals(409),
    )
    async def sign_month(period: str, signature: Signature, who: Who) -> dict[str, Any]:
        """Sign a month for a side. With the second signature it is closed: its figures stand as they were."""
        signed = await closer.sign(Signing(period, signature.side, signature.name, who))
        return {
            "period": signed.period,
            "side": signed.side,
            "is_closed": signed.is_closed,
            "booked": signed.booked,
            "corrections": signed.corrections,
        }

    return router


def _objection_routes(router: APIRouter, runtime: Runtime, books: Books) -> None:
    allowed = runtime.gate.allowed

    @router.post(
        "/objections",
        status_code=201,
        dependencies=allowed(Scope.AGREEMENT_WRITE),
        responses=refusals(404, 409),
    )
    async def object_to(objection: Objection, who: Who) -> dict[str, Any]:
        """Object to a rejection or a breach, within the days of the agreement."""
        wanted = Objected(**objection.model_dump())

        async def work(unit: Unit) -> dict[str, Any]:
            return await disputes.object_to(unit, books, wanted, who.by)

        subject = objection.subject or objection.lead
        fields = objection.model_fields_set
        return await runtime.in_transaction(
            audited(who, "objection.make", objection.about, subject, work, fields)
        )

    @router.post(
        "/objections/{objection_id}/uphold",
        dependencies=allowed(Scope.AGREEMENT_WRITE),
        responses=refusals(409),
    )
    async def uphold(objection_id: UUID, decision: Decision, who: Who) -> dict[str, Any]:
        """Leave as it is what was objected to."""
        return await _decided(runtime, objection_id, "upheld", decision, who)

    @router.post(
        "/objections/{objection_id}/excuse",
        dependencies=allowed(Scope.AGREEMENT_WRITE),
        responses=refusals(409),
    )
    async def excuse(objection_id: UUID, decision: Decision, who: Who) -> dict[str, Any]:
        """Take off the count what was objected to."""
        return await _decided(runtime, objection_id, "excused", decision, who)

    @router.get("/objections", dependencies=allowed(Scope.TIMERS_READ))
    async def objections(
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        side: Side | None = None,
        limit: Limit = 100,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Objections, the newest first, decided or not; send `next_cursor` back for the next page."""
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(_q.list_objections, is_open, side, *_before(cursor), limit)
        more = f"{rows[-1]['at'].isoformat()}~{rows[-1]['id']}" if len(rows) == limit else None
        return {"objections": [dict(row) for row in rows], "next_cursor": more}


def _incident_routes(router: APIRouter, runtime: Runtime) -> None:
    allowed = runtime.gate.allowed

    @router.post("/incidents", status_code=201, dependencies=allowed(Scope.OPERATE))
    async def add_incident(window: Window, who: Who) -> dict[str, Any]:
        """Excuse every breach whose due time lies in a window, at once."""

        async def work(unit: Unit) -> dict[str, Any]:
            return await disputes.add_incident(unit, window.from_, window.until, window.why, who.by)

        span = f"{window.from_.isoformat()}/{window.until.isoformat()}"
        fields = ("from", "until", "why")
        return incident_view(
            await runtime.in_transaction(audited(who, "incident.add", "incident", span, work, fields))
        )

    @router.get("/incidents", dependencies=allowed(Scope.TIMERS_READ))
    async def incidents(limit: Limit = 100) -> dict[str, Any]:
        """Incident windows, the newest first, those taken back too, and how many breaches lie in each."""
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(_q.list_incidents, limit)
        return {"incidents": [incident_view(dict(row)) for row in rows]}

    @router.delete("/incidents/{incident_id}", dependencies=allowed(Scope.OPERATE), responses=refusals(409))
    async def retract_incident(incident_id: UUID, who: Who) -> dict[str, Any]:
        """Take a window back: it excuses nothing any more, and stays to be seen."""

        async def work(unit: Unit) -> dict[str, Any]:
            return await disputes.retract_incident(unit, incident_id, who.by)

        return incident_view(
            await runtime.in_transaction(audited(who, "incident.retract", "incident", incident_id, work))
        )


def _waiting_route(router: APIRouter, runtime: Runtime, books: Books) -> None:
    @router.get("/agreement/waiting", dependencies=runtime.gate.allowed(Scope.TIMERS_READ))
    async def waiting() -> Waiting:
        """How many objections nobody has decided, and which months may be signed, with the sides that have
        not."""
        async with runtime.database.transaction() as conn:
            now = await runtime.database.clock.now(conn)
            await books.learn(conn)
            return await what_waits(conn, books, now)


async def _decided(
    runtime: Runtime, identity: UUID, verdict: Literal["upheld", "excused"], decision: Decision, who: Who
) -> dict[str, Any]:
    async def work(unit: Unit) -> dict[str, Any]:
        return await disputes.decide(unit, identity, verdict, who.by, decision.why)

    action = "objection.uphold" if verdict == "upheld" else "objection.excuse"
    return await runtime.in_transaction(audited(who, action, "objection", identity, work, ("why",)))


def incident_view(row: dict[str, Any]) -> dict[str, Any]:
    """A window as it was sent. `breaches`: how many lie in it, where that was counted."""
    spoken = {"from_at": "from", "until_at": "until"}
    return {spoken.get(name, name): value for name, value in row.items()}


def _before(cursor: str | None) -> tuple[datetime, UUID]:
    if cursor is None:
        return _LAST
    at, separator, identity = cursor.partition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+")).astimezone(UTC)
        return moment, UUID(identity if separator else "")
    except (ValueError, OverflowError):
        raise BadCursor from None
