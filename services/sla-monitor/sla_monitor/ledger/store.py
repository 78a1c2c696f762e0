"""Writing of the ledger. Every function works inside the caller's transaction, under its locks of leads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events.words import Quadrant
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.domain.lead import Lead
from sla_monitor.ledger.delivery import Told, Touch
from sla_monitor.ledger.standing import Standing

_q = load_queries("sla_monitor.ledger", "queries/notes.sql")
_PLAIN = tuple(name for name in Standing.__slots__ if name != "given")


async def note_told(conn: Connection, told: Collection[Told]) -> None:
    """Keep what events say of deliveries and touches: two statements at most."""
    rows: dict[UUID, dict[str, Any]] = {}
    for each in sorted(told, key=lambda one: one.seq):
        _merge(rows.setdefault(each.lead_id, {}), each)
    if rows:
        await conn.execute(_q.note_told, list(rows.values()))
    touches: dict[tuple[UUID, UUID], Touch] = {}
    for each in sorted(told, key=lambda one: one.seq):
        if each.touch is not None:
            touches.setdefault((each.lead_id, each.touch.cause_id), each.touch)
    if touches:
        await conn.execute(_q.insert_touches, *_columns(touches.values()))


def _merge(row: dict[str, Any], told: Told) -> None:
    """Several events of one lead in a batch, the first of them first."""
    row.setdefault("lead_id", told.lead_id)
    row["is_test"] = row.get("is_test", False) or told.is_test
    row["is_own"] = row.get("is_own", False) or told.is_own
    row.setdefault("first_seq", told.seq)
    row.setdefault("received_at", told.received_at)
    row.setdefault("scored_at", told.scored_at)
    row["is_stale"] = row.get("is_stale", False) or told.lacks_book
    row.setdefault("segments", [])
    row.setdefault("is_known", False)
    if told.delivery is not None and row.get("delivery_seq") is None:
        delivery = told.delivery
        row["delivery_seq"], row["delivered_at"] = delivery.seq, delivery.at
        row["delivered_quadrant"], row["segments"] = delivery.quadrant, list(delivery.segments)
        row["is_known"], row["unhanded_due_at"] = delivery.is_known, delivery.unhanded_due_at


def _columns(touches: Collection[Touch]) -> list[list[Any]]:
    return [[getattr(touch, name) for touch in touches] for name in Touch.__slots__]


async def note_standings(conn: Connection, standings: Sequence[tuple[Lead, Standing]]) -> None:
    """Keep where leads stand; what has not changed is not written."""
    if standings:
        await conn.execute(_q.note_standings, [_row(lead, standing) for lead, standing in standings])


def _row(lead: Lead, standing: Standing) -> dict[str, Any]:
    row = {name: getattr(standing, name) for name in _PLAIN}
    row |= {"lead_id": lead.id, "is_test": lead.is_test, "is_own": lead.is_own}
    if given := standing.given:
        row |= {
            "given_fact": given.fact,
            "given_kind": given.kind,
            "given_at": given.at,
            "given_code": given.code,
            "given_rep_id": given.rep_id,
            "duplicate_of": given.duplicate_of,
            "given_proof": given.proof,
            "given_evidence": given.evidence,
        }
    return row


async def note_promise_times(conn: Connection, worked: Mapping[UUID, int]) -> None:
    """Keep the rep's working time of promises that ended, in microseconds by timer."""
    if worked:
        await conn.execute(_q.note_promise_times, list(worked), list(worked.values()))


async def leads_to_be_worked_by(conn: Connection, since: Mapping[str, datetime]) -> list[UUID]:
    """Leads whose time to be worked runs by these reps' hours and was not over at the moment of each."""
    if not since:
        return []
    found = await conn.fetch(_q.leads_to_be_worked_by, list(since), list(since.values()))
    return [row["lead_id"] for row in found]


async def lock_stale(conn: Connection, limit: int) -> list[UUID]:
    """Leads whose standing is still to be filled in, locked."""
    return [row["id"] for row in await conn.fetch(_q.lock_stale, limit)]


async def unhanded(conn: Connection, leads: Collection[UUID]) -> list[tuple[UUID, datetime, Quadrant, str]]:
    """Of these leads the deliveries that nobody had and whose time to be worked is not known: when each was
    delivered, its quadrant and line."""
    found = await conn.fetch(_q.unhanded, list(leads))
    return [(row[0], row[1], Quadrant(row[2]), row[3]) for row in found]


async def note_unhanded_due(conn: Connection, due: Mapping[UUID, datetime]) -> None:
    """Keep when the time to be worked of leads ends that nobody had."""
    if due:
        await conn.execute(_q.note_unhanded_due, list(due), list(due.values()))
