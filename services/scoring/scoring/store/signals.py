"""Signals as they are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import LeadSignalled
from scoring.domain.asking import Earlier
from scoring.domain.people import KeyName
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/signals.sql")


async def known(conn: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are kept already."""
    return {row["id"] for row in await conn.fetch(_q.known_signals, list(ids))}


async def insert(
    conn: Connection, named: Sequence[tuple[LeadSignalled, Sequence[KeyName]]], now: datetime
) -> None:
    """Keep signals with the keys they name people by."""
    signals = [signal for signal, _ in named]
    await conn.execute(
        _q.insert_signals,
        now,
        [each.signal_id for each in signals],
        [each.at for each in signals],
        [each.received_at or now for each in signals],
        [each.kind for each in signals],
        ["\n".join(f"{kind}:{value}" for kind, value in names) for _, names in named],
        [each.form_id for each in signals],
        [each.source for each in signals],
        [each.line for each in signals],
        [each.url for each in signals],
        [each.attributes for each in signals],
    )


async def last_leads(conn: Connection, persons: Collection[UUID]) -> dict[UUID, list[Earlier]]:
    """The last leads of persons, one a line."""
    found: dict[UUID, list[Earlier]] = {}
    for row in await conn.fetch(_q.last_leads, list(persons)):
        form, source, campaign, *_ = row["origins"][0]
        lead = Earlier(row["line"], row["opened_at"], (form, source, campaign), row["is_test"])
        found.setdefault(row["root"], []).append(lead)
    return found


async def of_lead(conn: Connection, lead: UUID, *, after: Place | None, limit: int) -> list[dict[str, Any]]:
    """Signals of a lead's person, newest first: by e-mail, phone or external id, and those of the browsers
    that the person's submissions came from, whenever the browser was seen first.
    """
    at, identity = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(_q.signals_of_lead, lead, at, identity, limit)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


async def count(conn: Connection) -> int:
    """How many are kept."""
    return int(await conn.fetchval(_q.count_signals))


async def erase(conn: Connection, keys: Collection[KeyName], submissions: Collection[UUID]) -> int:
    """Take out what stands on a person's keys and browsers; call it before the submissions are erased."""
    named = [f"{kind}:{value}" for kind, value in keys]
    return _rows(await conn.execute(_q.erase_signals, named, list(submissions)))


async def expire(conn: Connection, before: datetime, limit: int) -> int:
    """Take out at most `limit` of those received before; returns how many it were."""
    return _rows(await conn.execute(_q.expire_signals, before, limit))


def _rows(done: str) -> int:
    return int(done.rpartition(" ")[2])
