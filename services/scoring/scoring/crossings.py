"""Leads that time alone moves to another quadrant, at the moments computed when they were last scored."""

import asyncio
from datetime import datetime
from uuid import UUID

from lead_events import Cause
from lead_events.ids import event_id
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.leads import Lead
from scoring.store import due
from service_kit.runtime import Runtime
from service_kit.unit import Unit

CHUNK = 200
"""Leads a transaction."""
YIELD_EVERY = 10
"""So many are scored in one go before acts, forms and heartbeats get their turn."""


class Crossings:
    """Rescores leads that are due. Any number of instances may: who comes second finds nothing due."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def work(self) -> None:
        """Work off every lead that is due now."""
        while await self._runtime.in_transaction(self._chunk) == CHUNK:
            await self._runtime.published()

    async def _chunk(self, unit: Unit) -> int:
        history = await self._rulebooks.history(unit.conn)
        found = await due.leads(unit.conn, unit.now, CHUNK) if len(history) else []
        if not found:
            return 0
        regrading = await regrade.begin(unit, self._cards.of(history)(unit.now), leads=found)
        moved = 0
        for count, lead in enumerate(list(regrading.book.open_leads), start=1):
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            if lead.due_at is not None and lead.due_at <= unit.now:
                moved += regrading.rescore(lead, decay_of(lead, lead.due_at))
        await regrading.save()
        unit.after_commit(lambda: metrics.count_crossings(moved))
        return len(found)


def decay_of(lead: Lead, due_at: datetime) -> Cause:
    """Why a lead is scored again at the moment that was computed for it."""
    identity: UUID = event_id(lead.id, "decay", lead.id, lead.seq)
    return Cause.model_construct(id=identity, kind=CauseKind.DECAY, at=due_at)
