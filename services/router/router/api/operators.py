"""The API of an operator: tokens, pools, what is held, and everything about one lead."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from router.access.sight import pools_led
from router.access.tokens import Wish, give
from router.api.allowed import allowed
from router.api.assignments import ask
from router.api.decisions import decision
from router.api.names import RepId, Who
from router.api.refusals import refusals_as_problems
from router.books import Books
from router.domain.leads import LeadState
from router.errors import UnknownLead
from router.store import Row, q
from service_kit.audit import Caller, audited
from service_kit.auth_principal import Scope
from service_kit.conservation import conservation
from service_kit.runtime import Runtime


def operator_router(runtime: Runtime) -> APIRouter:
    """Routes for operators."""
    router = APIRouter(prefix="/v1", tags=["operators"])

    @router.post("/reps/{rep_id}/tokens", status_code=201, dependencies=allowed(runtime, Scope.TOKENS_WRITE))
    async def create_token(rep_id: RepId, who: Who) -> dict[str, Any]:
        """A new token for a rep, good for a year; it is shown this once."""
        work = audited(who, "token.create", "rep", rep_id, give(Wish.of_rep(rep_id), who))
        with refusals_as_problems():
            made = await runtime.in_transaction(work)
        return {"token": made["token"], "expires_at": made["expires_at"]}

    _add_lists(router, runtime)
    _add_leads(router, runtime)
    return router


def _add_lists(router: APIRouter, runtime: Runtime) -> None:
    books = Books()

    async def seen(who: Caller) -> list[str] | None:
        database = runtime.database
        async with database.acquire() as conn:
            found = await pools_led(conn, who.principal, books, await database.clock.now(conn))
        return None if found is None else sorted(found)

    @router.get("/pools", dependencies=allowed(runtime, Scope.ROUTING_READ, chooses=True))
    async def list_pools(who: Who) -> dict[str, Any]:
        """Pools, and how many leads each holds; of a team lead those all of whose reps they lead."""
        theirs = await seen(who)
        rows = await _rows(runtime, q.all_pools)
        return {"pools": [dict(row) for row in rows if theirs is None or row["id"] in theirs]}

    @router.get("/held", dependencies=allowed(runtime, Scope.ROUTING_READ, chooses=True))
    async def list_held(who: Who, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        """Leads that wait, in the order they are drained, and why; to a team lead those of their pools."""
        rows = await _rows(runtime, q.held_leads, limit, await seen(who))
        return {"held": [dict(row) for row in rows]}

    @router.get("/conservation", dependencies=allowed(runtime, Scope.OPERATE))
    async def read_conservation() -> dict[str, Any]:
        """Every record read and every lead known is exactly one of these."""
        async with runtime.database.acquire() as conn:
            answer = await conservation(conn)
            found = {row["state"]: row["leads"] for row in await conn.fetch(q.leads_by_state)}
        leads = {state.value: found.get(state.value, 0) for state in LeadState}
        return {**answer, "leads": leads, "leads_known": sum(leads.values())}


def _add_leads(router: APIRouter, runtime: Runtime) -> None:
    books = Books()

    async def currency() -> str | None:
        async with runtime.database.acquire() as conn:
            shelf = await books.shelf(conn)
            book = shelf.at(await runtime.database.clock.now(conn))
        return book.company.currency if book is not None else None

    @router.get("/leads/{lead_id}", dependencies=allowed(runtime, Scope.LEADS_READ))
    async def read_lead(lead_id: UUID) -> dict[str, Any]:
        """A lead's state, its rounds, what reps did, what the buyer asked meanwhile, which timers spoke."""
        with refusals_as_problems():
            lead = await _one_lead(runtime, lead_id)
        rounds = await _rows(runtime, q.assignments_of_lead, lead_id)
        acts = await _rows(runtime, q.acts_of_lead, lead_id)
        timers = await _rows(runtime, q.timer_news_of_lead, lead_id)
        asks = await _rows(runtime, q.asks_of_leads, [lead_id])
        orders = await _rows(runtime, q.orders_of_lead, lead_id)
        pauses = await _rows(runtime, q.pauses_of_lead, lead_id)
        return {
            **_lead(lead),
            "assignments": [_round(row) for row in rounds],
            "acts": [dict(row) for row in acts],
            "timers": [dict(row) for row in timers],
            "pauses": [dict(row) for row in pauses],
            "asked_again": [ask(row) for row in asks],
            "orders": [dict(row) for row in orders],
        }

    @router.get("/leads/{lead_id}/decisions", dependencies=allowed(runtime, Scope.LEADS_READ))
    async def read_decisions(lead_id: UUID) -> dict[str, Any]:
        """Every decision about a lead.

        Who could take it, who could not and why, and the rule that led there.
        """
        with refusals_as_problems():
            await _one_lead(runtime, lead_id)
        rows = await _rows(runtime, q.decisions_of_lead, lead_id)
        paid_in = await currency()
        return {"lead_id": lead_id, "decisions": [decision(row, paid_in) for row in rows]}


async def _rows(runtime: Runtime, query: str, *arguments: object) -> list[Row]:
    async with runtime.database.acquire() as conn:
        return list(await conn.fetch(query, *arguments))


async def _one_lead(runtime: Runtime, lead_id: UUID) -> Row:
    rows = await _rows(runtime, q.one_lead, lead_id)
    if not rows:
        raise UnknownLead(lead_id)
    return rows[0]


def _round(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_within")}


def _lead(row: Row) -> dict[str, Any]:
    shown = (
        "id",
        "state",
        "person_id",
        "line",
        "quadrant",
        "stage",
        "round",
        "pool_id",
        "hold_reason",
        "held_since",
        "next_try_at",
        "closed_at",
        "close_reason",
        "excluded",
        "rulebook_version",
        "is_test",
        "account",
        "locked_by",
        "locked_at",
        "lock_reason",
    )
    return {name: row[name] for name in shown}
