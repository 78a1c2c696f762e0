"""Leads that time alone will move."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/signals.sql")


async def leads(conn: Connection, now: datetime, limit: int) -> list[UUID]:
    """Open leads whose moment has come, the earliest first, unlocked."""
    return [row["id"] for row in await conn.fetch(_q.leads_due, now, limit)]


async def ask(conn: Connection, persons: Collection[UUID], now: datetime) -> None:
    """Have the open leads of these persons scored again soon: what is known of them has changed."""
    if persons:
        await conn.execute(_q.ask_due, list(persons), now)
