"""Leads by hand: give one to a named rep, many at once, lock one. For the operator; each order is audited."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from router.access.sight import leads_seen, reps_seen
from router.api.allowed import allowed
from router.api.names import Who
from router.api.refusals import refusals_as_problems
from router.api.reps import Key, Reason
from router.domain.orders import Order, OrderKind
from router.errors import Refused
from router.handlers.assigning import AssignHandler
from router.store import Row, q
from service_kit.audit import Caller, audited
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime

MOST_LEADS = 500
"""Of one order of many."""
RepName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="a rep's id; GET /v1/reps lists them")
]
_REFUSALS = refusals(404, 409, 422, 503)


class _Order(BaseModel):
    """An unknown field is an error, so that a typing slip is never silent."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    force: bool = Field(default=False, description="over the rep's capacity too, and over another's lock")
    round: int | None = Field(
        default=None,
        ge=0,
        le=10**6,
        description="the round as you saw it: if it is another by now, nothing is done, and you are told",
    )


class Assign(_Order):
    """To whom, and why."""

    rep: RepName


class ToPool(_Order):
    """Why somebody else is to have it, whom the rules choose."""


class Lock(_Order):
    """Why no rule is to move it."""


class Unlock(_Order):
    """Why rules may move it again."""


class MoveMany(BaseModel):
    """Leads of a rep, or a list; to another rep, or back to the rules."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    from_rep: RepName | None = Field(default=None, description="whose leads; or name them under `leads`")
    unanswered: bool = Field(default=False, description="of `from_rep`: only leads without any answer")
    leads: list[UUID] = Field(default_factory=list, max_length=MOST_LEADS)
    to: RepName | None = Field(default=None, description="absent: the rules choose, for each lead")
    force: bool = False
    dry_run: bool = Field(default=True, description="only list what would be moved; false moves")


def assigning_router(runtime: Runtime, handler: AssignHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for operators. `wake` is called when an order may have made room."""
    router = APIRouter(prefix="/v1", tags=["by hand"])

    async def do(who: Caller, lead_id: UUID, order: Order) -> dict[str, Any]:
        await _may_name(runtime, who, order.rep)
        work = audited(who, f"lead.{order.kind}", "lead", lead_id, handler.work(lead_id, order))
        with refusals_as_problems():
            answer: dict[str, Any] = await runtime.in_transaction(work)
        wake()
        return answer

    _add_one(router, do, allowed(runtime, Scope.LEADS_ASSIGN))

    @router.post(
        "/leads/reassign",
        responses=refusals(404, 422, 503),
        dependencies=allowed(runtime, Scope.LEADS_ASSIGN, chooses=True),
    )
    async def reassign(many: MoveMany, who: Who, key: Key = None) -> dict[str, Any]:
        """Move many leads, each by itself: what became of each is told. At most 500 at once; of more, send it
        again, with another key, until `left` is 0 or nothing moves. A dry run lists them."""
        await _may_name(runtime, who, many.from_rep, many.to)
        wanted, left = await _wanted(runtime, many, who, key)
        if many.dry_run:
            shown = await _rows(runtime, q.shown_to_move, list(wanted))
            return {"dry_run": True, "leads": [dict(row) for row in shown], "left": left}
        kind = OrderKind.ASSIGN if many.to is not None else OrderKind.TO_POOL
        order = Order(kind, who.by, many.reason, many.to, force=many.force, key=key)
        results = [
            await _move(runtime, handler, who, lead, replace(order, round=round_))
            for lead, round_ in wanted.items()
        ]
        wake()
        moved = sum(each["moved"] for each in results)
        return {
            "dry_run": False,
            "moved": moved,
            "refused": len(results) - moved,
            "leads": results,
            "left": left,
        }

    return router


def _add_one(router: APIRouter, do: Callable[[Caller, UUID, Order], Any], allowing: list[Any]) -> None:
    path = "/leads/{lead_id}"

    @router.post(f"{path}/assign", responses=_REFUSALS, dependencies=allowing)
    async def assign(lead_id: UUID, order: Assign, who: Who, key: Key = None) -> Any:
        """Give a held or assigned lead to a named rep. The rep who had it is not offered it again."""
        made = _order(OrderKind.ASSIGN, order, who.by, key)
        return await do(who, lead_id, replace(made, rep=order.rep))

    @router.post(f"{path}/to-pool", responses=_REFUSALS, dependencies=allowing)
    async def to_pool(lead_id: UUID, order: ToPool, who: Who, key: Key = None) -> Any:
        """Take the lead from its rep; the rules choose who has it next."""
        return await do(who, lead_id, _order(OrderKind.TO_POOL, order, who.by, key))

    @router.post(f"{path}/lock", responses=_REFUSALS, dependencies=allowing)
    async def lock(lead_id: UUID, order: Lock, who: Who, key: Key = None) -> Any:
        """Lock the lead to the rep who has it: no rule, breach or absence moves it."""
        return await do(who, lead_id, _order(OrderKind.LOCK, order, who.by, key))

    @router.post(f"{path}/unlock", responses=_REFUSALS, dependencies=allowing)
    async def unlock(lead_id: UUID, order: Unlock, who: Who, key: Key = None) -> Any:
        """Lift the lock; another's only with `force`."""
        return await do(who, lead_id, _order(OrderKind.UNLOCK, order, who.by, key))


def _order(kind: OrderKind, body: _Order, by: str, key: str | None) -> Order:
    return Order(kind, by, body.reason, round=body.round, force=body.force, key=key)


async def _may_name(runtime: Runtime, who: Caller, *reps: str | None) -> None:
    """Raises Problem 404 for a rep whom the caller does not see."""
    async with runtime.database.acquire() as conn:
        seen = await reps_seen(conn, who.principal)
    for rep in reps:
        if rep is not None and seen is not None and rep not in seen:
            raise Problem(404, "No such rep", f"no rep {rep!r} is yours to see; GET /v1/reps lists them")


async def _rows(runtime: Runtime, query: str, *arguments: object) -> list[Row]:
    async with runtime.database.acquire() as conn:
        return list(await conn.fetch(query, *arguments))


async def _wanted(
    runtime: Runtime, many: MoveMany, who: Caller, key: str | None
) -> tuple[dict[UUID, int | None], int]:
    """The leads that are meant, with their round where they are found by their rep, and how many are left.

    Said again under the same key it means those of the first time too: each gives its answer again.
    """
    if not many.leads and many.from_rep is None:
        raise Problem(422, "Which leads?", "send from_rep, or up to 500 ids under leads")
    wanted: dict[UUID, int | None] = dict.fromkeys(many.leads)
    if many.from_rep is not None:
        found = await _rows(runtime, q.leads_to_move, many.from_rep, many.unanswered, 10_000, who.by)
        of_rep = {row["lead_id"]: row["round"] for row in found}
        wanted = {lead: of_rep[lead] for lead in wanted if lead in of_rep} if wanted else dict(of_rep)
        if key is not None and not many.dry_run:
            again = [row["lead_id"] for row in await _rows(runtime, q.leads_of_key, who.by, key)]
            wanted = {**dict.fromkeys(again), **wanted}
    async with runtime.database.acquire() as conn:
        seen = await leads_seen(conn, who.principal, wanted)
    wanted = {lead: round_ for lead, round_ in wanted.items() if lead in seen}
    chosen = dict(list(wanted.items())[:MOST_LEADS])
    return chosen, len(wanted) - len(chosen)


async def _move(
    runtime: Runtime, handler: AssignHandler, who: Caller, lead: UUID, order: Order
) -> dict[str, Any]:
    work = audited(who, f"lead.{order.kind}", "lead", lead, handler.work(lead, order))
    try:
        answer: dict[str, Any] = await runtime.in_transaction(work)
    except Refused as refusal:
        return {"lead_id": str(lead), "moved": False, "why": str(refusal)}
    return {
        **answer,
        "moved": answer["rep_id"] != answer["from_rep"],
        "why": "; ".join(answer["told"]) or None,
    }
