"""Makes messages of what has happened: what nobody was told yet stands in the rows themselves.

So a handoff costs the decision nothing, and what a rolled back transaction did is told to nobody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from delivery.message import Channel, Message
from delivery.store import enqueue
from lead_events.ids import event_id
from router.messages.kinds import TO_TEAM_LEADS, MessageKind
from router.messages.targets import targets_of
from router.store import Row, q
from service_kit.postgres import Connection
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
    )


class Outgoing:
    """Any number of processes may make messages: rows that one has in hand are left by the others.

    `channels`: those that are set up. Of a way that is not, no message is made; `begin` makes those of open
    rounds once it is.
    """

    def __init__(self, channels: Collection[Channel]) -> None:
        self._channels = frozenset(channels)

    async def begin(self, unit: Unit) -> None:
        """When a process starts: settings may have brought a way to tell reps of open rounds."""
        await unit.conn.execute(q.tell_again, unit.now - TOLD_FOR)

    async def make(self, unit: Unit) -> bool:
        """Messages of what was told to nobody yet; True when there may be more."""
        full = False
        for source in _sources():
            rows = await unit.conn.fetch(source.untold, AT_ONCE)
            if rows:
                await self._enqueue(unit.conn, source.kind, rows, unit.now)
                await unit.conn.execute(source.note, [row["id"] for row in rows], unit.now)
            full = full or len(rows) == AT_ONCE
        return full

    async def tell_team_lead(self, unit: Unit, rep: str, leads: Sequence[UUID]) -> None:
        """`leads` stay with `rep`, who is away or has left: their team lead decides."""
        row = await unit.conn.fetchrow(q.lead_of_rep, rep)
        if row is None or not row["lead"] or not leads:
            return
        ways = await _ways(unit.conn, MessageKind.UNATTENDED, [{"rep_id": row["lead"], **row}])
        cause = event_id(leads[0], f"unattended {unit.now.isoformat()}", rep)
        data = {"rep": rep, "leads": [str(lead) for lead in leads]}
        made = self._messages(
            MessageKind.UNATTENDED, cause, leads[0], row["lead"], ways.get(row["lead"]), data, unit.now
        )
        await enqueue(unit.conn, made, now=unit.now, for_=TOLD_FOR)

    async def _enqueue(self, conn: Connection, kind: MessageKind, rows: Sequence[Row], now: datetime) -> None:
        ways = await _ways(conn, kind, rows)
        made: list[Message] = []
        for row in rows:
            data = {"round": str(row["assignment_id"])}
            to = row["rep_id"]
            made += self._messages(kind, row["id"], row["lead_id"], to, ways.get(to), data, now)
        await enqueue(conn, made, now=now, for_=TOLD_FOR)

    def _messages(
        self,
        kind: MessageKind,
        cause: UUID,
        lead: UUID,
        to: str,
        way: "_Way | None",
        data: Mapping[str, Any],
        now: datetime,
    ) -> list[Message]:
        """One message an entry. Its row holds no personal data: it is composed when it is sent."""
        if way is None:
            return []
        whole = {**data, "kind": kind.value, "to": to}
        return [
            Message(
                event_id(cause, f"message {kind}", lead, ordinal),
                lead,
                kind.value,
                target,
                "",
                "",
                now,
                whole,
            )
            for ordinal, target in targets_of(way.notify, way.email)
            if target.channel in self._channels
        ]


@dataclass(frozen=True, slots=True)
class _Way:
    """How somebody is told: entries of the roster, and the address for e-mail without one."""

    email: str
    notify: Sequence[Mapping[str, Any]]


async def _ways(
    conn: Connection, kind: MessageKind, rows: Sequence[Mapping[str, Any]] | Sequence[Row]
) -> dict[str, _Way]:
    reps = await conn.fetch(q.ways_of_reps, sorted({row["rep_id"] for row in rows}))
    ways = {row["id"]: _Way(row["email"], row["notify"]) for row in reps}
    if kind not in TO_TEAM_LEADS:
        return ways
    teams = {row["team_id"]: row["rep_id"] for row in rows if row["team_id"]}
    for row in await conn.fetch(q.ways_of_teams, sorted(teams)):
        lead = ways.get(teams[row["id"]])
        if lead is not None and row["notify"]:
            ways[teams[row["id"]]] = _Way(lead.email, row["notify"])
    return ways
