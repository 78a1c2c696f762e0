"""Leads that time alone will move."""

from datetime import datetime
from uuid import UUID

from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/signals.sql")


async def leads(conn: Connection, now: datetime, limit: int) -> list[UUID]:
    """Open leads whose moment has come, the earliest first, unlocked."""
    return [row["id"] for row in await conn.fetch(_q.leads_due, now, limit)]
