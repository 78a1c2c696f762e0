"""HTTP for operators: timers of a lead, timers by state, what was said in order, conservation."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from lead_events.words import TimerKind
from service_kit.auth_principal import Scope
from service_kit.conservation import conservation
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from sla_monitor import store
from sla_monitor.domain.timers import Timer, TimerState
from sla_monitor.errors import BadCursor, UnknownLead
from sla_monitor.memory import Memory
from sla_monitor.views import lead_view, status_view, timer_view, with_hours
from sla_monitor.why_late import look_at, path_view

Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[int, Query(ge=0, lt=2**63, description="next_cursor of the last answer")]
Leads = Annotated[
    list[UUID] | None,
    Query(alias="lead", max_length=200, description="ids of the person's leads as scoring names them"),
]
_FIRST = UUID(int=0)


class _TimerQuery(BaseModel):
    """Whose promises are asked for, and of what kind; left out: all."""

    team: str | None = Field(None, max_length=200)
    rep: str | None = Field(None, max_length=200)
    line: str | None = Field(None, max_length=200)
    kind: TimerKind | None = None

    def _named(self) -> tuple[str | None, str | None, str | None, str | None]:
        return self.team, self.rep, self.line, self.kind.value if self.kind else None


class ListQuery(_TimerQuery):
    """Which promises are listed, over or not."""

    state: TimerState = TimerState.PENDING
    trial: bool | None = Field(None, description="only those of agreements that are only tried, or none")

    @property
    def wanted(self) -> store.Filter:
        """The same for the store."""
        return store.Filter(*self._named(), self.trial)


class StatusQuery(_TimerQuery):
    """Which running promises a screen shows."""

    due_within: int | None = Field(None, ge=0, le=10_000_000, description="wall seconds left, at most")
    trial: bool = Field(False, description="those of agreements that are only tried, instead")

    def at(self, now: datetime) -> store.Running:
        """The same for the store."""
        before = None if self.due_within is None else now + timedelta(seconds=self.due_within)
        return store.Running(*self._named(), self.trial, before)


def routers(runtime: Runtime) -> Iterable[APIRouter]:
    """The routes of this service."""
    router = APIRouter(prefix="/v1", tags=["timers"])
    database, memory = runtime.database, Memory()

    @router.get("/leads/{lead_id}/timers", dependencies=runtime.gate.allowed(Scope.LEADS_READ))
    async def timers_of_lead(lead_id: UUID) -> dict[str, Any]:
        """The promises on one lead, what was said about them, and who had the lead from when to when."""
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            found = await _lead_story(conn, memory, lead_id, now)
        if found is None:
            raise UnknownLead(lead_id)
        return found

    @router.get("/leads/{lead_id}/path", dependencies=runtime.gate.allowed(Scope.LEADS_READ))
    async def path_of_lead(lead_id: UUID) -> dict[str, Any]:
        """Whose every stretch of a lead's time was, up to its first contact or to now; and for each breach
        when it was due, what came when, and who answers by which rule."""
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            looked = await look_at(conn, memory, lead_id, now)
            if looked is None:
                raise UnknownLead(lead_id)
            said = await store.fetch(conn, "read_firings_of_lead", lead_id)
            return await path_view(conn, looked, said)

    @router.get("/status/timers", dependencies=runtime.gate.allowed(Scope.TIMERS_READ))
    async def status_timers(
        wanted: Annotated[StatusQuery, Query()], limit: Limit = 100, cursor: str | None = None
    ) -> dict[str, Any]:
        """Running promises, the one that runs out first on top: for screens and dashboards."""
        due, last = _due_cursor(cursor)
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            found = await store.status_timers(conn, wanted.at(now), due, last, limit)
            hours = await with_hours(conn, memory.calendars, found)
        return {
            "now": now,
            "timers": [status_view(timer, hours, now) for timer in found],
            "next_cursor": _next_cursor(found, limit),
        }

    @router.get("/persons/{person_id}/export", dependencies=runtime.gate.allowed(Scope.PERSONS_READ))
    async def export_person(person_id: UUID, leads: Leads = None) -> dict[str, Any]:
        """What is kept about a person's leads: promises and moments; nothing here says who the person is."""
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            stories = [await _lead_story(conn, memory, lead, now) for lead in leads or []]
        return {"person_id": person_id, "leads": [each for each in stories if each is not None]}

    @router.get("/timers", dependencies=runtime.gate.allowed(Scope.TIMERS_READ))
    async def timers(
        asked: Annotated[ListQuery, Query()], limit: Limit = 100, cursor: str | None = None
    ) -> dict[str, Any]:
        """Promises in one state by due time; send `next_cursor` back for the next page."""
        due, last = _due_cursor(cursor)
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            found = await store.list_timers(conn, asked.state.value, asked.wanted, due, last, limit)
            hours = await with_hours(conn, memory.calendars, found)
        more = _next_cursor(found, limit)
        return {"timers": [timer_view(timer, hours, now) for timer in found], "next_cursor": more}

    @router.get("/firings", dependencies=runtime.gate.allowed(Scope.TIMERS_READ))
    async def firings(limit: Limit = 100, after: After = 0) -> dict[str, Any]:
        """Warnings, breaches and withdrawals in order; nothing ever appears before a cursor given earlier."""
        async with database.acquire() as conn:
            found = await store.fetch(conn, "read_firings_after", after, limit)
        return {
            "firings": [
                {"id": row["event_id"], "level": row["level"], "event": row["event"]} for row in found
            ],
            "next_cursor": found[-1]["id"] if found else after,
        }

    @router.get("/conservation", dependencies=runtime.gate.allowed(Scope.OPERATE))
    async def conserved() -> dict[str, Any]:
        """What became of every record read, and where every lead is."""
        async with database.transaction() as conn:
            answer = await conservation(conn)
            states = await store.fetch(conn, "lead_states")
        return answer | {"leads": {row["state"]: row["leads"] for row in states}}

    return [router]


async def _lead_story(
    conn: Connection, memory: Memory, lead_id: UUID, now: datetime
) -> dict[str, Any] | None:
    looked = await look_at(conn, memory, lead_id, now)
    if looked is None:
        return None
    said = await store.fetch(conn, "read_firings_of_lead", lead_id)
    moves = await store.fetch(conn, "read_moves", lead_id)
    return lead_view(looked.lead, looked.story, looked.hours, said, moves, looked.path, looked.excuses, now)


def _next_cursor(found: Sequence[Timer], limit: int) -> str | None:
    if len(found) < limit:
        return None
    end = found[-1]
    return f"{end.due_at.isoformat() if end.due_at else 'infinity'}~{end.id}"


def _due_cursor(cursor: str | None) -> tuple[str, UUID]:
    if cursor is None:
        return "-infinity", _FIRST
    due, separator, identity = cursor.partition("~")
    try:
        if due != "infinity":
            # a plus sign in a query string arrives as a space
            due = datetime.fromisoformat(due.replace(" ", "+")).astimezone(UTC).isoformat()
        return due, UUID(identity if separator else "")
    except (ValueError, OverflowError):
        raise BadCursor from None
