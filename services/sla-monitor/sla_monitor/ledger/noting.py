"""The ledger kept in step with what is read: a constant number of statements a batch."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from lead_events import LeadScored
from rulebook.agreements import promise_of
from service_kit.turns import in_turns
from service_kit.unit import Unit
from sla_monitor import metrics
from sla_monitor import store as base
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.lead import Lead
from sla_monitor.domain.timers import Timer
from sla_monitor.handlers.reconciling import Told, reconcile_leads
from sla_monitor.hours import HoursBook
from sla_monitor.ledger import delivery as deliveries
from sla_monitor.ledger import store
from sla_monitor.ledger.books import Book, Books
from sla_monitor.ledger.standing import WorkTerms, standing_of, work_terms
from sla_monitor.memory import Memory

_US = timedelta(microseconds=1)


async def note_scored(
    unit: Unit, memory: Memory, scored: Collection[LeadScored], fresh: Mapping[int, Book]
) -> None:
    """Take in what lead-scored says of deliveries and submissions, whatever the order of the events.

    `fresh`: rulebooks that arrive in the same batch, which the memory learns of once they are committed.
    """
    books = memory.books
    told = [
        deliveries.told_by(each, fresh.get(each.rulebook_version) or _book(books, each)) for each in scored
    ]
    await store.note_told(unit.conn, told)
    if undecided := sum(each.undecided for each in told):
        unit.after_commit(partial(metrics.SEGMENT_ERRORS.inc, undecided))


def _book(books: Books, scored: LeadScored) -> Book | None:
    return books.of(scored.rulebook_version) or books.at(scored.journey.scored_at)


async def note_ledger(unit: Unit, memory: Memory, leads: Mapping[UUID, Lead], told: Told) -> None:
    """Write where the leads stand after `reconcile_leads`, and how long ended promises took."""
    await _note_standings(unit, memory, leads, told)
    changed = [timer for result in told.results.values() for timer in result.changed]
    await store.note_promise_times(unit.conn, _worked(told, changed))


async def _note_standings(unit: Unit, memory: Memory, leads: Mapping[UUID, Lead], told: Told) -> None:
    terms_of, due_of = partial(terms, memory.books), partial(_due, told.hours)
    standings = []
    async for lead_id, story in in_turns(told.stories.items()):
        standing = standing_of(story.facts, terms_of=terms_of, due_of=due_of)
        standings.append((leads[lead_id], standing))
    await store.note_standings(unit.conn, standings)


def terms(books: Books, handoff: Fact) -> WorkTerms | None:
    """What makes a lead worked, by the agreement that bound at its handoff, in the version the handoff names;
    None while that has not arrived."""
    told = handoff.handoff
    book = books.of(told.rulebook_version) if told is not None else None
    if told is None or book is None:
        return None
    agreement = book.agreed_at(handoff.at).agreement
    return work_terms(promise_of(agreement, told.quadrant, told.line, told.team))


def _due(hours: HoursBook, handoff: Fact, within: timedelta) -> datetime | None:
    return hours.of(handoff).add(handoff.at, within)


def _worked(told: Told, timers: Iterable[Timer]) -> dict[UUID, int]:
    return {
        timer.id: timer.hours(told.hours.of(timer.opening)).elapsed(timer.opened_at, timer.ending.at) // _US
        for timer in timers
        if timer.ending is not None
    }


async def fill_ledger(unit: Unit, memory: Memory, *, limit: int) -> int:
    """Fill in what follows from the facts of leads from before the ledger. How many leads that were."""
    await memory.books.learn(unit.conn)
    ids = await store.lock_stale(unit.conn, limit) if memory.books.at(unit.now) is not None else []
    if not ids:
        return 0
    leads = await base.lock_known_leads(unit.conn, ids)
    told = await reconcile_leads(unit, memory, leads, leads.keys())
    await note_ledger(unit, memory, leads, told)
    ended = [timer for story in told.stories.values() for timer in story.timers.values()]
    await store.note_promise_times(unit.conn, _worked(told, ended))
    await store.note_unhanded_due(unit.conn, await _unhanded(unit, memory.books, ids))
    await base.update_leads(unit.conn, leads.values())
    return len(ids)


async def _unhanded(unit: Unit, books: Books, leads: Collection[UUID]) -> dict[UUID, datetime]:
    """When the time to be worked of deliveries ends that nobody had, by the rulebook of their moment."""
    due = {}
    for lead, at, quadrant, line in await store.unhanded(unit.conn, leads):
        book = books.at(at)
        ends = deliveries.unhanded_due(quadrant, line, at, book) if book is not None else None
        if ends is not None:
            due[lead] = ends
    return due
