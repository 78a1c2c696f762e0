"""Promises that are broken and still open: the rep hears of it again, and who heard of the breach."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from delivery.message import Channel, Message
from delivery.store import enqueue
from lead_events.ids import event_id
from router.messages.kinds import MessageKind
from router.messages.ways import News, Way, messages_of, ways_to
from router.store import Row, q
from service_kit.unit import Unit

_KIND = MessageKind.REMINDED


async def tell_reminders(unit: Unit, channels: Collection[Channel], at_once: int, for_: timedelta) -> bool:
    """Messages of reminders that nobody was told of yet; True when there may be more."""
    rows = await unit.conn.fetch(q.untold_reminders, at_once)
    if not rows:
        return False
    reps = await ways_to(unit.conn, _KIND, rows)
    leads = await ways_to(unit.conn, MessageKind.BREACHED, _leads(rows))
    made: list[Message] = []
    for row in rows:
        made += messages_of(_news(row, row["rep_id"]), reps.get(row["rep_id"]), channels, unit.now)
        made += _to_lead(row, leads, channels, unit)
    await enqueue(unit.conn, made, now=unit.now, for_=for_)
    await unit.conn.execute(q.note_timers_told, [row["id"] for row in rows], unit.now)
    return len(rows) == at_once


def _leads(rows: Sequence[Row]) -> list[dict[str, str]]:
    return [{"rep_id": row["lead"], "team_id": row["team_id"]} for row in rows if row["lead"]]


def _to_lead(row: Row, ways: dict[str, Way], channels: Collection[Channel], unit: Unit) -> Sequence[Message]:
    """Who leads the team and is the rep as well hears it once."""
    lead = row["lead"]
    if lead is None or lead == row["rep_id"]:
        return ()
    return messages_of(_news(row, lead), ways.get(lead), channels, unit.now)


def _news(row: Row, to: str) -> News:
    cause = event_id(row["id"], "reminder", to)
    data = {"round": str(row["assignment_id"]), "timer": str(row["id"])}
    return News(_KIND, cause, row["lead_id"], to, data)
