"""A person is erased: leads that are open end, and what was known about the person goes."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from lead_events import PersonErased
from lead_events.words import CloseReason
from router.desk import Desk
from router.domain.leads import LeadState, forget_person
from router.store import q
from service_kit.batch import Received
from service_kit.postgres import Connection


class ErasureEffect(StrEnum):
    """What became of an erasure."""

    CLOSED = "erased_leads_closed"
    WIPED = "erased_leads_wiped"  # none of them was open


def apply_erasure(desk: Desk, event: Received[PersonErased]) -> ErasureEffect:
    """End the open leads of the person and forget the person on all of them.

    A lead not heard of before ends too, so that its own state, when it comes, is not kept.
    """
    effect = ErasureEffect.WIPED
    for identity in event.data.leads:
        lead = desk.leads[identity]
        if lead.state is LeadState.ERASED:
            continue
        if not lead.is_over:
            desk.close(lead, event.id, CloseReason.ERASED)
            effect = ErasureEffect.CLOSED
        desk.ledger.touch(lead)
        forget_person(lead)
    return effect


async def wipe(conn: Connection, leads: Collection[UUID]) -> None:
    """Take out what reps wrote about these leads, also where it waits to be published."""
    if not leads:
        return
    ids = sorted(leads)
    marks = [str(identity) for identity in ids]
    await conn.execute(q.wipe_acts, ids)
    await conn.execute(q.wipe_life, ids)
    await conn.execute(q.wipe_own_leads, ids)
    await conn.execute(q.wipe_crm, ids)
    await conn.execute(q.wipe_outbox, marks)
    await conn.execute(q.drop_dead_letters, marks)
