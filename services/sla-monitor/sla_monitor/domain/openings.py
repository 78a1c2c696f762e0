"""Which facts of a round open a promise, and which fact ends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lead_events.words import Contact, ProgressKind, RoutedKind, TimerKind
from sla_monitor.domain.facts import Fact, FactKind
from sla_monitor.domain.terms import Terms

BY_HANDOFF = (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE, TimerKind.OUTCOME)
_GIVEN_BACK = frozenset({ProgressKind.REJECTED, ProgressKind.RECYCLED, ProgressKind.OUTCOME})
_ANSWERS = _GIVEN_BACK | {ProgressKind.CONTACTED}
ANSWERED_BY: Mapping[TimerKind, frozenset[FactKind]] = {
    TimerKind.ACCEPT: frozenset(_ANSWERS | {ProgressKind.ACCEPTED}),
    TimerKind.FIRST_RESPONSE: frozenset(_ANSWERS),
    TimerKind.NEXT_RESPONSE: frozenset(_ANSWERS),
    TimerKind.NEXT_ATTEMPT: frozenset(_ANSWERS),
    TimerKind.OUTCOME: frozenset(_GIVEN_BACK),
}
"""The acts that keep each kind of promise, by a rep in the round of the promise."""
_RESPONSES = frozenset({TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE})
_ENDS_ROUND: frozenset[FactKind] = frozenset({ProgressKind.DECLINED, RoutedKind.TAKEN_BACK})
_IS_OVER = _ENDS_ROUND | {ProgressKind.REJECTED, ProgressKind.RECYCLED}
_ENDS_ALL_BEFORE: frozenset[FactKind] = frozenset({RoutedKind.ASSIGNED, RoutedKind.CLOSED})
SUPERSEDED = "superseded"
"""How a promise ended that facts which arrived later do not open."""


class EndedAs(StrEnum):
    """As what an ending counts if it came in time."""

    KEPT = "kept"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Ending:
    """The fact that ended a promise, and as what it counts if it came in time."""

    fact: UUID
    kind: str
    at: datetime
    counts_as: EndedAs


def openings(handoff: Fact, ordered: Sequence[Fact], terms: Terms) -> Iterator[tuple[TimerKind, Fact]]:
    """The promises of one handoff, each with the fact that opens it.

    Asks and tries open one only while the round lasts. A buyer who already waits is not promised a second
    answer; a try opens the next until all agreed ones are made or the buyer was reached.
    """
    for kind in BY_HANDOFF:
        if kind in terms.targets:
            yield kind, handoff
    if TimerKind.NEXT_RESPONSE in terms.targets:
        yield from _while_it_lasts(TimerKind.NEXT_RESPONSE, handoff, ordered, _asks(handoff, ordered, terms))
    if TimerKind.NEXT_ATTEMPT in terms.targets:
        yield from _while_it_lasts(TimerKind.NEXT_ATTEMPT, handoff, ordered, _tries(handoff, ordered, terms))


def _while_it_lasts(
    kind: TimerKind, handoff: Fact, ordered: Sequence[Fact], found: Iterator[Fact]
) -> Iterator[tuple[TimerKind, Fact]]:
    end = _end_of_round(handoff, ordered)
    for fact in found:
        if handoff.order < fact.order and (end is None or fact.order < end.order):
            yield kind, fact


def _end_of_round(handoff: Fact, ordered: Sequence[Fact]) -> Fact | None:
    return next(
        (
            fact
            for fact in ordered
            if (fact.round == handoff.round and fact.kind in _IS_OVER)
            or (fact.kind in _ENDS_ALL_BEFORE and fact.order > handoff.order)
        ),
        None,
    )


def _asks(handoff: Fact, ordered: Sequence[Fact], terms: Terms) -> Iterator[Fact]:
    """Those of a buyer who was not waiting."""
    waits = True
    for fact in ordered:
        if fact.round != handoff.round:
            continue
        if fact.kind is ProgressKind.CONTACTED and not _is_mere_try(fact, terms):
            waits = False
        elif fact.kind is ProgressKind.ASKED_AGAIN:
            if not waits:
                yield fact
            waits = True


def _tries(handoff: Fact, ordered: Sequence[Fact], terms: Terms) -> Iterator[Fact]:
    made = 0
    for fact in ordered:
        if fact.round != handoff.round or fact.kind is not ProgressKind.CONTACTED:
            continue
        if fact.contact is not Contact.ATTEMPT:
            return
        made += 1
        if made < terms.tries:
            yield fact


def _is_mere_try(fact: Fact, terms: Terms) -> bool:
    return terms.only_talks_count and fact.contact is Contact.ATTEMPT


def ending_of(kind: TimerKind, opening: Fact, ordered: Sequence[Fact], terms: Terms) -> Ending | None:
    """The first fact, in the order that decides, that ends a promise.

    An act belongs to a round by its number; what an ask or a try opened is ended by what came after it. A
    closing, or another handoff, ends what was opened before it.
    """
    opening_seen = False
    for fact in ordered:
        if fact.id == opening.id:
            opening_seen = True
            continue
        if not opening_seen and kind not in BY_HANDOFF:
            continue
        is_of_round = fact.round == opening.round
        if is_of_round and _answers(kind, fact, terms):
            return Ending(fact.id, fact.kind.value, fact.at, EndedAs.KEPT)
        if (is_of_round and fact.kind in _ENDS_ROUND) or (opening_seen and fact.kind in _ENDS_ALL_BEFORE):
            return Ending(fact.id, fact.kind.value, fact.at, EndedAs.CANCELLED)
    return None


def _answers(kind: TimerKind, fact: Fact, terms: Terms) -> bool:
    return fact.kind in ANSWERED_BY[kind] and not (kind in _RESPONSES and _is_mere_try(fact, terms))
