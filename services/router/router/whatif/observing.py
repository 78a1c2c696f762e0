"""The roster, and how its reps have responded, read for a simulation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from router.domain.deadlines import worked_between
from router.store import Row, q
from router.whatif.fitting import Observed, fit, write_behaviour
from service_kit.runtime import Runtime
from service_kit.turns import in_turns
from worktime import Calendar

PAGE = 500
"""Rounds read in one go."""
_FIRST = UUID(int=0)


async def observe_staff(runtime: Runtime, since: datetime) -> list[dict[str, Any]]:
    """Every rep as `read_staff` reads them. JSON-ready but for moments and ids."""
    async with runtime.database.acquire() as conn:
        reps = await conn.fetch(q.all_reps)
    observed = {row["id"]: await _observe(runtime, row, since) for row in reps}
    behaviours = fit(observed)
    return [{**dict(row), "behaviour": write_behaviour(behaviours[row["id"]])} for row in reps]


async def _observe(runtime: Runtime, rep: Row, since: datetime) -> Observed:
    """One rep's rounds, page by page."""
    observed, calendar = Observed(), Calendar.from_dict(rep["document"])
    place: tuple[datetime, UUID] = since, _FIRST
    answered: datetime | None = None
    while True:
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(q.rounds_of_history, rep["id"], *place, PAGE)
        async for row in in_turns(rows):
            answered = _note(observed, calendar, row, answered)
        if len(rows) < PAGE:
            return observed
        place = rows[-1]["assigned_at"], rows[-1]["id"]


def _note(observed: Observed, calendar: Calendar, row: Row, answered: datetime | None) -> datetime | None:
    """Count a round in; returns when the rep last answered a lead, of those that came so far."""
    handed, contacted = row["assigned_at"], row["contacted_at"]
    observed.rounds += 1
    observed.declined += row["ended_by"] == "declined"
    accepted = row["accepted_at"] or contacted
    if accepted is not None and accepted >= handed:
        observed.accepts.add(worked_between(calendar, handed, accepted))
    if contacted is None or contacted < handed:
        return answered
    since = handed if answered is None or not handed < answered <= contacted else answered
    observed.answers.add(worked_between(calendar, since, contacted))
    if row["ended_by"] == "closed" and row["ended_at"] >= contacted:
        observed.closes.add(row["ended_at"] - contacted)
    newest: datetime = contacted if answered is None else max(answered, contacted)
    return newest
