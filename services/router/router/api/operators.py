"""The API of an operator: roster, pools, what is held, and everything about one lead."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from router.api.assignments import ask
from router.api.refusals import refusals_as_problems
from router.domain.leads import LeadState
from router.errors import UnknownLead
from router.handlers.reps import RepChange, RepHandler, give_token
from router.store import Row, q
from rulebook.models import Absence
from service_kit.auth import require_operator
from service_kit.conservation import conservation
from service_kit.runtime import Runtime

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""An absence lies between; for a rep who left, is_active false says so."""

RepId = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="a rep's id of the roster: small letters, digits, _ and -; GET /v1/reps lists them",
    ),
]
Operator = Annotated[
    str,
    Header(
        pattern=r"^[\x20-\x7e]{1,100}$",
        description="who changes it: 1 to 100 printable ASCII characters",
    ),
]


class RepAbsence(Absence):
    """An absence as an operator writes it."""

    reason: str = Field(
        default="away", max_length=200, pattern=r"^[^\x00]*$", description="without the character NUL"
    )

    @model_validator(mode="after")
    def _is_a_span_of_days(self) -> "RepAbsence":
        if self.first_day < EARLIEST or self.last_day > LATEST:
            raise ValueError(f"write days from {EARLIEST} to {LATEST}")
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day; swap the two")
        return self


class RepPatch(BaseModel):
    """What is to change about a rep; a field left out stays."""

    model_config = ConfigDict(extra="forbid")

    capacity: int | None = Field(default=None, ge=0, le=10_000, description="open leads at once")
    weight: int | None = Field(default=None, ge=0, le=1000, description="share of the pool")
    is_active: bool | None = None
    absences: list[RepAbsence] | None = Field(
        default=None, max_length=400, description="replaces all absences"
    )


def operator_router(runtime: Runtime, reps: RepHandler, wake: Callable[[], None]) -> APIRouter:
    """Routes for operators. `wake` is called when a change may have made room."""
    router = APIRouter(
        prefix="/v1", tags=["operators"], dependencies=[Depends(require_operator(runtime.settings))]
    )

    @router.post("/reps/{rep_id}/tokens", status_code=201)
    async def create_token(rep_id: RepId) -> dict[str, str]:
        """A new token for a rep; it is shown this once."""
        with refusals_as_problems():
            return {"token": await runtime.in_transaction(give_token(rep_id))}

    @router.patch("/reps/{rep_id}")
    async def patch_rep(rep_id: RepId, patch: RepPatch, x_operator: Operator = "operator") -> dict[str, Any]:
        """Change a rep; audited under the name in X-Operator."""
        change = RepChange(
            patch.capacity,
            patch.weight,
            patch.is_active,
            list(patch.absences) if patch.absences is not None else None,
        )
        with refusals_as_problems():
            after: dict[str, Any] = await runtime.in_transaction(reps.change(rep_id, change, x_operator))
        wake()
        return after

    _add_lists(router, runtime)
    _add_leads(router, runtime)
    return router


def _add_lists(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/reps")
    async def list_reps() -> dict[str, Any]:
        """The roster with everybody's load."""
        return {"reps": [_rep(row) for row in await _rows(runtime, q.all_reps)]}

    @router.get("/pools")
    async def list_pools() -> dict[str, Any]:
        """Pools, and how many leads each holds."""
        return {"pools": [dict(row) for row in await _rows(runtime, q.all_pools)]}

    @router.get("/held")
    async def list_held(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        """Leads that wait, in the order they are drained, and why."""
        return {"held": [dict(row) for row in await _rows(runtime, q.held_leads, limit)]}

    @router.get("/conservation")
    async def read_conservation() -> dict[str, Any]:
        """Every record read and every lead known is exactly one of these."""
        async with runtime.database.acquire() as conn:
            answer = await conservation(conn)
            found = {row["state"]: row["leads"] for row in await conn.fetch(q.leads_by_state)}
        leads = {state.value: found.get(state.value, 0) for state in LeadState}
        return {**answer, "leads": leads, "leads_known": sum(leads.values())}


def _add_leads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/leads/{lead_id}")
    async def read_lead(lead_id: UUID) -> dict[str, Any]:
        """A lead's state, its rounds, what reps did, what the buyer asked meanwhile, which timers spoke."""
        with refusals_as_problems():
            lead = await _one_lead(runtime, lead_id)
        rounds = await _rows(runtime, q.assignments_of_lead, lead_id)
        acts = await _rows(runtime, q.acts_of_lead, lead_id)
        timers = await _rows(runtime, q.timer_news_of_lead, lead_id)
        asks = await _rows(runtime, q.asks_of_leads, [lead_id])
        return {
            **_lead(lead),
            "assignments": [_round(row) for row in rounds],
            "acts": [dict(row) for row in acts],
            "timers": [dict(row) for row in timers],
            "asked_again": [ask(row) for row in asks],
        }

    @router.get("/leads/{lead_id}/decisions")
    async def read_decisions(lead_id: UUID) -> dict[str, Any]:
        """Every decision about a lead.

        Who could take it, who could not and why, and the rule that led there.
        """
        with refusals_as_problems():
            await _one_lead(runtime, lead_id)
        rows = await _rows(runtime, q.decisions_of_lead, lead_id)
        return {"lead_id": lead_id, "decisions": [dict(row) for row in rows]}


async def _rows(runtime: Runtime, query: str, *arguments: object) -> list[Row]:
    async with runtime.database.acquire() as conn:
        return list(await conn.fetch(query, *arguments))


async def _one_lead(runtime: Runtime, lead_id: UUID) -> Row:
    rows = await _rows(runtime, q.one_lead, lead_id)
    if not rows:
        raise UnknownLead(lead_id)
    return rows[0]


def _rep(row: Row) -> dict[str, Any]:
    shown = ("id", "name", "email", "team", "lines", "weight", "capacity", "open", "is_active", "calendar")
    return {**{name: row[name] for name in shown}, "absences": row["absences"], "revision": row["revision"]}


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
    )
    return {name: row[name] for name in shown}
