"""What sales did with a lead: a pure function of its facts in their order, whatever order they arrived in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.words import Contact, ProgressKind, RoutedKind
from rulebook.models import Promise
from sla_monitor.domain.facts import NO_DETAIL, Detail, Fact, LeadState, lead_state

WON, LOST, OPPORTUNITY = "won", "lost", "opportunity"
GIVEN_BACK = frozenset({ProgressKind.REJECTED, ProgressKind.RECYCLED})


@dataclass(frozen=True, slots=True)
class WorkTerms:
    """What makes a lead worked under the agreement of its handoff: so many `tries`, within so much of the
    rep's working time. `within` None: nothing is agreed, and its time never ends."""

    tries: int = 1
    within: timedelta | None = None


NO_TERMS = WorkTerms()


@dataclass(frozen=True, slots=True)
class Given:
    """The act by which sales gave the lead back, and did not get it again."""

    fact: UUID
    kind: str
    at: datetime
    code: str | None
    rep_id: str | None
    duplicate_of: UUID | None
    proof: str | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead as sales left it. `work_due_at`: None while nobody had it, or where nothing is agreed."""

    is_merged: bool = False
    handed_at: datetime | None = None
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    tries: int = 0
    opportunity_at: datetime | None = None
    won_at: datetime | None = None
    won_minor: int | None = None
    won_currency: str | None = None
    lost_at: datetime | None = None
    lost_code: str | None = None
    given: Given | None = None
    rep_id: str | None = None
    team: str | None = None
    worked_at: datetime | None = None
    work_due_at: datetime | None = None


def work_terms(promise: Promise) -> WorkTerms:
    """Of a promise: all agreed tries, one where none are agreed; the time they are agreed within, else that
    of the outcome, else that of the first response."""
    attempts = promise.attempts
    within = attempts.within if attempts else promise.outcome_within or promise.first_response_within
    return WorkTerms(attempts.count if attempts else 1, within)


def standing_of(
    ordered: Sequence[Fact],
    *,
    terms_of: Callable[[Fact], WorkTerms | None],
    due_of: Callable[[Fact, timedelta], datetime | None],
) -> Standing:
    """Where a lead stands after all facts in `ordered`.

    `terms_of`: of a handoff, by the agreement that held then; None while its rulebook has not arrived.
    `due_of`: when so much of the rep's working time is over since that handoff.
    """
    handoffs = [fact for fact in ordered if fact.kind is RoutedKind.ASSIGNED]
    contacts = [fact for fact in ordered if fact.kind is ProgressKind.CONTACTED]
    last = handoffs[-1] if handoffs else None
    terms = (terms_of(last) if last else None) or NO_TERMS
    won, lost = _decided(ordered)
    return Standing(
        is_merged=lead_state(ordered) is LeadState.MERGED,
        handed_at=_first(handoffs),
        accepted_at=_first(f for f in ordered if f.kind in (ProgressKind.ACCEPTED, ProgressKind.CONTACTED)),
        contacted_at=_first(contacts),
        tries=len(contacts),
        opportunity_at=_first(f for f in ordered if f.detail.result == OPPORTUNITY),
        won_at=_first(won),
        won_minor=(worth := _worth(won)).value_minor,
        won_currency=worth.currency,
        lost_at=_first(lost),
        lost_code=lost[-1].detail.code if lost else None,
        given=_given(ordered),
        rep_id=last.rep_id if last else None,
        team=last.handoff.team if last and last.handoff else None,
        worked_at=_worked_at(ordered, terms_of),
        work_due_at=due_of(last, terms.within) if last and terms.within is not None else None,
    )


def _first(facts: "Iterator[Fact] | Sequence[Fact]") -> datetime | None:
    return next((fact.at for fact in facts), None)


def _decided(ordered: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
    """The last word of won and lost counts, from when it was first said without the other in between."""
    run: list[Fact] = []
    for fact in ordered:
        if fact.detail.result in (WON, LOST):
            run = [*run, fact] if run and run[-1].detail.result == fact.detail.result else [fact]
    is_won = bool(run) and run[-1].detail.result == WON
    return (run, []) if is_won else ([], run)


def _worth(won: Sequence[Fact]) -> Detail:
    """Of several amounts for one deal the last one told."""
    told = (fact.detail for fact in reversed(won) if fact.detail.value_minor is not None)
    return next(told, NO_DETAIL)


def _given(ordered: Sequence[Fact]) -> Given | None:
    for fact in reversed(ordered):
        if fact.kind is RoutedKind.ASSIGNED:
            return None
        if fact.kind in GIVEN_BACK:
            detail = fact.detail
            return Given(
                fact.id,
                fact.kind.value,
                fact.at,
                detail.code or fact.reason,
                fact.rep_id,
                detail.duplicate_of,
                detail.proof,
                detail.evidence,
            )
    return None


def _worked_at(ordered: Sequence[Fact], terms_of: Callable[[Fact], WorkTerms | None]) -> datetime | None:
    """A conversation or an outcome, or the try with which all are made that were agreed at the handoff before
    it. Each of them says that sales accepted and answered."""
    tries, terms = 0, None
    for fact in ordered:
        if fact.kind is RoutedKind.ASSIGNED:
            terms = terms_of(fact)
        elif fact.kind is ProgressKind.OUTCOME:
            return fact.at
        elif fact.kind is ProgressKind.CONTACTED:
            tries += 1
            if fact.contact is not Contact.ATTEMPT or (terms is not None and tries >= terms.tries):
                return fact.at
    return None
