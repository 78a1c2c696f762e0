"""What scoring does with a batch: submissions, and reports of what became of leads, in order of arrival."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

import asyncpg

from lead_events import LeadProgressed, LeadRouted, LeadSubmitted, PersonErased
from lead_events.ids import lead_id
from lead_events.words import ProgressKind, RerunKind
from rulebook.identity import identity_keys
from rulebook.store import RulebookCache
from rulebook.versions import History
from scoring import metrics
from scoring.cards import CompiledCards
from scoring.domain.book import LeadBook
from scoring.domain.desk import Desk
from scoring.domain.holdings import Holdings
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import KeyName, People
from scoring.domain.progress import ProgressDesk, ProgressEffect
from scoring.domain.publications import Cards, CardsAt, Publication
from scoring.domain.submissions import (
    Incoming,
    Kept,
    Registry,
    SubmissionState,
    reuses_key,
)
from scoring.read_back import number_on
from scoring.store import accounts, again, due, duplicates, health, interest, load, persons, save, shadows
from scoring.tombstones import Tombstones
from service_kit.batch import Batch, Event
from service_kit.errors import Transient
from service_kit.turns import in_turns

QUIET = 15.0
"""Seconds of decisions after which PostgreSQL hears of us: it ends a transaction that is idle for a minute,
and a batch that takes longer would be repeated for ever, as of a replay of one person's many thousands."""
BULK_TOPIC = "lead-imported"
REPEATED = "repeated"
"""Effect of a submission that is kept already and came in another record, as by a client's own retry."""
EFFECTS = frozenset({*SubmissionState, *ProgressEffect, *RerunKind, REPEATED})
"""A kept submission that comes again is booked by why it does, and not as one more that was accepted."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON writes it. Behind an escaped backslash the same letters are plain text that somebody typed."""


class Scoring:
    """Takes batches: loads what they touch under lock, decides in memory, saves and publishes."""

    def __init__(self, tombstones: Tombstones | None = None) -> None:
        self._tombstones = tombstones or Tombstones()
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def take(self, batch: Batch) -> None:
        """Handle one batch. Raises Transient until a rulebook is published, and when a race was lost."""
        try:
            for events in _in_turns(_refuse_unstorable(batch)):
                work = await self._load(batch, events)
                await _decide(batch, events, work)
                await _save(batch, work)
                batch.after_commit(partial(_count, work))
        except asyncpg.UniqueViolationError as error:
            raise save.race_lost(error) or error from error

    async def _load(self, batch: Batch, events: Sequence[Event]) -> "_Work":
        history = await self._rulebooks.history(batch.conn)
        if not len(history):
            raise Transient("no rulebook is published yet: publish one with `baton rulebook publish`")
        incoming = {
            event.id: _incoming(event, history) for event in events if isinstance(event.data, LeadSubmitted)
        }
        erased = await self._tombstones.dropped(batch.conn, incoming.values())
        reports = [event.data for event in events if not isinstance(event.data, LeadSubmitted)]
        return await _load(
            batch,
            incoming,
            cast("list[LeadRouted | LeadProgressed]", reports),
            self._cards.of(history),
            erased,
        )


@dataclass(slots=True)
class _Work:
    """The working set of one batch, with what was decided so far."""

    incoming: dict[UUID, Incoming]
    people: People
    book: LeadBook
    desk: Desk
    progress: ProgressDesk
    taken: list[save.Taken]


def _refuse_unstorable(batch: Batch) -> list[Event]:
    """PostgreSQL keeps no NUL in text; intake lets none through, so such a record comes from elsewhere."""
    kept: list[Event] = []
    for event in batch.events:
        if b"\\u0000" in event.value and _NUL.search(event.value):
            batch.reject(
                event, "the event holds the character NUL, which cannot be stored: remove it and send again"
            )
        else:
            kept.append(event)
    return kept


def _in_turns(events: Sequence[Event]) -> list[list[Event]]:
    """The batch, or where submissions come again beside late asks, its stretches without one of the two: each
    changes what the other has loaded. Such a batch takes locks more than once; whom that lets wait for each
    other PostgreSQL tells, and the batch is repeated.
    """
    turns: list[list[Event]] = [[]]
    kinds: set[bool] = set()
    for event in events:
        is_late = _is_late(event.data)
        if is_late or _may_come_again(event.data):
            if kinds == {not is_late}:
                turns.append([])
            kinds = {is_late}
        turns[-1].append(event)
    return turns


def _is_late(data: Any) -> bool:
    return isinstance(data, LeadProgressed) and data.kind is ProgressKind.ARRIVED_AFTER_CLOSE


def _may_come_again(data: Any) -> bool:
    """Whether it was kept before, or may put right what was."""
    return isinstance(data, LeadSubmitted) and (data.rerun is not None or data.key_origin == "vendor")


def _incoming(event: Event, history: History) -> Incoming:
    submission = cast("LeadSubmitted", event.data)
    matching = history.at(submission.received_at).rulebook.matching
    return Incoming(
        submission=submission,
        event_id=event.id,
        durable_at=event.broker_time,
        is_bulk=event.topic == BULK_TOPIC,
        keys=tuple((key.kind, key.value) for key in identity_keys(dict(submission.profile), matching)),
    )


async def _load(
    batch: Batch,
    incoming: dict[UUID, Incoming],
    reports: Sequence[LeadRouted | LeadProgressed],
    cards_at: CardsAt,
    erased: set[UUID],
) -> _Work:
    conn = batch.conn
    live = [each for each in incoming.values() if each.submission.submission_id not in erased]
    submissions = [each.submission for each in live]
    registry = await load.register_keys(conn, submissions)
    gone = [each.submission for each in incoming.values() if each.rerun is not None and each not in live]
    places = await again.places(conn, [*submissions, *gone], registry)
    causes = [r.cause_id for r in reports if isinstance(r, LeadProgressed) and r.cause_id]
    cards = _cards(live, cards_at)
    if any(each.reach for each in cards):
        browsers = {visitor for each in live if (visitor := each.submission.visitor)}
        await interest.lock_browsers(conn, browsers)
    named = await load.named_submissions(conn, causes)
    found = await load.lock_working_set(
        conn,
        _names(live, registry) | places.names,
        _lead_ids(reports) | places.leads | {lead for s in named.values() if s for lead in s.lead_ids},
        places.persons,
        sent=_sent(live, registry),
    )
    is_late = any(_is_late(report) for report in reports)
    before = await again.load_before(
        conn, places, found.persons, whole=bool(places) or is_late or found.is_whole
    )
    now = await batch.refresh_now()
    people = People(found.keys, found.persons, found.apart, found.together)
    names = {name for each in live for name in each.names}
    signals = await interest.load(conn, found.persons, names, [*cards, cards_at(now)], now)
    whose = await accounts.load(conn, found.persons, (dict(each.profile) for each in submissions))
    is_open = [lead for lead in found.leads if lead.state is LeadState.OPEN]
    tried = await shadows.load(conn, (lead.id for lead in is_open), [*cards, cards_at(now)])
    book = LeadBook(is_open, signals=signals, accounts=whose, shadows=tried)
    holdings = Holdings(book, {lead.id: lead for lead in found.leads}, before.said)
    desk = Desk(
        people,
        holdings,
        cards_at,
        now,
        registry=registry,
        window=await load.accepted_content(conn, submissions),
        stored=await load.stored_ids(conn, [i.submission.submission_id for i in incoming.values()]),
        kept=before.kept,
        earlier=before.earlier,
        erased=erased,
    )
    progress = ProgressDesk(
        people=people,
        holdings=holdings,
        stored=await load.named_submissions(conn, causes, named),
        in_use=await load.lead_ids_in_use(conn, _late_leads(reports)),
        cards_at=cards_at,
        now=now,
    )
    return _Work(_as_kept(incoming, before.kept), people, book, desk, progress, [])


def _cards(incoming: Iterable[Incoming], cards_at: CardsAt) -> list[Cards]:
    """The scorecards that these may be scored by, each once."""
    found = {id(cards): cards for cards in (cards_at(each.judged_at) for each in incoming)}
    return list(found.values())


def _names(incoming: Iterable[Incoming], registry: Registry) -> set[KeyName]:
    """The keys of those that may be accepted: whoever waits in quarantine leaves no trace among persons."""
    return {name for keys in _sent(incoming, registry) for name in keys}


def _sent(incoming: Iterable[Incoming], registry: Registry) -> list[tuple[KeyName, ...]]:
    return [
        each.keys
        for each in incoming
        if each.rerun is not None
        or (each.submission.verdict.outcome == "accepted" and not reuses_key(each.submission, registry))
    ]


def _as_kept(incoming: dict[UUID, Incoming], kept: Mapping[UUID, Kept]) -> dict[UUID, Incoming]:
    """Those that come again were durable when they came first."""
    for identity, each in incoming.items():
        before = kept.get(each.submission.submission_id)
        if before is not None:
            incoming[identity] = replace(each, durable_at=before.durable_at)
    return incoming


def _lead_ids(reports: Iterable[LeadRouted | LeadProgressed]) -> set[UUID]:
    """The leads that reports name, and those that late asks among them will open."""
    reports = list(reports)
    return {report.lead_id for report in reports} | _late_leads(reports)


def _late_leads(reports: Iterable[LeadRouted | LeadProgressed]) -> set[UUID]:
    return {lead_id(r.cause_id, r.line) for r in reports if _is_late(r) and r.cause_id}


async def _decide(batch: Batch, events: Sequence[Event], work: _Work) -> None:
    heard = time.monotonic()
    async for event in in_turns(events):
        if time.monotonic() - heard > QUIET:
            await batch.conn.execute("SELECT 1")
            heard = time.monotonic()
        if isinstance(event.data, LeadRouted | LeadProgressed):
            batch.effect(event, work.progress.take(event.data, event.id))
            continue
        incoming = work.incoming[event.id]
        fate = work.desk.take(incoming)
        batch.effect(event, REPEATED if fate is None else fate.again or fate.state)
        if fate is not None:
            work.taken.append((incoming, fate, event.value.decode()))


async def _save(batch: Batch, work: _Work) -> None:
    conn, people, book = batch.conn, work.people, work.book
    await number_on(conn, book)
    await save.save_people(conn, people.changed_persons.values(), people.changed_keys.values())
    await save.drop_unused_keys(conn, people.unused_keys())
    await save.save_leads(conn, _in_order(book.changed.values()), book.moved, work.progress.endings)
    await save.save_submissions(conn, work.taken, batch.now)
    await save.move_submissions(conn, work.progress.moved.values())
    await duplicates.insert(conn, work.progress.duplicates)
    await _forget(batch, work)
    await due.ask(conn, book.signals.unsettled(), batch.now)
    await save.save_scores(conn, book.publications, batch.now)
    await accounts.save(conn, book.accounts, people.changed_persons.values(), book.publications, batch.now)
    await shadows.save(conn, book.shadows, batch.now)
    await save.save_merges(conn, [each for each in work.desk.merges if each.is_of_persons], batch.now)
    for merge in work.desk.merges:
        event = merge.event
        batch.emit(
            "lead-merged",
            event,
            key=event.person_id,
            cause=merge.event_cause,
            subject=event.person_id,
            ordinal=event.seq,
        )
    for publication in book.publications:
        _publish(batch, publication)
    came_again = {i.submission.form_id for i, fate, _ in work.taken if fate.again is not None}
    await health.ask_recount(conn, came_again, batch.now)


async def _forget(batch: Batch, work: _Work) -> None:
    """Take out what came again and is an erased person's, with its repeats, and have the others forget its
    leads."""
    gone = [i.submission.submission_id for i, fate, _ in work.taken if save.is_gone(fate)]
    if not gone:
        return
    await persons.empty_submissions(batch.conn, await persons.with_repeats(batch.conn, gone))
    leads = work.desk.admission.erased_leads
    await persons.erase_leads(batch.conn, [each.lead_id for each in leads], batch.now)
    for number, each in enumerate(leads):
        event = PersonErased(person_id=each.person_id, identity_hashes=[], leads=[each.lead_id], at=batch.now)
        person = each.person_id
        batch.emit("person-erased", event, key=person, cause=each.event_cause, subject=person, ordinal=number)


def _count(work: _Work) -> None:
    fates = (fate for _, fate, _ in work.taken)
    merged = sum(each.is_of_persons and not each.is_undone for each in work.desk.merges)
    metrics.observe(fates, work.book.publications, merged)
    metrics.observe_shadows(work.book.shadows)


def _in_order(leads: Iterable[Lead]) -> list[Lead]:
    return sorted(leads, key=lambda lead: lead.id.bytes)


def _publish(batch: Batch, publication: Publication) -> None:
    topic = "lead-scored-bulk" if publication.is_bulk else "lead-scored"
    identity = publication.event.lead_id
    batch.emit(topic, publication.event, key=identity, cause=publication.event_cause, subject=identity)
