"""News of leads, reps' hours and rulebooks: one batch, one transaction, a constant number of statements."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from prometheus_client import Counter

from lead_events import LeadScored, RulebookPublished
from lead_events.words import OWN_FORM, AccountStanding, RoutedKind, Stage
from rulebook.cel import ConditionInvalid
from rulebook.findings import RulebookInvalid
from rulebook.publication import parse
from rulebook.store import VersionContradicted, insert_version
from rulebook.versions import Versioned
from service_kit.batch import Batch, Received
from service_kit.logs import logger
from service_kit.metrics import RULEBOOKS_REFUSED
from sla_monitor import metrics, store
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.lead import Lead, Scoring
from sla_monitor.domain.path import Origin
from sla_monitor.handlers.reconciling import reconcile_leads
from sla_monitor.handlers.sorting import News, sorted_out
from sla_monitor.ledger.books import Book, book_of
from sla_monitor.ledger.disputes import forget_words
from sla_monitor.ledger.noting import note_ledger, note_scored
from sla_monitor.ledger.store import leads_to_be_worked_by
from sla_monitor.memory import Memory

TAKEN, KNOWN, REFUSED = "taken", "known", "rulebook_refused"
EFFECTS = frozenset({TAKEN, KNOWN, REFUSED})
"""What becomes of an event: it told something new, or nothing that was not known, or is a rulebook that
cannot be used here: the one before goes on, and sending it back would change nothing."""
_log = logger(__name__)


async def take_news(batch: Batch, memory: Memory) -> None:
    """Take in everything a batch says."""
    await memory.books.learn(batch.conn)
    news = sorted_out(batch, memory.calendars)
    fresh = {}
    for version in news.versions:
        if (book := await _take_version(batch, version)) is not None:
            fresh[book.version] = book
    await store.insert_calendars(batch.conn, news.calendars)
    await forget_words(batch.conn, news.erased())
    moved = await _take_hours(batch, news)
    leads = await store.lock_leads(batch.conn, news.leads() | set(moved))
    await batch.refresh_now()
    rebegun = _take_scored(batch, memory, news, leads)
    await note_scored(batch, memory, [received.data for received in news.scored], fresh)
    touched = await _take_facts(batch, news, leads) | set(moved)
    touched |= await store.leads_with_breaches(batch.conn, rebegun - touched)
    await note_ledger(batch, memory, leads, await reconcile_leads(batch, memory, leads, touched))
    _count_speed(batch, leads)
    _count_duplicates(batch, memory, leads)
    await store.update_leads(batch.conn, leads.values())


async def _take_version(batch: Batch, received: Received[RulebookPublished]) -> Book | None:
    """Promises of handoffs that named it follow in their own transactions."""
    told = received.data
    try:
        book = book_of(Versioned(told.version, told.effective_from, parse(told.rulebook)))
        new = await insert_version(batch.conn, told)
    except VersionContradicted as error:
        batch.reject(received, str(error))
        return None
    except (RulebookInvalid, ConditionInvalid) as error:
        batch.after_commit(RULEBOOKS_REFUSED.inc)
        _log.error("a published rulebook cannot be used", version=told.version, error=str(error))
        batch.effect(received, REFUSED)
        return None
    batch.effect(received, TAKEN if new else KNOWN)
    return book


async def _take_hours(batch: Batch, news: News) -> list[UUID]:
    """Keep changes of hours; the leads whose promises or time to be worked they may move."""
    new = await store.insert_rep_hours(batch.conn, [hours for _, hours in news.hours])
    for received, hours in news.hours:
        key = (hours.rep_id, hours.revision)
        batch.effect(received, TAKEN if key in new else KNOWN)
        new.discard(key)
    since: dict[str, datetime] = {}
    for _, hours in news.hours:
        since[hours.rep_id] = min(hours.at, since.get(hours.rep_id, hours.at))
    to_be_worked = await leads_to_be_worked_by(batch.conn, since)
    return [*await store.leads_running_for(batch.conn, since), *to_be_worked]


def _take_scored(batch: Batch, memory: Memory, news: News, leads: Mapping[UUID, Lead]) -> set[UUID]:
    """Returns the leads whose path turns out to begin otherwise than it was told of them before."""
    rebegun = set()
    for received in news.scored:
        scored, lead = received.data, leads[received.data.lead_id]
        first, was_sql, origin = lead.scored_seq == 0, lead.origin_is_sql, lead.origin
        newer = lead.note_scoring(_scoring(scored))
        batch.effect(received, TAKEN if newer else KNOWN)
        if lead.router_facts and lead.origin != origin:
            rebegun.add(lead.id)
        lead.is_own = lead.is_own or scored.form_id == OWN_FORM
        if first and not lead.is_test:
            batch.after_commit(_volume(memory, scored).inc)
        if lead.origin_is_sql and not was_sql and not lead.is_test:
            _count_delivery(batch, memory, scored)
    return rebegun


def _volume(memory: Memory, scored: LeadScored) -> Counter:
    """What a lead counts as. Speed to lead is measured for all but what reps found: there nobody waits."""
    if scored.form_id == OWN_FORM:
        return metrics.OWN
    standing = _known_standing(scored)
    if standing is not None:
        return metrics.OF_ACCOUNTS.labels(standing.value)
    return metrics.RECEIVED.labels(_source_label(memory, scored.source), scored.quadrant.value)


def _known_standing(scored: LeadScored) -> AccountStanding | None:
    """What the lead's account is to us; None of one that sales does not know."""
    standing = scored.account.standing if scored.account is not None else AccountStanding.NONE
    return None if standing is AccountStanding.NONE else standing


def _source_label(memory: Memory, source: str | None) -> str:
    """A source that the newest rulebook declares, or `other`: the label stays bounded."""
    return source if source is not None and source in memory.books.sources else metrics.OTHER


def _count_delivery(batch: Batch, memory: Memory, scored: LeadScored) -> None:
    if scored.form_id != OWN_FORM and _known_standing(scored) is None:
        source = _source_label(memory, scored.source)
        batch.after_commit(metrics.DELIVERED.labels(source, scored.quadrant.value).inc)


def _scoring(scored: LeadScored) -> Scoring:
    journey = scored.journey
    origin = Origin(
        received_at=journey.received_at,
        durable_at=journey.durable_at,
        scored_at=journey.scored_at,
        occurred_at=journey.occurred_at,
        spooled_at=journey.spooled_at,
        released_at=journey.released_at,
        sql_at=scored.sql_at,
    )
    is_sql = scored.sql_at is not None or scored.stage is Stage.SQL
    return Scoring(scored.seq, scored.line, scored.source, scored.quadrant, scored.is_test, is_sql, origin)


async def _take_facts(batch: Batch, news: News, leads: Mapping[UUID, Lead]) -> set[UUID]:
    ended = [(lead, fact, False) for _, ends in news.ends for lead, fact in ends]
    new = await store.insert_facts(batch.conn, [*(each[1:] for each in news.facts), *ended])
    told = set()
    for received, lead_id, fact, is_test in news.facts:
        lead = leads[lead_id]
        lead.partition = received.partition
        lead.is_test = lead.is_test or is_test
        batch.effect(received, TAKEN if fact.id in new else KNOWN)
        if fact.id in new:
            told.add(lead_id)
            if not lead.is_test:
                batch.after_commit(partial(_count_fact, fact))
    for received, ends in news.ends:
        fresh = {lead for lead, fact in ends if fact.id in new}
        batch.effect(received, TAKEN if fresh else KNOWN)
        told |= fresh
    return told


def _count_fact(fact: Fact) -> None:
    if isinstance(fact.kind, RoutedKind):
        metrics.ROUTED.labels(fact.kind.value).inc()
        if fact.kind is RoutedKind.HELD:
            metrics.HELD.labels(fact.reason or "other").inc()
    else:
        metrics.ACTS.labels(fact.kind.value).inc()


def _count_speed(batch: Batch, leads: Mapping[UUID, Lead]) -> None:
    """Speed to lead is known once both the buyer's act and the first contact are, in whatever order."""
    for lead in leads.values():
        if lead.speed_counted or lead.contacted_at is None or lead.origin is None:
            continue
        lead.speed_counted = True
        if not lead.is_test and not lead.is_own:
            waited = (lead.contacted_at - lead.origin.speed_from).total_seconds()
            batch.after_commit(partial(metrics.SPEED.observe, max(0.0, waited)))


def _count_duplicates(batch: Batch, memory: Memory, leads: Mapping[UUID, Lead]) -> None:
    """What sales gave back as another one again is no new lead of its source; known once both are."""
    for lead in leads.values():
        if lead.duplicate_counted or not lead.is_duplicate or not lead.scored_seq:
            continue
        lead.duplicate_counted = True
        if not lead.is_test and not lead.is_own:
            batch.after_commit(metrics.DUPLICATES.labels(_source_label(memory, lead.source)).inc)
