"""A batch of news: versions of the rulebook, states and merges from scoring, results of timers."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from lead_events import (
    LeadMerged,
    LeadProgressed,
    LeadScored,
    PersonErased,
    RulebookPublished,
    SlaBreached,
    SlaReminded,
    SlaWarned,
    SlaWithdrawn,
)
from lead_events.progressed import Closing
from lead_events.words import CloseReason, ProgressKind
from router import metrics, store
from router.books import Books
from router.desk import Desk
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.choice import choose_pool
from router.domain.leads import Lead, LeadState, Scored, apply_scored
from router.domain.read_back import wait_as_asked
from router.domain.why import why_left_queue
from router.handlers.asks import AskedAgain, ask_event, asked_again, insert_asks
from router.handlers.merges import MergeEffect, apply_merge, insert_merges
from router.handlers.own_leads import Found
from router.handlers.persons import ErasureEffect, apply_erasure, wipe
from router.handlers.rulebook import apply_rulebooks
from router.handlers.timers import (
    NOTHING_KNOWN,
    Effect,
    Known,
    TimerEvent,
    TimerNews,
    apply_timer,
    insert_timer_news,
    read_known,
)
from router.roster import RepReader
from service_kit.batch import Batch, Event, Received
from service_kit.turns import in_turns

AboutLead = (
    Received[LeadScored]
    | Received[SlaWarned]
    | Received[SlaBreached]
    | Received[SlaReminded]
    | Received[SlaWithdrawn]
    | Received[LeadMerged]
    | Received[PersonErased]
)


EFFECTS = frozenset(
    {
        "assigned",
        "held",
        "nurturing",
        "kept",
        "asked_again",
        "left_queue",
        "stale",
        "answered_late_ask",
        "recorded_late_news",
        "closed_do_not_contact",
        "erased",
        "handled_before_restore",
        "rulebook_stored",
        "rulebook_known",
        "rulebook_refused",
    }
    | {effect.value for effect in Effect}
    | {effect.value for effect in MergeEffect}
    | {effect.value for effect in ErasureEffect}
)
"""What can become of an event: of a lead's state, a version, a timer's result, a merge, an erasure."""

_EFFECT_OF = {
    Scored.STALE: "stale",
    Scored.NURTURING: "nurturing",
    Scored.KEPT: "kept",
    Scored.ASKED_AGAIN: "asked_again",
    Scored.LATE_NEWS: "recorded_late_news",
    Scored.ERASED: "erased",
    Scored.HANDLED: "handled_before_restore",
}


class NewsHandler:
    """Handles batches for as long as the service runs; what it keeps between them is only cached."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def __call__(self, batch: Batch) -> None:
        """Take in one batch: rulebooks first, then leads in order of arrival."""
        about_leads = [event for event in batch.events if not isinstance(event.data, RulebookPublished)]
        published = [event for event in batch.events if isinstance(event.data, RulebookPublished)]
        # what this batch itself changes about reps may be rolled back: nothing of it is kept in memory
        reader = RepReader() if published else self._reader
        desk = Desk(batch, reader, await self._books.shelf(batch.conn))
        if about_leads:  # leads are locked before pools and reps, which a rulebook may lock too
            named = (_leads_of(cast("AboutLead", event)) for event in about_leads)
            await desk.take_leads(lead for leads in named for lead in leads)
        if published:
            desk.shelf = await apply_rulebooks(
                batch, desk.shelf, cast("list[Received[RulebookPublished]]", published)
            )
        if about_leads:
            await _LeadNews(batch, desk).take(cast("list[AboutLead]", about_leads))


def _leads_of(event: AboutLead) -> Sequence[UUID]:
    """The leads that an event changes; one that moves to another person tells so by its own next state."""
    if isinstance(event.data, PersonErased):
        return event.data.leads
    return event.data.leads_ended if isinstance(event.data, LeadMerged) else (event.data.lead_id,)


class _LeadNews:
    """The events about leads of one batch."""

    def __init__(self, batch: Batch, desk: Desk) -> None:
        self._batch = batch
        self._desk = desk
        self._late: list[tuple[Received[LeadScored], Lead]] = []
        self._timers: list[TimerNews] = []
        self._merges: list[Received[LeadMerged]] = []
        self._asked: list[AskedAgain] = []
        self._erased: set[UUID] = set()
        self._choices: dict[UUID, PoolChoice] = {}
        self._known: Known = NOTHING_KNOWN
        self._found = Found({}, {})

    async def take(self, events: Sequence[AboutLead]) -> None:
        await self._lock(events)
        timers = [event for event in events if isinstance(event.data, SlaBreached | SlaWithdrawn)]
        self._known = await read_known(self._batch.conn, cast("list[TimerEvent]", timers))
        async for event in in_turns(_withdrawals_first(events)):
            if isinstance(event.data, LeadMerged):
                self._merged(event)
            elif isinstance(event.data, PersonErased):
                self._erased.update(event.data.leads)
                self._batch.effect(event, apply_erasure(self._desk, event).value)
            elif isinstance(event.data, LeadScored):
                self._scored(event, self._desk.leads[event.data.lead_id])
            else:
                self._timer(event, self._desk.leads[event.data.lead_id])
        await self._answer_late_asks()
        await self._tell_asks()
        await insert_timer_news(self._batch.conn, self._timers, self._batch.now)
        await insert_merges(self._batch.conn, self._merges)
        await self._found.write(self._batch)
        await self._desk.write()
        await wipe(self._batch.conn, self._erased)

    async def _lock(self, events: Sequence[AboutLead]) -> None:
        """Lock every pool and rep that any event may need, before anything is decided."""
        foreseen: dict[UUID, Lead] = {}
        wanted: list[tuple[Book, Lead, PoolChoice]] = []
        await self._desk.read_members()
        scored = [each for each in events if isinstance(each.data, LeadScored)]
        self._found = await Found.read(self._batch.conn, scored)
        for finder in self._found.finders.values():
            self._desk.expect_freed(finder, self._batch.now)
        for event in events:
            if _may_free(event):
                self._expect_freed(event)
            subject = self._subject(event, foreseen)
            book = self._desk.shelf.at(event.time)
            if subject is None or book is None:
                continue
            choice = choose_pool(subject, book)
            self._choices[event.id] = choice
            wanted.append((book, subject, choice))
        await self._desk.take_for(wanted)

    def _expect_freed(self, event: AboutLead) -> None:
        for identity in _leads_of(event):
            handoff = self._desk.leads[identity].handoff
            if handoff is not None:
                self._desk.expect_freed(handoff.rep, event.time)

    def _subject(self, event: AboutLead, foreseen: dict[UUID, Lead]) -> Lead | None:
        """The lead as rules will see it if this event routes it; None if it routes nothing."""
        if isinstance(event.data, LeadMerged | PersonErased):
            return None
        lead = self._desk.leads[event.data.lead_id]
        if lead.is_over:
            return None
        if isinstance(event.data, SlaBreached):
            return lead if lead.handoff is not None and not event.data.is_trial else None
        if not isinstance(event.data, LeadScored):
            return None
        subject = foreseen.setdefault(lead.id, Lead(lead.id, asks=lead.asks, scored_seq=lead.scored_seq))
        asks = _asks(event.data, self._desk.shelf.at(event.time))
        what = apply_scored(subject, event.data, self._batch.now, asks=asks)
        return subject if what is Scored.ROUTE else None

    def _merged(self, event: Received[LeadMerged]) -> None:
        self._merges.append(event)
        self._batch.effect(event, apply_merge(self._desk, event).value)

    def _scored(self, event: Received[LeadScored], lead: Lead) -> None:
        book = self._desk.shelf.at(event.time)
        self._desk.ledger.touch(lead)
        before = lead.state
        asks, by_rep = _asks(event.data, book), self._found.is_entry(event)
        what = apply_scored(lead, event.data, self._batch.now, asks=asks, by_rep=by_rep)
        if lead.handoff is not None:
            self._desk.ledger.touch_handoff(lead.handoff)
        if what is Scored.LATE_ASK:
            self._late.append((event, lead))
        elif book is not None and self._found.give(self._desk, event, lead, book, what, before):
            self._batch.effect(event, "assigned")
        elif what is Scored.ROUTE:
            kind = self._desk.route(lead, event.id, book, self._choices.get(event.id, NO_PLAN))
            self._batch.effect(event, kind.value)
        elif what is Scored.DO_NOT_CONTACT:
            self._desk.close(lead, event.id, CloseReason.DO_NOT_CONTACT)
            self._batch.effect(event, "closed_do_not_contact")
        elif what is Scored.LEFT_QUEUE:
            self._desk.leave_queue(lead, event.id, book, why_left_queue(lead.quadrant))
            self._batch.effect(event, "left_queue")
        else:
            if what is Scored.ASKED_AGAIN and lead.handoff is not None:
                self._asked.append(asked_again(event, lead, lead.handoff, self._batch.now))
                metrics.count_asked_again(self._batch, lead)
            if what is Scored.HANDLED and lead.state is LeadState.HELD and book is not None:
                wait_as_asked(lead, choose_pool(lead, book))
            self._batch.effect(event, _EFFECT_OF[what])
        self._found.note(event, lead)

    def _timer(self, event: TimerEvent, lead: Lead) -> None:
        book = self._desk.shelf.at(event.time)
        found = apply_timer(self._desk, lead, event, book, self._choices.get(event.id), self._known)
        self._timers.append(found)
        self._batch.effect(cast("Event", event), found.effect.value)

    async def _tell_asks(self) -> None:
        """Keep and publish what buyers asked of reps who have their leads, each once."""
        new = await insert_asks(self._batch.conn, self._asked)
        for ask in self._asked:
            if ask.id in new:
                lead = self._desk.leads[ask.lead_id]
                self._desk.progress(lead, ask.id, ask_event(ask, lead))

    async def _answer_late_asks(self) -> None:
        """Tell scoring which asks met a closed lead, each once."""
        if not self._late:
            return
        rows = await self._batch.conn.fetch(
            store.q.insert_late_arrivals,
            [lead.id for _, lead in self._late],
            [event.data.cause.id for event, _ in self._late],
            self._batch.now,
        )
        new: set[tuple[UUID, UUID]] = {(row["lead_id"], row["cause_id"]) for row in rows}
        for event, lead in self._late:
            pair = (lead.id, event.data.cause.id)
            if pair in new:
                new.discard(pair)
                self._desk.progress(lead, event.id, _late_arrival(event.data, lead, self._batch))
                self._batch.effect(event, "answered_late_ask")
            else:
                self._batch.effect(event, "recorded_late_news")


def _withdrawals_first(events: Sequence[AboutLead]) -> list[AboutLead]:
    """What is taken back in the same batch is never held against anybody."""
    return sorted(events, key=lambda event: not isinstance(event.data, SlaWithdrawn))


def _may_free(event: AboutLead) -> bool:
    """Whether it may take a lead from its rep."""
    if isinstance(event.data, LeadScored):
        return event.data.do_not_contact
    if isinstance(event.data, SlaBreached):
        return not event.data.is_trial
    return isinstance(event.data, LeadMerged | PersonErased)


def _asks(event: LeadScored, book: Book | None) -> bool:
    explicit = event.cause.kind.value == "explicit_ask"
    return explicit if book is None else book.asks(event.form_id, asked_explicitly=explicit)


def _late_arrival(event: LeadScored, lead: Lead, batch: Batch) -> LeadProgressed:
    if lead.close_reason is None or lead.closed_at is None or lead.closing_seq is None:
        raise AssertionError(f"lead {lead.id} is closed without saying how")
    return LeadProgressed(
        lead_id=lead.id,
        line=lead.line,
        seq=1,  # the desk numbers it
        kind=ProgressKind.ARRIVED_AFTER_CLOSE,
        at=batch.now,
        round=lead.round,
        closing=Closing(reason=lead.close_reason, at=lead.closed_at, seq=lead.closing_seq),
        cause_id=event.cause.id,
        is_test=event.is_test,
    )
