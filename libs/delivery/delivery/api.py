"""Messages on their way and given up, for the operator of the service that sends them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from delivery import store
from delivery.message import Channel
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from service_kit.unit import Unit

State = Literal["pending", "delivered", "given_up", "dropped"]


def delivery_router(runtime: Runtime) -> APIRouter:
    """The routes of one service's own messages; never their texts, nor where they go."""
    router = APIRouter(
        prefix="/v1", tags=["messages"], dependencies=[Depends(runtime.gate.require(Scope.DELIVERIES_READ))]
    )

    @router.get("/deliveries")
    async def list_deliveries(
        state: State | None = None,
        channel: Channel | None = None,
        about: Annotated[UUID | None, Query(description="a lead, or whatever a message speaks of")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """Messages, the newest first. `state=given_up` are the dead letters: send them again once mended."""
        async with runtime.database.acquire() as conn:
            found = await store.listed(conn, state=state, channel=channel, about=about, limit=limit)
        return {"deliveries": found}

    @router.get("/deliveries/{delivery_id}")
    async def read_delivery(delivery_id: UUID) -> dict[str, Any]:
        """One message and each attempt to bring it there."""
        async with runtime.database.acquire() as conn:
            found = await store.one(conn, delivery_id)
        if found is None:
            raise _unknown(delivery_id)
        return found

    @router.post(
        "/deliveries/{delivery_id}/resend",
        dependencies=[Depends(runtime.gate.require(Scope.DELIVERIES_WRITE))],
    )
    async def resend(delivery_id: UUID, who: Who) -> dict[str, Any]:
        """Try a message that was given up once more, for as long as the first time."""

        async def work(unit: Unit) -> dict[str, Any]:
            again = await store.send_again(unit.conn, delivery_id, unit.now)
            found = await store.one(unit.conn, delivery_id)
            if found is None:
                raise _unknown(delivery_id)
            if not again:
                raise Problem(
                    409, "The message is not given up", f"it is {found['state']}; nothing to send again"
                )
            return found

        return await runtime.in_transaction(work, entry(who, "delivery.resend", "delivery", delivery_id))

    return router


def _unknown(delivery: UUID) -> Problem:
    return Problem(
        404, "No such message", f"no message {delivery} is known; GET /v1/deliveries lists those of 30 days"
    )
