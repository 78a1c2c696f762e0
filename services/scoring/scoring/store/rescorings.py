"""Rescorings: what was ordered, how far each is, and the leads it takes next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scoring.domain.rescoring import Order, Tally
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/rescorings.sql")

SET_ASIDE_AT_MOST = 100
"""Leads that could not be scored which a rescoring names; the metric counts all."""


@dataclass(frozen=True, slots=True)
class Rescoring:
    """A rescoring in work, locked. `reached`: the lead looked at last."""

    id: UUID
    line: str
    is_told: bool
    at: datetime
    reached: UUID | None
    moved: Mapping[str, int]
    set_aside: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LastOfLine:
    """The last rescoring of a line; `is_done`: it came to its end by itself."""

    id: UUID
    line: str
    rulebook_version: int
    is_done: bool


async def noted(conn: Connection) -> int | None:
    """Up to which version rescorings have been ordered, locked; None before the first look."""
    version: int | None = await conn.fetchval(_q.version_noted)
    return version


async def note(conn: Connection, version: int, now: datetime) -> None:
    """Rescorings have been ordered up to this version."""
    await conn.execute(_q.note_version, version, now)


async def insert(
    conn: Connection,
    identity: UUID,
    order: Order,
    *,
    kind: str,
    version: int,
    now: datetime,
    by: str,
    why: str,
) -> None:
    """Order a rescoring; one of the line that is under way ends. Was that to tell every lead, this one is
    too: some have not been told yet."""
    ended = await conn.fetch(_q.supersede_rescoring, order.line, now, identity)
    is_told = order.is_told or any(row["is_told"] for row in ended)
    await conn.execute(_q.insert_rescoring, identity, order.line, kind, is_told, version, now, by, why)


async def one(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """A rescoring and how far it is."""
    row = await conn.fetchrow(_q.one_rescoring, identity)
    return None if row is None else dict(row)


async def newest(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Rescorings, the last first."""
    return [dict(row) for row in await conn.fetch(_q.list_rescorings, limit)]


async def due(conn: Connection) -> list[UUID]:
    """Rescorings that are not finished, oldest first."""
    return [row["id"] for row in await conn.fetch(_q.due_rescorings)]


async def last_of_lines(conn: Connection) -> list[LastOfLine]:
    """The last rescoring of each line."""
    return [LastOfLine(**dict(row)) for row in await conn.fetch(_q.last_of_lines)]


async def lock(conn: Connection, identity: UUID, *, also_finished: bool = False) -> Rescoring | None:
    """A rescoring that is not finished."""
    row = await conn.fetchrow(_q.lock_rescoring, identity, also_finished)
    if row is None:
        return None
    names = ("id", "line", "is_told", "at", "reached", "moved", "set_aside")
    return Rescoring(**{name: row[name] for name in names})


async def next_leads(conn: Connection, rescoring: Rescoring, limit: int) -> list[UUID]:
    """The open leads of its line that come next, by id, unlocked."""
    rows = await conn.fetch(_q.leads_to_rescore, rescoring.line, rescoring.reached, limit)
    return [row["id"] for row in rows]


async def leads_by_versions(conn: Connection, line: str, versions: Sequence[int], limit: int) -> list[UUID]:
    """Open leads of a line that one of these versions scored last, unlocked."""
    rows = await conn.fetch(_q.leads_by_versions, line, list(versions), limit)
    return sorted((row["id"] for row in rows), key=lambda identity: identity.bytes)


async def advance(
    conn: Connection,
    rescoring: Rescoring,
    tally: Tally,
    *,
    began_at: datetime,
    now: datetime,
    reached: UUID | None = None,
    is_late: bool = False,
    is_last: bool = False,
) -> None:
    """These have been looked at."""
    await conn.execute(
        _q.advance_rescoring,
        rescoring.id,
        began_at,
        reached,
        now,
        0 if is_late else tally.seen,
        tally.seen if is_late else 0,
        tally.changed,
        tally.published,
        dict(Counter(rescoring.moved) + tally.moved),
        [*rescoring.set_aside, *tally.set_aside][:SET_ASIDE_AT_MOST],
        now if is_last else None,
    )
