"""News of leads, reps' hours and rulebooks: one batch, one transaction, a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from lead_events import (
    LeadMerged,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    PersonErased,
    RepAvailabilityChanged,
    RulebookPublished,
)
from lead_events.ids import event_id
from lead_events.words import (
    OWN_FORM,
    AccountStanding,
    CloseReason,
    ProgressKind,
    RejectCode,
    RoutedKind,
    Stage,
)
from rulebook.cel import ConditionInvalid
from rulebook.findings import RulebookInvalid
from rulebook.publication import parse
from rulebook.store import VersionContradicted, insert_version
from rulebook.versions import Versioned
from service_kit.batch import Batch, Received
from service_kit.logs import logger
from service_kit.metrics import RULEBOOKS_REFUSED
from sla_monitor import metrics, store
from sla_monitor.domain.facts import DUPLICATE, NO_DETAIL, OWN, Detail, Fact, Handoff
from sla_monitor.domain.lead import Lead, Scoring
from sla_monitor.domain.path import Origin
from sla_monitor.handlers.reconciling import reconcile_leads
from sla_monitor.hours import Calendars
from sla_monitor.ledger.books import Book, book_of
from sla_monitor.ledger.disputes import forget_words
from sla_monitor.ledger.noting import note_ledger, note_scored
from sla_monitor.ledger.store import leads_to_be_worked_by
from sla_monitor.memory import Memory
from sla_monitor.store import RepHours
from worktime import CalendarError
from worktime.instants import FIRST_YEAR, LAST_YEAR

TAKEN, KNOWN, REFUSED = "taken", "known", "rulebook_refused"
EFFECTS = frozenset({TAKEN, KNOWN, REFUSED})
"""What becomes of an event: it told something new, or nothing that was not known, or is a rulebook that
cannot be used here: the one before goes on, and sending it back would change nothing."""
_log = logger(__name__)


@dataclass(slots=True)
class News:
    """A batch by what it is about. Events that cannot be used are rejected already."""

    versions: list[Received[RulebookPublished]] = field(default_factory=list)
    hours: list[tuple[Received[RepAvailabilityChanged], RepHours]] = field(default_factory=list)
    scored: list[Received[LeadScored]] = field(default_factory=list)
    facts: list[tuple[Received[Any], UUID, Fact, bool]] = field(default_factory=list)
    ends: list[tuple[Received[Any], list[tuple[UUID, Fact]]]] = field(default_factory=list)
    calendars: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def leads(self) -> set[UUID]:
        """All leads that are named."""
        ended = {lead for _, ended in self.ends for lead, _ in ended}
        return {received.data.lead_id for received in self.scored} | {f[1] for f in self.facts} | ended

    def erased(self) -> list[UUID]:
        """The leads of persons whose data is to go."""
        told = [received.data for received, _ in self.ends]
        return [lead for each in told if isinstance(each, PersonErased) for lead in each.leads]


async def take_news(batch: Batch, memory: Memory) -> None:
    """Take in everything a batch says."""
    await memory.books.learn(batch.conn)
    news = _sorted_out(batch, memory.calendars)
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


def _sorted_out(batch: Batch, calendars: Calendars) -> News:
    news = News()
    for event in batch.events:
        received: Received[Any] = event
        if problem := _problem_with_time(event.data):
            batch.reject(received, problem)
            continue
        match event.data:
            case LeadScored():
                news.scored.append(received)
            case RulebookPublished():
                news.versions.append(received)
            case LeadProgressed() as act:
                news.facts.append((received, act.lead_id, _act(received, act), act.is_test))
            case LeadRouted() as routed:
                _sort_routed(batch, news, calendars, received, routed)
            case LeadMerged() as merge:
                ended = merge.leads_ended if merge.kind == "merged" else ()  # an undone one ends nothing
                news.ends.append((received, _ended(received, ended, CloseReason.MERGED, _heirs(merge))))
            case PersonErased() as erased:
                news.ends.append((received, _ended(received, erased.leads, CloseReason.ERASED, {})))
            case RepAvailabilityChanged() as change:
                _sort_hours(batch, news, calendars, received, change)
            case other:
                batch.reject(received, f"sla-monitor has no use for {type(other).__name__}")
    return news


def _problem_with_time(data: object) -> str | None:
    """No calendar answers for a moment outside its years: such a fact would stop whatever reads it later."""
    if isinstance(data, LeadProgressed | LeadRouted | LeadMerged | PersonErased | RepAvailabilityChanged):
        at: datetime = data.at
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            return (
                f"at: {at.isoformat()} is not covered; send a moment of the years {FIRST_YEAR} to {LAST_YEAR}"
            )
    return None


def _heirs(merge: LeadMerged) -> Mapping[UUID, UUID]:
    """In which lead each one ended, where that is told of all."""
    is_told = len(merge.ended_in) == len(merge.leads_ended)
    return dict(zip(merge.leads_ended, merge.ended_in, strict=True)) if is_told else {}


def _ended(
    received: Received[Any],
    leads: Sequence[UUID],
    reason: CloseReason,
    heirs: Mapping[UUID, UUID],
) -> list[tuple[UUID, Fact]]:
    """What a merge or an erasure says of the leads that ended with it. It numbers none of them. `heirs`: the
    leads in which they ended, as far as that is known."""
    source, at = received.attributes.source, received.data.at
    return [
        (
            lead,
            Fact(
                event_id(received.id, received.topic, lead),
                source,
                0,
                RoutedKind.CLOSED,
                at,
                0,
                reason=reason,
                detail=Detail(duplicate_of=heirs.get(lead)),
            ),
        )
        for lead in dict.fromkeys(leads)
    ]


def _sort_routed(
    batch: Batch, news: News, calendars: Calendars, received: Received[Any], routed: LeadRouted
) -> None:
    handoff = None
    if routed.kind is RoutedKind.ASSIGNED:
        if routed.rep is None or routed.round < 1:
            batch.reject(received, "assigned names no rep or no round: send both with every handoff")
            return
        try:
            calendar = calendars.learn(routed.rep.calendar)
        except CalendarError as error:
            batch.reject(received, f"rep.calendar.{error}")
            return
        news.calendars[calendar] = routed.rep.calendar
        handoff = Handoff(
            routed.line,
            routed.rep.team,
            routed.quadrant,
            routed.rulebook_version,
            calendar,
            routed.rep.availability_revision,
            routed.is_test,
        )
    fact = Fact(
        received.id,
        received.attributes.source,
        routed.seq,
        routed.kind,
        routed.at,
        routed.round,
        routed.rep.id if routed.rep else None,
        OWN if handoff is not None and routed.is_own else routed.hold_reason or routed.close_reason,
        handoff,
    )
    news.facts.append((received, routed.lead_id, fact, routed.is_test))


def _act(received: Received[Any], act: LeadProgressed) -> Fact:
    """What a rep wrote as a reason stays out: it may be about the buyer."""
    source = received.attributes.source
    is_again = act.kind is ProgressKind.REJECTED and act.code == RejectCode.DUPLICATE
    reason = DUPLICATE if is_again else None
    told = act.kind, act.at, act.round, act.rep_id, reason
    return Fact(received.id, source, act.seq, *told, contact=act.contact, detail=_detail(act))


def _detail(act: LeadProgressed) -> Detail:
    outcome = act.outcome
    value = outcome.value if outcome else None
    found = Detail(
        code=act.code,
        until=act.until,
        asked_at=act.asked_at,
        result=outcome.result if outcome else None,
        value_minor=value.minor if value else None,
        currency=value.currency if value else None,
        duplicate_of=act.duplicate_of,
        proof=act.proof,
        evidence=act.evidence,
        wake_at=act.wake_at,
    )
    return NO_DETAIL if found == NO_DETAIL else found


def _sort_hours(
    batch: Batch, news: News, calendars: Calendars, received: Received[Any], change: RepAvailabilityChanged
) -> None:
    try:
        calendar = calendars.learn(change.calendar)
    except CalendarError as error:
        batch.reject(received, f"calendar.{error}")
        return
    news.calendars[calendar] = change.calendar
    hours = RepHours(change.rep_id, change.revision, change.at, calendar, change.is_active)
    news.hours.append((received, hours))


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
