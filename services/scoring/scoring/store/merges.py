"""Merges as they are kept, and what keeps two persons apart that an operator has parted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from scoring.domain.grouping import Pair
from scoring.store.save import columns
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/merges.sql")


@dataclass(frozen=True, slots=True)
class KeptMerge:
    """`other` was found to be `survivor`."""

    id: int
    survivor: UUID
    other: UUID
    at: datetime
    undone_at: datetime | None


async def merges_of(conn: Connection, person: UUID) -> list[KeptMerge]:
    """Those that a person had a part in, undone ones too, the newest first."""
    return [KeptMerge(**dict(row)) for row in await conn.fetch(_q.merges_of, person)]


async def page(
    conn: Connection, person: UUID | None, after: Place | None, limit: int, term: timedelta
) -> list[dict[str, Any]]:
    """Merges as the operator sees them, the newest first; of everybody where no person is named."""
    at, identity = (after.at, after.id) if after else (None, None)
    return [dict(row) for row in await conn.fetch(_q.list_merges, person, at, identity, limit, term)]


async def keep_apart(conn: Connection, act: UUID, pairs: Collection[Pair], now: datetime) -> None:
    """No submission that carries both keys of a pair makes two persons one by them."""
    rows = [(*lesser, *greater) for lesser, greater in sorted(tuple(sorted(pair)) for pair in pairs)]
    if rows:
        await conn.execute(_q.keep_apart, act, now, *columns(rows, 4))


async def note_undone(conn: Connection, merge: int, act: UUID, others: Sequence[UUID], now: datetime) -> None:
    """By which act this merge, and those of `others` undone with it, were undone."""
    await conn.execute(_q.note_undone, merge, now, act, list(others))
