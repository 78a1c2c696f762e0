"""Recycled leads wake on their day: a new lead of the same person and line, scored as of now."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from lead_events import Cause, Journey
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring import metrics, regrade
from scoring.cards import CompiledCards
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import People, Person
from scoring.domain.publications import Occasion
from scoring.domain.waking import Waking, rouse, waking_of, woken
from scoring.regrade import BULK_TOPIC, Regrading
from scoring.store import load, nurturing
from scoring.store.load import WorkingSet
from scoring.store.nurturing import WakeUp
from service_kit.runtime import Runtime
from service_kit.unit import Unit

WAKE_EVERY = timedelta(seconds=10)
CHUNK = 100
"""Leads that wake in one transaction."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """What becomes of a lead whose day has come; `lead`: the one that it goes on as."""

    wake_up: WakeUp
    waking: Waking
    lead: Lead | None = None


class WakeUps:
    """Wakes whoever is due. It is no buyer's act, so the leads go out in the bulk lane. Any number of
    instances may: who comes second finds nothing due."""

    def __init__(self, runtime: Runtime, *, chunk: int = CHUNK) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()
        self._chunk = chunk

    async def work(self) -> None:
        """Wake everybody whose day has come."""
        while await self._runtime.in_transaction(self._wake) == self._chunk:
            await self._runtime.published()

    async def _wake(self, unit: Unit) -> int:
        conn = unit.conn
        history = await self._rulebooks.history(conn)
        if not len(history):
            return 0
        cards = self._cards.of(history)(unit.now)
        due = await nurturing.wake_ups_due(conn, unit.now, cards.by_line, self._chunk)
        if not due:
            return 0
        found = await load.lock_working_set(conn, (), {each.lead_id for each in due})
        again = await nurturing.wake_ups_due(conn, unit.now, cards.by_line, self._chunk)
        still = {each.lead_id: each for each in again}
        due = [still[each.lead_id] for each in due if each.lead_id in still]
        decided = _decide(due, found, await nurturing.overtaken(conn, {each.lead_id for each in due}))
        roused = [(each.lead, each.wake_up) for each in decided if each.lead is not None]
        opened = [each.lead for each in decided if each.lead and each.waking is Waking.OPENED]
        regrading = await regrade.of(unit, cards, replace(found, leads=(*found.leads, *opened)))
        for lead, wake_up in roused:
            _publish(regrading, lead, wake_up)
        await regrading.save(BULK_TOPIC)
        became = [(each.wake_up.lead_id, each.waking) for each in decided]
        await nurturing.end_wake_ups(conn, became, unit.now)
        unit.after_commit(partial(metrics.count_woken, Counter(each.waking.value for each in decided)))
        return len(still)


def _decide(due: Sequence[WakeUp], found: WorkingSet, overtaken: Collection[UUID]) -> list[_Decided]:
    people, leads = People(found.keys, found.persons), {lead.id: lead for lead in found.leads}
    listed = {(each.person_id, each.line): each for each in found.leads if each.state is LeadState.OPEN}
    places: set[tuple[UUID, str]] = set()
    decided: list[_Decided] = []
    for each in due:
        lead = leads.get(each.lead_id)
        person = _root(people, lead)
        is_taken = lead is not None and person is not None and (person.id, lead.line) in places
        waking = waking_of(
            lead,
            person,
            is_recycled=each.is_recycled,
            is_overtaken=is_taken or each.lead_id in overtaken,
        )
        if waking is Waking.OPENED and lead is not None and person is not None:
            places.add((person.id, lead.line))
            decided.append(_go_on(each, lead, person, listed.get((person.id, lead.line))))
        else:
            decided.append(_Decided(each, waking))
    return decided


def _go_on(wake_up: WakeUp, lead: Lead, person: Person, listed: Lead | None) -> _Decided:
    if listed is None:
        return _Decided(wake_up, Waking.OPENED, woken(lead, person, wake_up.event_id, wake_up.wake_at))
    rouse(listed, lead)
    return _Decided(wake_up, Waking.JOINED, listed)


def _root(people: People, lead: Lead | None) -> Person | None:
    try:
        return None if lead is None else people.root(lead.person_id)
    except KeyError:
        return None  # nobody of that id is kept any more


def _publish(regrading: Regrading, lead: Lead, wake_up: WakeUp) -> None:
    """The cause is the recycling, and the day it named; sales' time begins now, as with any release."""
    now = regrading.unit.now
    cause = Cause.model_construct(id=wake_up.event_id, kind=CauseKind.WAKE_UP, at=wake_up.wake_at)
    journey = Journey.model_construct(
        received_at=wake_up.wake_at, durable_at=wake_up.wake_at, released_at=now, scored_at=now
    )
    occasion = Occasion(cause, cause.id, journey, regrading.cards, is_bulk=True)
    regrading.book.publish(lead, regrading.people.root(lead.person_id), occasion)
