"""Team leads hear of late answers to come: together, and not again before a while."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from delivery.message import Channel
from delivery.store import enqueue
from router.domain.book import Book
from router.locked import Member
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


async def tell_late(unit: Unit, book: Book | None, channels: Collection[Channel], for_: timedelta) -> None:
    """One message to each team lead who is to hear of late answers now, or to who leads a team of the
    fallback in their stead; those of nobody are marked only."""
    instead = _Instead()
    due = await _due(unit, instead)
    if book is not None and not all(row["lead"] for row in due):
        instead = await _in_their_stead(unit, book)
        due = await _due(unit, instead)
    for row in due:
        await _tell(unit, row, instead, channels, for_)


@dataclass(frozen=True, slots=True)
class _Instead:
    """By line, who leads which team and hears of what teams without a lead do."""

    lines: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)


async def _due(unit: Unit, instead: _Instead) -> list[Row]:
    since = unit.now - GATHER, unit.now - BETWEEN
    return await unit.conn.fetch(q.team_leads_to_tell, *since, instead.lines, instead.leads, instead.teams)


async def _in_their_stead(unit: Unit, book: Book) -> _Instead:
    members = [Member(**row) for row in await unit.conn.fetch(q.roster)]
    found = _Instead()
    for line in book.plans:
        row = await unit.conn.fetchrow(q.who_leads, book.deciding_teams(line, members), [])
        if row is not None:
            found.lines.append(line)
            found.leads.append(row["lead"])
            found.teams.append(row["team_id"])
    return found


async def _tell(
    unit: Unit, row: Row, instead: _Instead, channels: Collection[Channel], for_: timedelta
) -> None:
    lead, now = row["lead"], unit.now
    if lead and not await unit.conn.fetch(q.begin_digest, lead, now, now - BETWEEN):
        return
    late = sorted(
        await unit.conn.fetch(q.take_late, lead, now, MOST, instead.lines, instead.leads),
        key=lambda each: (each["at"], each["id"]),
    )
    if not lead or not late:
        return
    named = [str(each["id"]) for each in late[:LISTED]]
    data = {"decisions": named, "more": len(late) - len(named)}
    ways = await ways_to(unit.conn, MessageKind.LATE_EXPECTED, [{"rep_id": lead, "team_id": row["team_id"]}])
    news = News(MessageKind.LATE_EXPECTED, late[0]["id"], late[0]["lead_id"], lead, data)
    await enqueue(unit.conn, messages_of(news, ways.get(lead), channels, now), now=now, for_=for_)
