"""What is read about promises that ran out: facts, hours, agreements, and the volume that was agreed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from uuid import UUID

from lead_events.words import ChargedTo
from service_kit.unit import Unit
from sla_monitor import store
from sla_monitor.domain.case import Case, case_of
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.terms import Terms, VolumeLimit
from sla_monitor.domain.timers import Timer
from sla_monitor.hours import HoursBook, hours_of
from sla_monitor.memory import Memory


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything about some promises that ran out. `timers` by their ids, with their terms; `above_volume`:
    of which timers the lead came above the agreed volume.
    """

    facts: Mapping[UUID, Sequence[Fact]]
    hours: HoursBook
    timers: Mapping[UUID, Timer]
    above_volume: frozenset[UUID]

    def of(self, timer: UUID, lead: Lead, due_at: datetime) -> Case:
        """The case of a promise that ran out at `due_at`."""
        return case_of(self.timers[timer], lead, self.facts[lead.id], self.hours.of, due_at)

    def charged_to(self, case: Case) -> ChargedTo:
        """Who answers, by the deliveries known now."""
        return case.charged_above if case.timer.id in self.above_volume else case.charged_within


async def cases_of(unit: Unit, memory: Memory, timers: Collection[Timer]) -> Cases:
    """The cases of timers whose leads are locked: at most three statements, and one an agreement's volume."""
    facts = await store.read_facts(unit.conn, {timer.lead_id for timer in timers})
    hours = await hours_of(unit.conn, memory.calendars, chain.from_iterable(facts.values()))
    known = {timer.id: replace(timer, terms=_terms(memory, timer, facts[timer.lead_id])) for timer in timers}
    return Cases(facts, hours, known, await _above_volume(unit, known.values()))


def _terms(memory: Memory, timer: Timer, facts: Sequence[Fact]) -> Terms | None:
    """What the timer's agreement promises of the handoff that the timer is of."""
    for fact in facts:
        if fact.handoff is not None and fact.round == timer.round and fact.handoff == timer.handoff:
            agreed = memory.agreements.terms_of(fact) or ()
            return next((terms for terms in agreed if terms.agreement == timer.agreement), None)
    return None


async def _above_volume(unit: Unit, timers: Iterable[Timer]) -> frozenset[UUID]:
    """Of timers that ran out, those of leads above the volume of their agreement: by agreement one look."""
    by_limit: dict[VolumeLimit, list[Timer]] = {}
    for timer in timers:
        if timer.terms is not None and timer.terms.volume is not None:
            by_limit.setdefault(timer.terms.volume, []).append(timer)
    found: set[UUID] = set()
    for limit, of_limit in by_limit.items():
        leads = await store.above_volume(unit.conn, {timer.lead_id: limit for timer in of_limit})
        found |= {timer.id for timer in of_limit if timer.lead_id in leads}
    return frozenset(found)
