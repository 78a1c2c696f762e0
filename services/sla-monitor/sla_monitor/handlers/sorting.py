"""News told apart: what each event of a batch says, in the words of the store. Nothing is written yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

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
from lead_events.words import CloseReason, ProgressKind, RejectCode, RoutedKind
from service_kit.batch import Batch, Received
from sla_monitor.domain.facts import DUPLICATE, NO_DETAIL, OWN, Detail, Fact, Handoff
from sla_monitor.hours import Calendars
from sla_monitor.store import RepHours
from worktime import CalendarError
from worktime.instants import FIRST_YEAR, LAST_YEAR


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


def sorted_out(batch: Batch, calendars: Calendars) -> News:
    """What the events of a batch say; those that cannot be used are rejected. Calendars are learnt."""
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
