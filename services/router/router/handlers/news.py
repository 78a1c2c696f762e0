"""A batch of news: versions of the rulebook, states from scoring, warnings and breaches."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from lead_events import LeadProgressed, LeadScored, RulebookPublished, SlaBreached, SlaWarned
from lead_events.progressed import Closing
from lead_events.words import ProgressKind, RoutedKind, Stage
from router import store
from router.books import Books, Shelf
from router.desk import Desk, choose_pool
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.leads import Lead, LeadState, Scored, apply_scored
from router.handlers.rulebook import apply_rulebooks
from router.handlers.timers import Effect, TimerNews, apply_timer, insert_timer_news
from router.roster import RepReader
from service_kit.batch import Batch, Event, Received

AboutLead = Received[LeadScored] | Received[SlaWarned] | Received[SlaBreached]

EFFECTS = frozenset(
    {
        "assigned",
        "held",
        "nurturing",
        "kept",
        "stale",
        "answered_late_ask",
        "recorded_late_news",
        "rulebook_stored",
        "rulebook_known",
        "rulebook_refused",
    }
    | {effect.value for effect in Effect}
)
"""What can become of an event: the first seven of a lead's state, three of a version, the rest of a timer."""

_EFFECT_OF = {
    Scored.STALE: "stale",
    Scored.NURTURING: "nurturing",
    Scored.KEPT: "kept",
    Scored.LATE_NEWS: "recorded_late_news",
}


class NewsHandler:
    """Handles batches for as long as the service runs; what it keeps between them is only cached."""

    def __init__(self, books: Books, reader: RepReader) -> None:
        self._books = books
        self._reader = reader

    async def __call__(self, batch: Batch) -> None:
        """Take in one batch: rulebooks first, then leads in order of arrival."""
        about_leads = [event for event in batch.events if not isinstance(event.data, RulebookPublished)]
        desk = Desk(batch, self._reader)
        if about_leads:  # leads are locked before pools and reps, which a rulebook may lock too
            await desk.take_leads(cast("AboutLead", event).data.lead_id for event in about_leads)
        shelf = await self._books.shelf(batch.conn)
        published = [event for event in batch.events if isinstance(event.data, RulebookPublished)]
        if published:
            shelf = await apply_rulebooks(
                batch, shelf, cast("list[Received[RulebookPublished]]", published), self._reader
            )
        if about_leads:
            await _LeadNews(batch, shelf, desk).take(cast("list[AboutLead]", about_leads))


class _LeadNews:
    """The events about leads of one batch."""

    def __init__(self, batch: Batch, shelf: Shelf, desk: Desk) -> None:
        self._batch = batch
        self._shelf = shelf
        self._desk = desk
        self._late: list[tuple[Received[LeadScored], Lead]] = []
        self._timers: list[TimerNews] = []
        self._choices: dict[UUID, PoolChoice] = {}

    async def take(self, events: Sequence[AboutLead]) -> None:
        await self._lock(events)
        for event in events:
            lead = self._desk.leads[event.data.lead_id]
            if isinstance(event.data, LeadScored):
                self._scored(event, lead)
            else:
                self._timer(event, lead, event.data)
        await self._answer_late_asks()
        await insert_timer_news(self._batch.conn, self._timers)
        await self._desk.write()

    async def _lock(self, events: Sequence[AboutLead]) -> None:
        """Lock every pool and rep that any event may need.

        Rules read the event, not the row, so they come first.
        """
        wanted: list[tuple[Book, str]] = []
        lines: set[str] = set()
        reps: set[str] = set()
        await self._desk.read_members()
        for event in events:
            book = self._shelf.at(event.time)
            lead = self._desk.leads[event.data.lead_id]
            if book is None or lead.state is LeadState.CLOSED:
                continue
            if isinstance(event.data, LeadScored):
                if event.data.stage is not Stage.SQL:
                    continue
                subject = Lead(lead.id, asks=lead.asks)
                apply_scored(subject, event.data, self._batch.now, asks=_asks(event.data, book))
            elif isinstance(event.data, SlaBreached) and lead.handoff is not None:
                subject = lead
                reps.add(lead.handoff.rep)
                member = self._desk.member(lead.handoff.rep)
                wanted.extend((book, pool) for pool in book.pools_of(member))
            else:
                continue
            choice = choose_pool(subject, book)
            self._choices[event.id] = choice
            lines.add(subject.line)
            if choice.pool is not None:
                wanted.append((book, choice.pool))
        await self._desk.take_pools(wanted, lines, reps)

    def _scored(self, event: Received[LeadScored], lead: Lead) -> None:
        book = self._shelf.at(event.time)
        self._desk.ledger.touch(lead)
        what = apply_scored(lead, event.data, self._batch.now, asks=_asks(event.data, book))
        if lead.handoff is not None:
            self._desk.ledger.touch_handoff(lead.handoff)
        if what is Scored.LATE_ASK:
            self._late.append((event, lead))
        elif what is Scored.ROUTE:
            kind = self._desk.route(lead, event.id, book, self._choices.get(event.id, NO_PLAN))
            self._batch.effect(event, "assigned" if kind is RoutedKind.ASSIGNED else "held")
        else:
            self._batch.effect(event, _EFFECT_OF[what])

    def _timer(self, event: AboutLead, lead: Lead, news: SlaWarned | SlaBreached) -> None:
        book = self._shelf.at(event.time)
        choice = self._choices.get(event.id)
        effect = apply_timer(self._desk, lead, news, event.id, book, choice)
        self._timers.append(TimerNews(event.id, news, effect))
        self._batch.effect(cast("Event", event), effect.value)

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
