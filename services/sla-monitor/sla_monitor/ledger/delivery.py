"""What lead-scored tells of a delivery: a pure function of one event; the first that counts is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lead_events import LeadScored
from lead_events.words import OWN_FORM, AccountStanding, CauseKind, Quadrant, Stage
from rulebook.agreements import promise_of
from sla_monitor.ledger.books import Book
from sla_monitor.ledger.standing import work_terms
from worktime import NeverOpens

ASKS = frozenset({CauseKind.SUBMISSION, CauseKind.EXPLICIT_ASK, CauseKind.AFTER_CLOSE})


@dataclass(frozen=True, slots=True)
class Touch:
    """One submission of a lead. `seq`: of the event that told it."""

    lead_id: UUID
    cause_id: UUID
    seq: int
    source: str
    campaign: str | None
    at: datetime
    opened: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A lead at the event that made it a SQL. `unhanded_due_at`: when its time to be worked ends while nobody
    has it, None where nothing is agreed."""

    seq: int
    at: datetime
    quadrant: str
    segments: tuple[str, ...]
    is_known: bool
    unhanded_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What one event says for months; `undecided` segments could not be evaluated."""

    lead_id: UUID
    seq: int
    is_test: bool
    is_own: bool
    received_at: datetime
    scored_at: datetime
    delivery: Delivery | None
    touch: Touch | None
    undecided: int = 0
    lacks_book: bool = False
    """Whether its rulebook had not arrived: then its time to be worked is still to be filled in."""


def told_by(scored: LeadScored, book: Book | None) -> Told:
    """Of one event; `book`: the rulebook that scored it, None while it has not arrived."""
    journey = scored.journey
    delivery, undecided = _delivery(scored, book)
    return Told(
        scored.lead_id,
        scored.seq,
        scored.is_test,
        scored.form_id == OWN_FORM,
        journey.received_at,
        journey.scored_at,
        delivery,
        _touch(scored),
        undecided,
        lacks_book=book is None and delivery is not None,
    )


def delivered_at(scored: LeadScored) -> datetime | None:
    """The buyer's act that made the lead a SQL, or its release if that is later; None of one that is none."""
    if scored.sql_at is None and scored.stage is not Stage.SQL:
        return None
    journey = scored.journey
    act = scored.sql_at or journey.occurred_at or journey.received_at
    return act if journey.released_at is None else max(act, journey.released_at)


def _delivery(scored: LeadScored, book: Book | None) -> tuple[Delivery | None, int]:
    at = delivered_at(scored)
    if at is None:
        return None, 0
    segments, undecided = book.segments_of(scored) if book is not None else ((), 0)
    account = scored.account
    is_known = account is not None and account.standing is not AccountStanding.NONE
    due = unhanded_due(scored.quadrant, scored.line, at, book) if book is not None else None
    return Delivery(scored.seq, at, scored.quadrant.value, segments, is_known, due), undecided


def unhanded_due(quadrant: Quadrant, line: str, at: datetime, book: Book) -> datetime | None:
    """When the time to be worked of a lead delivered `at` ends that no rep ever has, in the agreement's
    working time; None where nothing is agreed."""
    agreement = book.agreed_at(at).agreement
    terms = work_terms(promise_of(agreement, quadrant, line, ""))
    if terms.within is None:
        return None
    try:
        return book.hours_of(agreement).add(at, terms.within)
    except NeverOpens:
        return None


def _touch(scored: LeadScored) -> Touch | None:
    """Scoring publishes a lead for many causes; a submission of this lead names its own source. Events from
    before that do only where they open the lead: then it is the lead's."""
    cause, opened = scored.cause, scored.before is None
    if cause.source is not None:
        source, campaign = cause.source, cause.campaign
    elif opened and cause.kind in ASKS:
        source, campaign = scored.source, scored.campaign
    else:
        return None
    return Touch(scored.lead_id, cause.id, scored.seq, source, campaign, cause.at, opened)
