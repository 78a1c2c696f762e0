"""Leads that sales gave back as another one again, and the keys that hold two persons together by it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lead_events import LeadMerged
from scoring.domain.duplicates import Duplicate, DuplicateState, Why
from scoring.domain.grouping import Pair
from scoring.store.save import columns
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/duplicates.sql")


async def insert(conn: Connection, told: Sequence[Duplicate]) -> None:
    """Keep what was told, each once."""
    if told:
        rows = ((d.id, d.lead, d.of, d.rep, d.at, d.state.value, d.why) for d in told)
        await conn.execute(_q.insert_duplicates, *columns(rows, 7))


async def next_waiting(conn: Connection) -> Duplicate | None:
    """Lock the oldest that nobody has looked at."""
    row = await conn.fetchrow(_q.next_waiting)
    return None if row is None else _duplicate(row)


async def lock(conn: Connection, identity: UUID) -> tuple[Duplicate, str | None, datetime | None] | None:
    """Lock one, with who said what became of it and when."""
    row = await conn.fetchrow(_q.lock_duplicate, identity)
    return None if row is None else (_duplicate(row), row["settled_by"], row["settled_at"])


def _duplicate(row: asyncpg.Record) -> Duplicate:
    why = Why(row["why"]) if row["why"] is not None else None
    state = DuplicateState(row["state"])
    return Duplicate(row["id"], row["lead_id"], row["of_lead_id"], row["rep_id"], row["at"], state, why)


async def leads_there(conn: Connection, leads: Collection[UUID]) -> set[UUID]:
    """Which of these are kept and not erased."""
    return {row["id"] for row in await conn.fetch(_q.leads_there, list(leads))}


async def settle(
    conn: Connection,
    identity: UUID,
    state: DuplicateState,
    now: datetime,
    *,
    why: Why | None = None,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """What became of it."""
    await conn.execute(_q.settle_duplicate, identity, state.value, why, now, by, reason)


async def insert_merge(conn: Connection, told: Duplicate, event: LeadMerged) -> None:
    """Keep that two persons were made one by it."""
    persons, leads = (event.person_id, event.other_person_id), (event.leads_ended, event.leads_moved)
    await conn.execute(_q.insert_merge_by_word, *persons, event.at, *leads, told.id, told.lead)


async def keep_together(conn: Connection, told: UUID, pairs: Collection[Pair], now: datetime) -> None:
    """Who carries a key of a pair is whoever carries the other."""
    await conn.execute(_q.keep_together, told, now, *_columns(pairs))


async def part_together(conn: Connection, pairs: Collection[Pair]) -> None:
    """These hold nobody together any more."""
    await conn.execute(_q.part_together, *_columns(pairs))


async def part_apart(conn: Connection, pairs: Collection[Pair]) -> None:
    """These keep nobody apart any more."""
    await conn.execute(_q.part_apart, *_columns(pairs))


def _columns(pairs: Collection[Pair]) -> list[list[Any]]:
    ordered = sorted(tuple(sorted(pair)) for pair in pairs)
    return columns([(*lesser, *greater) for lesser, greater in ordered], 4)


async def undo(conn: Connection, merge: int, now: datetime, by: str, reason: str) -> None:
    """A merge was undone by hand; where it was made by word, the two are two people after all."""
    await conn.execute(_q.undo_duplicate, merge, now, by, reason)


async def page(
    conn: Connection, state: DuplicateState, after: Place | None, limit: int
) -> list[dict[str, Any]]:
    """Those in a state as people see them, the oldest first."""
    at, identity = (after.at, after.id) if after else (None, None)
    return [dict(row) for row in await conn.fetch(_q.list_duplicates, state.value, at, identity, limit)]


async def export(conn: Connection, leads: Sequence[UUID]) -> list[dict[str, Any]]:
    """What is kept of these leads."""
    return [dict(row) for row in await conn.fetch(_q.export_duplicates, list(leads))]


async def erase(conn: Connection, leads: Sequence[UUID], now: datetime) -> None:
    """Of erased leads: nothing is asked any more."""
    await conn.execute(_q.erase_duplicates, list(leads), now)
