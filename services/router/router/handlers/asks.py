"""Asks on leads that a rep has: kept one by one, so that the rep sees each and none is merged away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lead_events import LeadProgressed, LeadScored
from lead_events.words import ProgressKind
from router.domain.leads import Handoff, Lead
from router.store import q
from service_kit.batch import Received
from service_kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """One ask, in whose round it came, and when the rep was told: `at`, the router's time."""

    id: UUID
    lead_id: UUID
    round: int
    rep: str
    kind: str
    form_id: str
    source: str
    asked_at: datetime
    at: datetime
    cause_id: UUID


def asked_again(event: Received[LeadScored], lead: Lead, handoff: Handoff, at: datetime) -> AskedAgain:
    """The ask that a state from scoring tells."""
    news = event.data
    return AskedAgain(
        event.id,
        lead.id,
        handoff.round,
        handoff.rep,
        news.cause.kind.value,
        news.form_id,
        news.source,
        news.cause.at,
        at,
        news.cause.id,
    )


def ask_event(ask: AskedAgain, lead: Lead) -> LeadProgressed:
    """What is published of an ask: from now on the rep sees it."""
    return LeadProgressed(
        lead_id=lead.id,
        line=lead.line,
        seq=1,  # the desk numbers it
        kind=ProgressKind.ASKED_AGAIN,
        at=ask.at,
        round=ask.round,
        rep_id=ask.rep,
        asked_at=ask.asked_at,
        cause_id=ask.cause_id,
        is_test=lead.is_test,
    )


async def insert_asks(conn: Connection, asks: Sequence[AskedAgain]) -> Collection[UUID]:
    """Keep what came; returns the ids of those that nobody told of before."""
    if not asks:
        return ()
    rows = await conn.fetch(
        q.insert_asks,
        [each.id for each in asks],
        [each.lead_id for each in asks],
        [each.round for each in asks],
        [each.rep for each in asks],
        [each.kind for each in asks],
        [each.form_id for each in asks],
        [each.source for each in asks],
        [each.asked_at for each in asks],
        [each.at for each in asks],
        [each.cause_id for each in asks],
    )
    return {row["id"] for row in rows}
