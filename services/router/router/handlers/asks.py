"""Asks on leads that a rep has: kept one by one, so that the rep sees each and none is merged away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lead_events import LeadScored
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
    )


async def insert_asks(conn: Connection, asks: Sequence[AskedAgain]) -> None:
    """Keep what came."""
    if not asks:
        return
    await conn.execute(
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
    )
