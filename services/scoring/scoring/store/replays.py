"""Replays: what was asked for, how far it is, and the stored submissions it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from lead_events import LeadSubmitted
from lead_events.words import QuarantineReason
from scoring.domain.submissions import SubmissionState
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/replays.sql")


@dataclass(frozen=True, slots=True)
class Range:
    """Submissions of one form received from `since` on and before `until`."""

    form_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay in work, locked. `reached`: the last submission looked at; `counts`: what was found so far;
    `set_aside`: the first of those that broke, each with the reason.
    """

    id: UUID
    range: Range
    by: str
    starts_at: datetime
    reached: Place | None
    counts: Mapping[str, int]
    set_aside: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A stored submission; without an event where what was typed is kept no more."""

    place: Place
    event: LeadSubmitted | None
    state: SubmissionState
    reason: QuarantineReason | None


async def insert(
    conn: Connection,
    identity: UUID,
    wanted: Range,
    *,
    by: str,
    why: str,
    now: datetime,
    version: int,
    starts_at: datetime,
) -> None:
    """Keep what somebody asks for."""
    await conn.execute(
        _q.insert_replay,
        identity,
        wanted.form_id,
        wanted.since,
        wanted.until,
        by,
        why,
        now,
        version,
        starts_at,
    )


async def one(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """A replay and how far it is."""
    row = await conn.fetchrow(_q.one_replay, identity)
    return None if row is None else dict(row)


async def newest(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """What was asked for last."""
    return [dict(row) for row in await conn.fetch(_q.list_replays, limit)]


async def due(conn: Connection, now: datetime) -> list[UUID]:
    """Replays that are not finished and may begin, oldest first."""
    return [row["id"] for row in await conn.fetch(_q.due_replays, now)]


async def lock(conn: Connection, identity: UUID) -> Replay | None:
    """A replay that is not finished."""
    row = await conn.fetchrow(_q.lock_replay, identity)
    if row is None:
        return None
    at, last = row["reached_at"], row["reached_id"]
    return Replay(
        row["id"],
        Range(row["form_id"], row["since"], row["until"]),
        row["by"],
        row["starts_at"],
        None if at is None else Place(at, last),
        row["counts"],
        row["set_aside"],
    )


async def read(conn: Connection, wanted: Range, after: Place | None, limit: int) -> list[Row]:
    """Stored submissions in order of reception."""
    at, last = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(
        _q.submissions_to_map, wanted.form_id, wanted.since, wanted.until, at, last, limit
    )
    return [
        Row(
            Place(row["received_at"], row["id"]),
            _event(row["event"]),
            SubmissionState(row["state"]),
            None if row["reason"] is None else QuarantineReason(row["reason"]),
        )
        for row in rows
    ]


async def give_up(conn: Connection, replay: Replay, error: str, now: datetime) -> None:
    """It cannot go on."""
    await conn.execute(_q.give_up_replay, replay.id, error, now)


async def advance(
    conn: Connection,
    replay: Replay,
    rows: list[Row],
    counts: Mapping[str, int],
    finished_at: datetime | None,
    set_aside: Sequence[Mapping[str, str]],
) -> None:
    """These have been looked at."""
    last = rows[-1].place if rows else None
    await conn.execute(
        _q.advance_replay,
        replay.id,
        last and last.at,
        last and last.id,
        len(rows),
        dict(counts),
        finished_at,
        list(set_aside),
    )


def _event(stored: Any) -> LeadSubmitted | None:
    try:
        return LeadSubmitted.model_validate(stored)
    except ValidationError:
        return None
