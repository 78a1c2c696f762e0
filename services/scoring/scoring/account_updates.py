"""Open leads published again after accounts changed, or after a person said which account a company is."""

from uuid import UUID

from lead_events import Cause
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.leads import Lead
from scoring.regrade import BULK_TOPIC, Regrading
from scoring.store import accounts
from scoring.store.accounts import Update
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.runtime import Runtime
from service_kit.turns import in_turns
from service_kit.unit import Unit

_log = logger(__name__)

CHUNK = 200
"""Leads a transaction, and a round: one a second, so that a change of every account does not stand in
front of what buyers do."""


class AccountUpdates:
    """Looks through the leads that a change may concern. Any number of instances may: one is at a change at a
    time, and what a crash repeats of a chunk has the same ids."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def work(self) -> None:
        """One round: a chunk of leads, and whatever changes concern no lead before it."""
        while await self._runtime.in_transaction(self._chunk) == 0:
            pass
        await self._runtime.published()

    async def _chunk(self, unit: Unit) -> int | None:
        """How many leads were looked at; None where there is nothing to do yet."""
        update = await accounts.oldest_update(unit.conn)
        if update is None:
            return None
        if not await accounts.is_settled(unit.conn, update):
            return 0 if update.horizon is None else None
        leads = await accounts.concerned(unit.conn, update, CHUNK)
        published = await self._look(unit, update, leads) if leads else 0
        is_last = len(leads) < CHUNK
        await accounts.advance(unit.conn, update, leads, published, unit.now if is_last else None)
        unit.after_commit(lambda: metrics.ACCOUNT_LEADS.inc(published))
        return len(leads)

    async def _look(self, unit: Unit, update: Update, leads: list[UUID]) -> int:
        history = await self._rulebooks.history(unit.conn)
        regrading = await regrade.begin(unit, self._cards.of(history)(unit.now), leads=leads)
        if update.clues is None:
            found = regrading.book.open_leads
            persons = {
                person.id: person for lead in found for person in (regrading.people.root(lead.person_id),)
            }
            await accounts.save_clues(unit.conn, {i: accounts.clues_of(p) for i, p in persons.items()})
        before = await accounts.told(unit.conn, leads)
        cause = Cause.model_construct(id=update.id, kind=CauseKind.ACCOUNT, at=update.at)
        published, broken = await _publish(regrading, {lead: before.get(lead) for lead in leads}, cause)
        unit.after_commit(lambda: metrics.SET_ASIDE.labels("account").inc(broken))
        await regrading.save(BULK_TOPIC)
        await accounts.settle(unit.conn, _settled(regrading))
        return published


def _settled(regrading: Regrading) -> set[UUID]:
    """Questions about the companies of these leads that the change has answered."""
    roots = {lead.person_id: regrading.people.root(lead.person_id) for lead in regrading.book.open_leads}
    found = (regrading.book.accounts.settled(person.known.as_mapping()) for person in roots.values())
    return set().union(*found)


async def _publish(regrading: Regrading, before: dict[UUID, str | None], cause: Cause) -> tuple[int, int]:
    """Publish the leads that tell otherwise of their account now: how many, and how many could not be scored
    and tell what they told until something else scores them."""
    published, broken = 0, 0
    async for lead in in_turns(list(regrading.book.open_leads)):
        if lead.id not in before:
            continue
        try:
            published += _publish_one(regrading, lead, before[lead.id], cause)
        except Exception as error:  # whatever one lead is to blame for, the others go on, and later changes
            broken += 1
            _log.error("an account could not be told of a lead", lead=str(lead.id), error=describe(error))
    return published, broken


def _publish_one(regrading: Regrading, lead: Lead, before: str | None, cause: Cause) -> bool:
    known = regrading.people.root(lead.person_id).known
    if accounts.said(regrading.book.accounts.told(known, lead.line)) == before:
        return False
    return regrading.rescore(lead, cause, always=True)
