"""Team leads hear of late answers to come: together, and not again before a while."""

from collections.abc import Collection
from datetime import timedelta

from delivery.message import Channel
from delivery.store import enqueue
from router.messages.kinds import MessageKind
from router.messages.ways import News, messages_of, ways_to
from router.store import Row, q
from service_kit.unit import Unit

GATHER = timedelta(seconds=30)
"""How long the first late answer waits for others."""
BETWEEN = timedelta(minutes=15)
"""A team lead hears of no more of them before; what came meanwhile is told then."""
MOST = 1000
LISTED = 100
"""Decisions that one message can name; of more it tells how many."""


async def tell_late(unit: Unit, channels: Collection[Channel], for_: timedelta) -> None:
    """One message to each team lead who is to hear of late answers now; those of nobody are marked only."""
    due = await unit.conn.fetch(q.team_leads_to_tell, unit.now - GATHER, unit.now - BETWEEN)
    for row in due:
        await _tell(unit, row, channels, for_)


async def _tell(unit: Unit, row: Row, channels: Collection[Channel], for_: timedelta) -> None:
    lead, now = row["lead"], unit.now
    if lead and not await unit.conn.fetch(q.begin_digest, lead, now, now - BETWEEN):
        return
    late = sorted(
        await unit.conn.fetch(q.take_late, lead, now, MOST), key=lambda each: (each["at"], each["id"])
    )
    if not lead or not late:
        return
    named = [str(each["id"]) for each in late[:LISTED]]
    data = {"decisions": named, "more": len(late) - len(named)}
    ways = await ways_to(unit.conn, MessageKind.LATE_EXPECTED, [{"rep_id": lead, "team_id": row["team_id"]}])
    news = News(MessageKind.LATE_EXPECTED, late[0]["id"], late[0]["lead_id"], lead, data)
    await enqueue(unit.conn, messages_of(news, ways.get(lead), channels, now), now=now, for_=for_)
