"""Makes messages of what has happened: what nobody was told yet stands in the rows themselves.

So a handoff costs the decision nothing, and what a rolled back transaction did is told to nobody.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from delivery.message import Channel, Message
from delivery.store import enqueue
from lead_events.ids import event_id
from router import metrics
from router.books import Books
from router.locked import Member
from router.messages.digests import tell_late
from router.messages.kinds import MessageKind
from router.messages.nobodys import tell_nobodys
from router.messages.reminding import tell_reminders
from router.messages.settling import settle
from router.messages.ways import News, messages_of, ways_to
from router.store import Row, q
from service_kit.unit import Unit

AT_ONCE = 200
"""Rows of one kind in one transaction."""
TOLD_FOR = timedelta(days=3)
"""How long a message is tried, and how far back a new way to tell somebody reaches."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where messages of one kind come from, and how their rows are marked as told."""

    kind: MessageKind
    untold: str
    note: str


def _sources() -> Sequence[_Source]:
    """In this order: who loses a lead hears it before somebody else is told to take it."""
    return (
        _Source(MessageKind.TAKEN_BACK, q.untold_ends, q.note_ends_told),
        _Source(MessageKind.ASSIGNED, q.untold_rounds, q.note_rounds_told),
        _Source(MessageKind.ASKED_AGAIN, q.untold_asks, q.note_asks_told),
        _Source(MessageKind.WARNED, q.untold_warnings, q.note_timers_told),
        _Source(MessageKind.BREACHED, q.untold_breaches, q.note_timers_told),
        _Source(MessageKind.DECLINE_ASKED, q.untold_declines, q.note_declines_told),
    )


_OF_TIMERS = frozenset({MessageKind.WARNED, MessageKind.BREACHED})


class Outgoing:
    """Any number of processes may make messages: rows that one has in hand are left by the others.

    `channels`: those that are set up. Of a way that is not, no message is made; `begin` makes those of open
    rounds once it is.
    """

    def __init__(self, channels: Collection[Channel], books: Books) -> None:
        self._channels = frozenset(channels)
        self._books = books

    async def begin(self, unit: Unit) -> None:
        """When a process starts: settings may have brought a way to tell reps of open rounds."""
        await unit.conn.execute(q.tell_again, unit.now - TOLD_FOR)

    async def make(self, unit: Unit) -> bool:
        """Messages of what was told to nobody yet; True when there may be more."""
        full = False
        for source in _sources():
            rows = await unit.conn.fetch(source.untold, AT_ONCE)
            if rows:
                await self._enqueue(unit, source.kind, rows)
                await unit.conn.execute(source.note, [row["id"] for row in rows], unit.now)
            full = full or len(rows) == AT_ONCE
        full = await tell_reminders(unit, self._channels, AT_ONCE, TOLD_FOR) or full
        book = (await self._books.shelf(unit.conn)).at(unit.now)
        await tell_late(unit, book, self._channels, TOLD_FOR)
        await tell_nobodys(unit, book, self._channels, TOLD_FOR)
        return await settle(unit, AT_ONCE, TOLD_FOR) or full

    async def tell_team_lead(self, unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
        """`leads` stay with `rep`, who is away or has left: their team lead decides.

        Without one, or where that is the rep, it is who leads a team of the fallback; else it is counted.
        """
        row = await unit.conn.fetchrow(q.who_decides_for, rep, await self._fallbacks(unit, leads))
        if row is None:
            unit.after_commit(metrics.UNOWNED_ABSENCES.inc)
            return
        kind, to = MessageKind.UNATTENDED, row["lead"]
        ways = await ways_to(unit.conn, kind, [{"rep_id": to, "team_id": row["team_id"]}])
        cause = event_id(leads[0], f"unattended {unit.now.isoformat()}", rep)
        news = News(kind, cause, leads[0], to, {"rep": rep, "leads": [str(lead) for lead in leads]})
        made = messages_of(news, ways.get(to), self._channels, unit.now)
        await enqueue(unit.conn, made, now=unit.now, for_=TOLD_FOR)

    async def _fallbacks(self, unit: Unit, leads: Sequence[UUID]) -> list[str]:
        """The teams that decide in the stead of their own, by the lines that leads are of."""
        book = (await self._books.shelf(unit.conn)).at(unit.now)
        if book is None:
            return []
        lines = [row["line"] for row in await unit.conn.fetch(q.lines_of_leads, list(leads))]
        members = [Member(**row) for row in await unit.conn.fetch(q.roster)]
        return [team for line in lines for team in book.deciding_teams(line, members)]

    async def _enqueue(self, unit: Unit, kind: MessageKind, rows: Sequence[Row]) -> None:
        ways = await ways_to(unit.conn, kind, rows)
        made: list[Message] = []
        for row in rows:
            to, data = row["rep_id"], {"round": str(row["assignment_id"])}
            if kind in _OF_TIMERS:
                data["timer"] = str(row["timer"])
            news = News(kind, row["id"], row["lead_id"], to, data)
            made += messages_of(news, ways.get(to), self._channels, unit.now)
        await enqueue(unit.conn, made, now=unit.now, for_=TOLD_FOR)
