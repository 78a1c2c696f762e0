"""Objections, their decisions, and incident windows: one use case a function, inside the caller's unit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from lead_events.words import TimerKind
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from service_kit.unit import Unit
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import About, Side
from sla_monitor.ledger.books import Books
from sla_monitor.ledger.errors import (
    DecidedAlready,
    NotCounted,
    ObjectedAlready,
    RetractedAlready,
    TooLate,
    UnknownIncident,
    UnknownObjection,
    UnknownSubject,
    WrongWindow,
)

_q = load_queries("sla_monitor.ledger", "queries/disputes.sql")
LONGEST_INCIDENT = timedelta(days=31)
FARTHEST_AHEAD = timedelta(days=7)
"""How far in the future an incident may end: planned work, and no free pass."""
_DAYS_WITHOUT_AGREEMENT = 5


@dataclass(frozen=True, slots=True)
class Objected:
    """What somebody objects to: one thing by its own id, or what happened to a lead last."""

    about: About
    side: Side
    reason: str
    subject: UUID | None = None
    lead: UUID | None = None
    kind: TimerKind | None = None
    round: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A rejection or breach that can be objected to, and when it happened or was said."""

    id: UUID
    lead_id: UUID
    happened_at: datetime


async def object_to(unit: Unit, books: Books, wanted: Objected, by: str) -> dict[str, Any]:
    """Keep an objection. Raises UnknownSubject, NotCounted, TooLate or ObjectedAlready."""
    found = await _subject(unit.conn, wanted)
    known = await unit.conn.fetchrow(_q.objection_to, found.id)
    if known is not None:
        raise ObjectedAlready(dict(known))
    await books.learn(unit.conn)
    days = object_days(books, found.happened_at)
    until = found.happened_at + timedelta(days=days)
    if unit.now > until:
        raise TooLate(found.happened_at, days, until)
    row = await unit.conn.fetchrow(
        _q.insert_objection,
        uuid4(),
        wanted.about,
        found.id,
        found.lead_id,
        wanted.side,
        by,
        unit.now,
        wanted.reason,
        found.happened_at,
    )
    if row is None:  # somebody else was a moment sooner
        raise ObjectedAlready(dict(await unit.conn.fetchrow(_q.objection_to, found.id) or {}))
    return dict(row)


def object_days(books: Books, happened_at: datetime) -> int:
    """How many wall days the agreement that bound then leaves."""
    book = books.at(happened_at)
    return book.agreed_at(happened_at).agreement.object_within_days if book else _DAYS_WITHOUT_AGREEMENT


async def _subject(conn: Connection, wanted: Objected) -> Subject:
    return await (_rejection(conn, wanted) if wanted.about == "rejection" else _breach(conn, wanted))


async def _rejection(conn: Connection, wanted: Objected) -> Subject:
    row = await conn.fetchrow(_q.given_back, wanted.lead, wanted.subject)
    if row is None:
        raise UnknownSubject(
            f"sales has not given back lead {wanted.lead or wanted.subject}, or has it again; send the id of "
            "a lead that was rejected or recycled"
        )
    return Subject(row["subject"], row["lead_id"], row["happened_at"])


async def _breach(conn: Connection, wanted: Objected) -> Subject:
    kind = wanted.kind.value if wanted.kind else None
    rows = await conn.fetch(_q.breaches, wanted.lead, wanted.subject, kind, wanted.round)
    if not rows:
        raise UnknownSubject(
            f"no such promise to {wanted.lead or wanted.subject} was broken; `baton sla LEAD` shows its "
            "promises: send lead and kind, or the id of the timer as subject"
        )
    if all(row["binds_nobody"] for row in rows):
        raise NotCounted(f"{rows[0]['kind']} was a promise on trial or of a test lead: it binds nobody")
    rows = [row for row in rows if not row["binds_nobody"]]
    broken = [row for row in rows if row["state"] == TimerState.BREACHED.value]
    if not broken:
        raise NotCounted(f"the breach of {rows[0]['kind']} was withdrawn: an act in time turned up")
    kinds = {(row["kind"], row["round"]) for row in broken}
    if len(kinds) > 1:
        listed = ", ".join(f"{name} of round {number}" for name, number in sorted(kinds))
        raise UnknownSubject(
            f"several promises were broken: {listed}; send kind and round of the one you mean"
        )
    return Subject(broken[0]["subject"], broken[0]["lead_id"], broken[0]["happened_at"])


async def decide(
    unit: Unit, identity: UUID, verdict: Literal["upheld", "excused"], by: str, why: str
) -> dict[str, Any]:
    """Decide an objection, once. Raises UnknownObjection or DecidedAlready."""
    row = await unit.conn.fetchrow(_q.lock_objection, identity)
    if row is None:
        raise UnknownObjection(identity)
    if row["verdict"] is not None:
        raise DecidedAlready(dict(row))
    await unit.conn.execute(_q.share_closing)
    decided = await unit.conn.fetchrow(_q.decide_objection, identity, verdict, by, unit.now, why)
    if verdict == "excused":
        is_breach = row["about"] == "breach"
        subject = row["subject"] if is_breach else row["lead_id"]
        await unit.conn.execute(_q.note_excused, subject, is_breach)
    return dict(decided or {})


async def add_incident(
    unit: Unit, from_at: datetime, until_at: datetime, why: str, by: str
) -> dict[str, Any]:
    """Excuse every breach whose due time lies in a window, both ends included. Raises WrongWindow."""
    check_window(from_at, until_at, unit.now)
    await unit.conn.execute(_q.share_closing)
    row = await unit.conn.fetchrow(_q.insert_incident, uuid4(), from_at, until_at, why, by, unit.now)
    await unit.conn.execute(_q.note_excused_window, from_at, until_at)
    return dict(row or {})


def check_window(from_at: datetime, until_at: datetime, now: datetime) -> None:
    """Raises WrongWindow for one that ends before it begins, is longer than 31 days, or lies far ahead."""
    if until_at <= from_at:
        raise WrongWindow(
            "until", "until is not after from: send a later one, or the two the other way round"
        )
    if until_at - from_at > LONGEST_INCIDENT:
        raise WrongWindow("until", "a window lasts 31 days at most: send several, each with its reason")
    if until_at > now + FARTHEST_AHEAD:
        latest = (now + FARTHEST_AHEAD).isoformat(timespec="seconds")
        raise WrongWindow("until", f"a window ends within seven days from now: send {latest} or sooner")


async def retract_incident(unit: Unit, identity: UUID, by: str) -> dict[str, Any]:
    """Take a window back; it stays visible. Raises UnknownIncident or RetractedAlready."""
    row = await unit.conn.fetchrow(_q.lock_incident, identity)
    if row is None:
        raise UnknownIncident(identity)
    if row["retracted_at"] is not None:
        raise RetractedAlready(dict(row))
    await unit.conn.execute(_q.share_closing)
    taken = await unit.conn.fetchrow(_q.retract_incident, identity, by, unit.now)
    await unit.conn.execute(_q.note_excused_window, row["from_at"], row["until_at"])
    return dict(taken or {})


async def forget_words(conn: Connection, leads: list[UUID]) -> None:
    """Leave nothing of what was written about leads of an erased person."""
    if leads:
        await conn.execute(_q.forget_words, leads)
