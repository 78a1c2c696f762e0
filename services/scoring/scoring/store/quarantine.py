"""Quarantine as people work on it: what waits, and what they decided of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from lead_events import LeadSubmitted
from scoring.domain.remap import why_broken
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/quarantine.sql")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which submissions are meant; None asks for all. `until` is the first moment that is too late.

    `text` stands, whatever its case, in the detail of the reason or in the fields as sent.
    """

    form: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[UUID, ...] | None = None
    text: str | None = None

    def as_record(self) -> dict[str, Any]:
        """As it is kept with an action: who somebody is looked for by, or what they wrote, is not kept."""
        return {
            "form": self.form,
            "reason": self.reason,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "ids": None if self.ids is None else len(self.ids),
            "text": None if self.text is None else "given",
        }


@dataclass(frozen=True, slots=True)
class Held:
    """An action in work, locked."""

    id: UUID
    kind: str
    by: str
    is_bulk: bool


async def waiting(
    conn: Connection, wanted: Filter, *, after: Place | None, limit: int
) -> list[dict[str, Any]]:
    """Submissions that wait for a person, newest first."""
    at, identity = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(_q.list_quarantine, *_arguments(wanted), at, identity, limit)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


async def counts(conn: Connection, wanted: Filter) -> list[dict[str, Any]]:
    """How many wait, by form and reason."""
    return [dict(row) for row in await conn.fetch(_q.count_quarantine, *_arguments(wanted))]


async def take_hold(conn: Connection, wanted: Filter, action: UUID, *, at_most: int) -> int:
    """Make what matches this action's own; returns how many."""
    found: int = await conn.fetchval(_q.take_hold, *_arguments(wanted), action, at_most)
    return found


async def insert_action(
    conn: Connection, held: Held, wanted: Filter, *, why: str, now: datetime, matched: int
) -> None:
    """Keep who decided what and why; one that matches nothing is finished at once."""
    finished = None if matched else now
    await conn.execute(
        _q.insert_action,
        held.id,
        held.kind,
        wanted.as_record(),
        held.by,
        why,
        now,
        matched,
        held.is_bulk,
        finished,
    )


async def action(conn: Connection, identity: UUID) -> dict[str, Any] | None:
    """An action and how far it is."""
    row = await conn.fetchrow(_q.one_action, identity)
    return None if row is None else dict(row)


async def actions(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """What was decided last."""
    return [dict(row) for row in await conn.fetch(_q.list_actions, limit)]


async def open_actions(conn: Connection) -> list[UUID]:
    """Actions that are not finished, oldest first."""
    return [row["id"] for row in await conn.fetch(_q.open_actions)]


async def lock_action(conn: Connection, identity: UUID) -> Held | None:
    """An action that is not finished."""
    row = await conn.fetchrow(_q.lock_action, identity)
    return None if row is None else Held(row["id"], row["kind"], row["by"], row["is_bulk"])


async def next_of(conn: Connection, held: Held, limit: int) -> list[UUID]:
    """What the action has not dealt with yet."""
    return [row["submission_id"] for row in await conn.fetch(_q.next_of_action, held.id, limit)]


async def send_again(
    conn: Connection, held: Held, ids: Sequence[UUID], now: datetime
) -> tuple[list[LeadSubmitted], dict[UUID, str]]:
    """The submissions as stored, marked as on their way, and why others cannot be read: those wait again."""
    found, broken = list[LeadSubmitted](), dict[UUID, str]()
    for row in await conn.fetch(_q.events_of, ids):
        try:
            found.append(LeadSubmitted.model_validate(row["event"]))
        except ValidationError as error:
            broken[row["id"]] = why_broken(error)
    sent = [each for each in ids if each not in broken]
    await conn.execute(_q.insert_decisions, sent, held.id, now)
    await conn.execute(_q.mark_sent, sent, now)
    if broken:
        details = [f"it cannot be read any more ({why}): refuse it" for why in broken.values()]
        await conn.execute(_q.set_aside, list(broken), details)
        named = [{"submission_id": str(each), "reason": why} for each, why in broken.items()]
        await conn.execute(_q.note_set_aside, held.id, named)
    return found, broken


async def refuse(conn: Connection, held: Held, ids: Sequence[UUID], now: datetime) -> int:
    """Make no leads of these; returns how many were refused."""
    refused = [row["id"] for row in await conn.fetch(_q.refuse_submissions, ids)]
    await conn.execute(_q.insert_decisions, refused, held.id, now)
    await conn.execute(_q.leave_quarantine, ids)
    return len(refused)


async def advance(conn: Connection, held: Held, done: int, finished_at: datetime | None) -> None:
    """So many more are dealt with."""
    await conn.execute(_q.advance_action, held.id, done, finished_at)


async def decisions(conn: Connection, submission: UUID) -> list[dict[str, Any]]:
    """What was decided of one submission, oldest first."""
    return [dict(row) for row in await conn.fetch(_q.decisions_on, submission)]


def _arguments(wanted: Filter) -> tuple[Any, ...]:
    ids = None if wanted.ids is None else list(wanted.ids)
    return wanted.form, wanted.reason, wanted.since, wanted.until, ids, _pattern(wanted.text)


def _pattern(text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
