"""Leads that sales gave back as another one again: made one person, or asked of marketing."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from lead_events import Cause, LeadMerged
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.duplicates import (
    Duplicate,
    DuplicateState,
    Why,
    binding,
    doubt,
    keys_of,
    pairs_between,
)
from scoring.domain.leads import Lead, heirs_of
from scoring.domain.people import People, Person
from scoring.errors import AnsweredOtherwise, NothingToJoin, UnknownDuplicate
from scoring.persons import Order
from scoring.regrade import Regrading
from scoring.store import duplicates as store
from scoring.store import load, persons, save
from scoring.store.load import WorkingSet
from scoring.store.views import Place
from service_kit.audit import Also
from service_kit.errors import describe, is_transient
from service_kit.logs import logger
from service_kit.runtime import Runtime
from service_kit.unit import Unit

_log = logger(__name__)


class Duplicates:
    """Looks at what waits, one in each transaction; any number of instances may. Marketing's answers too."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def work(self) -> None:
        """Look at everything that waits. What fails is asked of marketing, and the others go on."""
        while True:
            try:
                if not await self._runtime.in_transaction(self._next):
                    return
            except _Broken as broken:
                await self._runtime.in_transaction(partial(_give_up, told=broken.told))
            await self._runtime.published()

    async def page(self, state: DuplicateState, after: Place | None, limit: int) -> list[dict[str, Any]]:
        """Those in a state, the oldest first."""
        async with self._runtime.database.acquire() as conn:
            return await store.page(conn, state, after, limit)

    async def merge(self, identity: UUID, order: Order, also: Also | None = None) -> DuplicateState:
        """Marketing says that the two are one. Said again it changes nothing.

        Raises UnknownDuplicate, AnsweredOtherwise, NothingToJoin.
        """

        async def work(unit: Unit) -> DuplicateState:
            told = await self._to_answer(unit, identity, {DuplicateState.MERGED, DuplicateState.ONE_ALREADY})
            if isinstance(told, DuplicateState):
                return told
            became, why = await self._look(unit, told, is_sure=True)
            if became in (DuplicateState.NOTED, DuplicateState.GONE):
                raise NothingToJoin
            return await _settle(unit, told, became, why, order)

        return await self._runtime.in_transaction(work, also)

    async def part(self, identity: UUID, order: Order, also: Also | None = None) -> DuplicateState:
        """Marketing says that they are two people. Said again it changes nothing.

        Raises UnknownDuplicate, AnsweredOtherwise.
        """

        async def work(unit: Unit) -> DuplicateState:
            told = await self._to_answer(unit, identity, {DuplicateState.APART})
            if isinstance(told, DuplicateState):
                return told
            return await _settle(unit, told, DuplicateState.APART, told.why, order)

        return await self._runtime.in_transaction(work, also)

    async def _to_answer(
        self, unit: Unit, identity: UUID, so: set[DuplicateState]
    ) -> Duplicate | DuplicateState:
        """The question; or the state, one of `so`, in which there is nothing left to say."""
        await persons.hold_erasures(unit.conn)
        found = await store.lock(unit.conn, identity)
        if found is None:
            raise UnknownDuplicate
        told, by, at = found
        if told.state in so:
            return told.state
        if told.state not in (DuplicateState.WAITS, DuplicateState.ASKED):
            raise AnsweredOtherwise(told.state.value, by, at)
        return told

    async def _next(self, unit: Unit) -> bool:
        await persons.hold_erasures(unit.conn)
        told = await store.next_waiting(unit.conn)
        if told is None:
            return False
        try:
            became, why = await self._look(unit, told)
        except Exception as error:
            if is_transient(error):
                raise
            _log.exception("a duplicate could not be looked at", id=str(told.id), error=describe(error))
            raise _Broken(told) from error
        await _settle(unit, told, became, why)
        return True

    async def _look(
        self, unit: Unit, told: Duplicate, *, is_sure: bool = False
    ) -> tuple[DuplicateState, Why | None]:
        """What becomes of it; `is_sure`: by marketing's word, which a doubt does not stop."""
        named = {told.lead, told.of or told.lead}
        if await store.leads_there(unit.conn, named) != named:
            return DuplicateState.GONE, None
        if told.of is None:
            return DuplicateState.NOTED, Why.NOT_NAMED
        found = await load.lock_working_set(unit.conn, (), named, whole=True)
        people = People(found.keys, found.persons, found.apart, found.together)
        leads = {lead.id: lead for lead in found.leads}
        one, other = (people.root(leads[each].person_id) for each in (told.lead, told.of))
        if one is other:
            return DuplicateState.ONE_ALREADY, None
        keys = keys_of(people, found.keys)
        why = doubt(one, other, keys, found.apart)
        if why is Why.NO_KEY:
            return DuplicateState.NOTED, why
        if why is not None and not is_sure:
            return DuplicateState.ASKED, why
        ours, theirs = keys[one.id], keys[other.id]
        await self._join(unit, told, found, people, one, other)
        await store.part_apart(unit.conn, pairs_between(ours, theirs))
        await store.keep_together(unit.conn, told.id, binding(ours, theirs), unit.now)
        return DuplicateState.MERGED, None

    async def _join(
        self, unit: Unit, told: Duplicate, found: WorkingSet, people: People, one: Person, other: Person
    ) -> None:
        """Make the two one, as a submission with a key of each would."""
        cards = self._cards.of(await self._rulebooks.history(unit.conn))(unit.now)
        names = [key.name for key in found.keys]
        regrading = replace(await regrade.of(unit, cards, found, names), people=people)
        prefers = None if one.is_known is other.is_known else (one if one.is_known else other).id
        survivor, gone = people.join(one, other)
        ended, moved = regrading.book.merge(survivor.id, gone.id, prefers)
        event = LeadMerged(
            kind="merged",
            person_id=survivor.id,
            other_person_id=gone.id,
            leads_ended=[lead.id for lead in ended],
            ended_in=heirs_of(ended),
            leads_moved=[lead.id for lead in moved],
            at=unit.now,
            seq=survivor.merges,
        )
        unit.emit(
            "lead-merged", event, key=survivor.id, cause=told.id, subject=survivor.id, ordinal=event.seq
        )
        _publish(regrading, told, survivor, ended)
        await save.save_people(unit.conn, people.changed_persons.values(), people.changed_keys.values())
        await regrading.save()
        await store.insert_merge(unit.conn, told, event)
        unit.after_commit(metrics.MERGED.inc)


def _publish(regrading: Regrading, told: Duplicate, survivor: Person, ended: list[Lead]) -> None:
    """A lead in which another ended is published as asked for: should it be closed already without our
    knowing, the router answers, and nobody is forgotten. The others are only scored anew."""
    into = {lead.merged_into for lead in ended}
    for lead in list(regrading.book.of(survivor.id)):
        kind = CauseKind.SUBMISSION if lead.id in into else CauseKind.RESCORE
        cause = Cause(id=told.id, kind=kind, at=regrading.unit.now)
        regrading.rescore(lead, cause, always=True)


class _Broken(Exception):
    """Something went wrong with two leads: nothing of it stands."""

    def __init__(self, told: Duplicate) -> None:
        super().__init__(str(told.id))
        self.told = told


async def _give_up(unit: Unit, told: Duplicate) -> None:
    found = await store.lock(unit.conn, told.id)
    if found is not None and found[0].state is DuplicateState.WAITS:
        await _settle(unit, told, DuplicateState.ASKED, Why.FAILED)


async def _settle(
    unit: Unit, told: Duplicate, became: DuplicateState, why: Why | None, order: Order | None = None
) -> DuplicateState:
    by, reason = (order.by, order.reason) if order is not None else (None, None)
    await store.settle(unit.conn, told.id, became, unit.now, why=why, by=by, reason=reason)
    unit.after_commit(partial(metrics.count_duplicate, became.value))
    return became
