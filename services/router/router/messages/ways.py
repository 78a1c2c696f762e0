"""How somebody is told: one message for each way that the roster names, as far as it is set up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from delivery.message import Channel, Message
from lead_events.ids import event_id
from router.messages.kinds import TO_TEAM_LEADS, MessageKind
from router.messages.targets import targets_of
from router.store import Row, q
from service_kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class Way:
    """Entries of the roster, and the address for e-mail without one."""

    email: str
    notify: Sequence[Mapping[str, Any]]


async def ways_to(
    conn: Connection, kind: MessageKind, rows: Sequence[Mapping[str, Any]] | Sequence[Row]
) -> dict[str, Way]:
    """By rep id, for each `rep_id` of the rows; a team lead is told as `team_id` says, where it says."""
    reps = await conn.fetch(q.ways_of_reps, sorted({row["rep_id"] for row in rows}))
    ways = {row["id"]: Way(row["email"], row["notify"]) for row in reps}
    if kind not in TO_TEAM_LEADS:
        return ways
    teams = {row["team_id"]: row["rep_id"] for row in rows if row["team_id"]}
    for row in await conn.fetch(q.ways_of_teams, sorted(teams)):
        lead = ways.get(teams[row["id"]])
        if lead is not None and row["notify"]:
            ways[teams[row["id"]]] = Way(lead.email, row["notify"])
    return ways


@dataclass(frozen=True, slots=True)
class News:
    """What `to` is to hear of: caused by a row, about a lead. `data` names what it is composed of."""

    kind: MessageKind
    cause: UUID
    lead: UUID
    to: str
    data: Mapping[str, Any]


def messages_of(
    news: News, way: Way | None, channels: Collection[Channel], now: datetime
) -> Sequence[Message]:
    """One message an entry. Its row holds no personal data: it is composed when it is sent."""
    if way is None:
        return []
    kind = news.kind.value
    data = {**news.data, "kind": kind, "to": news.to}
    return [
        Message(
            event_id(news.cause, f"message {kind}", news.lead, ordinal),
            news.lead,
            kind,
            target,
            "",
            "",
            now,
            data,
        )
        for ordinal, target in targets_of(way.notify, way.email)
        if target.channel in channels
    ]
