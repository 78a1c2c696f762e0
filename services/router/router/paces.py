"""How long a rep needs for one unanswered lead, learned from when they answer."""

from datetime import datetime, timedelta

from router.domain.deadlines import worked_between
from router.domain.leads import Handoff
from router.domain.pace import smoothed
from router.store import q
from service_kit.postgres import Connection
from worktime import Calendar


async def note_answer(conn: Connection, handoff: Handoff, at: datetime) -> None:
    """The rep of this open round has contacted its buyer for the first time, at this moment.

    What they needed is their working time since the lead came to them, or since they last answered one: leads
    that waited meanwhile are not their slowness twice.
    """
    row = (await conn.fetch(q.answers_of_rep, handoff.rep))[0]
    since = max(handoff.assigned_at, row["answered_at"] or handoff.assigned_at)
    took = worked_between(Calendar.from_dict(row["document"]), min(since, at), at)
    known = row["pace_seconds"]
    pace = smoothed(timedelta(seconds=known) if known is not None else None, took)
    await conn.execute(q.update_pace, handoff.rep, pace.total_seconds(), at)
