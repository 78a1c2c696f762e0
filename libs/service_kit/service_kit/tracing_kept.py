"""Which span dealt with a lead last, in the store: what is done later, after a restart too, joins it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.queries import load_queries

KEPT = timedelta(days=7)
"""How long something done about a lead still joins its trace."""
_q = load_queries("service_kit")


async def keep(conn: Connection, spans: Mapping[UUID, str], now: datetime) -> None:
    """Remember the traceparent of each lead, in the transaction of the batch that dealt with it."""
    if spans:
        subjects = sorted(spans)
        await conn.execute(_q.keep_traces, subjects, [spans[each] for each in subjects], now)


async def traces_of(conn: Connection, subjects: Collection[UUID]) -> dict[UUID, str]:
    """The traceparents of those that have one."""
    if not subjects:
        return {}
    rows = await conn.fetch(_q.traces_of, list(subjects))
    return {row["subject"]: row["traceparent"] for row in rows}


async def forget(conn: Connection, now: datetime) -> None:
    """Drop what is older than KEPT."""
    await conn.execute(_q.forget_traces, now - KEPT)
