"""Leads by hand: give one to a named rep, many at once, lock one. For the operator; each order is audited."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from router.api.names import Operator
from router.api.refusals import refusals_as_problems
from router.api.reps import Key, Reason
from router.domain.orders import Order, OrderKind
from router.errors import Refused
from router.handlers.assigning import AssignHandler
from router.store import Row, q
from service_kit.auth import require_operator
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
    router = APIRouter(
        prefix="/v1", tags=["by hand"], dependencies=[Depends(require_operator(runtime.settings))]
    )

    async def do(lead_id: UUID, order: Order) -> dict[str, Any]:
        with refusals_as_problems():
            answer: dict[str, Any] = await runtime.in_transaction(handler.work(lead_id, order))
        wake()
        return answer

    _add_one(router, do)

    @router.post("/leads/reassign", responses=refusals(422, 503))
    async def reassign(many: MoveMany, x_operator: Operator = "operator", key: Key = None) -> dict[str, Any]:
        """Move many leads, each by itself: what became of each is told. At most 500 at once; of more, send it
        again until `left` is 0. A dry run lists them."""
        wanted, left = await _wanted(runtime, many, x_operator, key)
        if many.dry_run:
            shown = await _rows(runtime, q.shown_to_move, list(wanted))
            return {"dry_run": True, "leads": [dict(row) for row in shown], "left": left}
        kind = OrderKind.ASSIGN if many.to is not None else OrderKind.TO_POOL
        order = Order(kind, x_operator, many.reason, many.to, force=many.force, key=key)
        results = [
            await _move(runtime, handler, lead, replace(order, round=round_))
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


def _add_one(router: APIRouter, do: Callable[[UUID, Order], Any]) -> None:
    path = "/leads/{lead_id}"

    @router.post(f"{path}/assign", responses=_REFUSALS)
    async def assign(lead_id: UUID, order: Assign, x_operator: Operator = "operator", key: Key = None) -> Any:
        """Give a held or assigned lead to a named rep. The rep who had it is not offered it again."""
        made = _order(OrderKind.ASSIGN, order, x_operator, key)
        return await do(lead_id, replace(made, rep=order.rep))

    @router.post(f"{path}/to-pool", responses=_REFUSALS)
    async def to_pool(
        lead_id: UUID, order: ToPool, x_operator: Operator = "operator", key: Key = None
    ) -> Any:
        """Take the lead from its rep; the rules choose who has it next."""
        return await do(lead_id, _order(OrderKind.TO_POOL, order, x_operator, key))

    @router.post(f"{path}/lock", responses=_REFUSALS)
    async def lock(lead_id: UUID, order: Lock, x_operator: Operator = "operator", key: Key = None) -> Any:
        """Lock the lead to the rep who has it: no rule, breach or absence moves it."""
        return await do(lead_id, _order(OrderKind.LOCK, order, x_operator, key))

    @router.post(f"{path}/unlock", responses=_REFUSALS)
    async def unlock(lead_id: UUID, order: Unlock, x_operator: Operator = "operator", key: Key = None) -> Any:
        """Lift the lock; another's only with `force`."""
        return await do(lead_id, _order(OrderKind.UNLOCK, order, x_operator, key))


def _order(kind: OrderKind, body: _Order, by: str, key: str | None) -> Order:
    return Order(kind, by, body.reason, round=body.round, force=body.force, key=key)


async def _rows(runtime: Runtime, query: str, *arguments: object) -> list[Row]:
    async with runtime.database.acquire() as conn:
        return list(await conn.fetch(query, *arguments))


async def _wanted(
    runtime: Runtime, many: MoveMany, by: str, key: str | None
) -> tuple[dict[UUID, int | None], int]:
    """The leads that are meant, with their round where they are found by their rep, and how many are left.

    Said again under the same key it means those of the first time too: each gives its answer again.
    """
    if not many.leads and many.from_rep is None:
        raise Problem(422, "Which leads?", "send from_rep, or up to 500 ids under leads")
    wanted: dict[UUID, int | None] = dict.fromkeys(many.leads)
    if many.from_rep is not None:
        found = await _rows(runtime, q.leads_to_move, many.from_rep, many.unanswered, 10_000)
        of_rep = {row["lead_id"]: row["round"] for row in found}
        wanted = {lead: of_rep[lead] for lead in wanted if lead in of_rep} if wanted else dict(of_rep)
        if key is not None and not many.dry_run:
            again = [row["lead_id"] for row in await _rows(runtime, q.leads_of_key, by, key)]
            wanted = {**dict.fromkeys(again), **wanted}
    chosen = dict(list(wanted.items())[:MOST_LEADS])
    return chosen, len(wanted) - len(chosen)


async def _move(runtime: Runtime, handler: AssignHandler, lead: UUID, order: Order) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = await runtime.in_transaction(handler.work(lead, order))
    except Refused as refusal:
        return {"lead_id": str(lead), "moved": False, "why": str(refusal)}
    return {
        **answer,
        "moved": answer["rep_id"] != answer["from_rep"],
        "why": "; ".join(answer["told"]) or None,
    }
