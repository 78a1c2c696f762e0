"""Leads that time alone moves to another quadrant, at the moments computed when they were last scored."""

from datetime import datetime
from uuid import UUID

from lead_events import Cause
from lead_events.ids import event_id
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.leads import Lead
from scoring.regrade import Regrading
from scoring.store import due
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.runtime import Runtime
from service_kit.turns import in_turns
from service_kit.unit import Unit

_log = logger(__name__)

CHUNK = 200
"""Leads a transaction."""


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
        moved, broken = 0, 0
        async for lead in in_turns(list(regrading.book.open_leads)):
            if lead.due_at is None or lead.due_at > unit.now:
                continue
            try:
                moved += regrading.rescore(lead, decay_of(lead, lead.due_at))
            except Exception as error:  # whatever one lead is to blame for, the others go on
                broken += 1
                _set_aside(regrading, lead, error)
        await regrading.save()
        unit.after_commit(lambda: metrics.count_crossings(moved, broken))
        return len(found)


def _set_aside(regrading: Regrading, lead: Lead, error: Exception) -> None:
    """It stands where it stood until something else scores it, and is due no more: or it would be the first
    to be due again, each second, and no other would follow."""
    _log.error("time could not move a lead: it keeps its score", lead=str(lead.id), error=describe(error))
    lead.due_at = None
    regrading.book.changed[lead.id] = lead


def decay_of(lead: Lead, due_at: datetime) -> Cause:
    """Why a lead is scored again at the moment that was computed for it."""
    identity: UUID = event_id(lead.id, "decay", lead.id, lead.seq)
    return Cause.model_construct(id=identity, kind=CauseKind.DECAY, at=due_at)
