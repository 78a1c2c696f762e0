"""HTTP for operators: timers of a lead, timers by state, what was said in order, conservation."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from service_kit.auth_principal import Scope
from service_kit.conservation import conservation
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from sla_monitor import store
from sla_monitor.domain.timers import TimerState
from sla_monitor.errors import BadCursor, UnknownLead
from sla_monitor.hours import Calendars
from sla_monitor.views import lead_view, timer_view, with_hours

Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[int, Query(ge=0, lt=2**63, description="next_cursor of the last answer")]
Leads = Annotated[
    list[UUID] | None,
    Query(alias="lead", max_length=200, description="ids of the person's leads as scoring names them"),
]
_FIRST = UUID(int=0)


def routers(runtime: Runtime) -> Iterable[APIRouter]:
    """The routes of this service."""
    router = APIRouter(prefix="/v1", tags=["timers"])
    database, calendars = runtime.database, Calendars()

    @router.get("/leads/{lead_id}/timers", dependencies=runtime.gate.allowed(Scope.LEADS_READ))
    async def timers_of_lead(lead_id: UUID) -> dict[str, Any]:
        """The promises on one lead, what was said about them, and who had the lead from when to when."""
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            found = await _lead_story(conn, calendars, lead_id, now)
        if found is None:
            raise UnknownLead(lead_id)
        return found

    @router.get("/persons/{person_id}/export", dependencies=runtime.gate.allowed(Scope.PERSONS_READ))
    async def export_person(person_id: UUID, leads: Leads = None) -> dict[str, Any]:
        """What is kept about a person's leads: promises and moments; nothing here says who the person is."""
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            stories = [await _lead_story(conn, calendars, lead, now) for lead in leads or []]
        return {"person_id": person_id, "leads": [each for each in stories if each is not None]}

    @router.get("/timers", dependencies=runtime.gate.allowed(Scope.TIMERS_READ))
    async def timers(
        state: TimerState = TimerState.PENDING, limit: Limit = 100, cursor: str | None = None
    ) -> dict[str, Any]:
        """Promises in one state by due time; send `next_cursor` back for the next page."""
        due, last = _due_cursor(cursor)
        async with database.transaction() as conn:
            now = await database.clock.now(conn)
            found = list(await store.list_timers(conn, state.value, due, last, limit))
            hours = await with_hours(conn, calendars, found)
        more = None
        if len(found) == limit:
            end = found[-1]
            more = f"{end.due_at.isoformat() if end.due_at else 'infinity'}~{end.id}"
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
    conn: Connection, calendars: Calendars, lead_id: UUID, now: datetime
) -> dict[str, Any] | None:
    lead = await store.read_lead(conn, lead_id)
    if lead is None:
        return None
    story = (await store.read_stories(conn, [lead_id]))[lead_id]
    hours = await with_hours(conn, calendars, story.timers.values(), story.facts)
    said = await store.fetch(conn, "read_firings_of_lead", lead_id)
    moves = await store.fetch(conn, "read_moves", lead_id)
    return lead_view(lead, story, hours, said, moves, now)


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
        raise BadCursor("cursor") from None
