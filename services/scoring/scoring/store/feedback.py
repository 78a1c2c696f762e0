"""What sales says of leads, as it is kept."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lead_events.money import Money
from lead_events.words import ProgressKind
from scoring.domain.feedback import Feedback
from scoring.store.save import columns
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/feedback.sql")


async def insert(conn: Connection, said: Collection[Feedback]) -> None:
    """Keep what reps said of leads that are kept here, each once."""
    if said:
        await conn.execute(_q.insert_feedback, *columns((_row(each) for each in said), 12))


async def note_handoffs(conn: Connection, handoffs: Collection[tuple[UUID, datetime]]) -> None:
    """Keep when leads first got a rep."""
    if handoffs:
        await conn.execute(_q.note_handoffs, *columns(sorted(handoffs), 2))


async def of_leads(conn: Connection, leads: Sequence[UUID]) -> dict[UUID, list[Feedback]]:
    """What was said of leads, and of those that were merged into them, oldest first."""
    found: dict[UUID, list[Feedback]] = {}
    for row in await conn.fetch(_q.feedback_of_held, list(leads)):
        found.setdefault(row["lead_id"], []).append(_feedback(row))
    return found


async def export(conn: Connection, leads: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The same as it stands in the table, for whoever asks for their data."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await conn.fetch(_q.feedback_of_leads, list(leads)):
        told = {name: value for name, value in row.items() if value is not None and name != "lead_id"}
        found.setdefault(row["lead_id"], []).append(told)
    return found


async def erase(conn: Connection, leads: Iterable[UUID]) -> None:
    """Take out what reps wrote of these leads."""
    await conn.execute(_q.erase_feedback, list(leads))


def _row(said: Feedback) -> tuple[Any, ...]:
    value = said.value
    return (
        said.id,
        said.lead_id,
        said.kind.value,
        said.at,
        said.round,
        said.rep_id,
        said.result,
        said.reason,
        said.rating,
        value.minor if value else None,
        value.currency if value else None,
        said.wake_at,
    )


def _feedback(row: asyncpg.Record) -> Feedback:
    minor, currency = row["value_minor"], row["currency"]
    return Feedback(
        id=row["id"],
        lead_id=row["lead_id"],
        kind=ProgressKind(row["kind"]),
        at=row["at"],
        round=row["round"],
        rep_id=row["rep_id"],
        result=row["result"],
        reason=row["reason"],
        rating=row["rating"],
        value=None if minor is None else Money.model_construct(minor=minor, currency=currency),
        wake_at=row["wake_at"],
    )
