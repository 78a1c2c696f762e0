"""What happened to a lead, as the router told it, in the order of the acts, never of the news of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lead_events.words import CloseReason, Contact, ProgressKind, Quadrant, RoutedKind

FactKind = RoutedKind | ProgressKind
Order = tuple[datetime, str, int, int, int, bytes]
OWN, DUPLICATE = "own", "duplicate"


@dataclass(frozen=True, slots=True)
class Handoff:
    """What only an `assigned` fact carries. `calendar` is the id of the working time that held then."""

    line: str
    team: str
    quadrant: Quadrant
    rulebook_version: int
    calendar: UUID
    availability_revision: int
    is_test: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """What an act says beside its kind: amounts in minor units, `evidence` the id of what proves it."""

    code: str | None = None
    until: datetime | None = None
    asked_at: datetime | None = None
    result: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    duplicate_of: UUID | None = None
    proof: str | None = None
    evidence: str | None = None
    wake_at: datetime | None = None


NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class Fact:
    """One decision of the router, one act of a rep, or the merging of a lead into another.

    `round` 0 means: before the first handoff, or none in particular. `seq` 0: not numbered for this lead.
    `contact` None of a contact: told before tries were distinguished from conversations. `reason` OWN of a
    handoff: the rep found the lead; DUPLICATE of a lead given back: it is another one again.
    """

    id: UUID
    producer: str
    seq: int
    kind: FactKind
    at: datetime
    round: int
    rep_id: str | None = None
    reason: str | None = None
    handoff: Handoff | None = None
    contact: Contact | None = None
    detail: Detail = NO_DETAIL

    @property
    def is_own(self) -> bool:
        """Whether it hands over what a rep found: the agreement promises nothing of it."""
        return self.kind is RoutedKind.ASSIGNED and self.reason == OWN

    @property
    def is_duplicate(self) -> bool:
        """Whether sales gives the lead back as another one again."""
        return self.kind is ProgressKind.REJECTED and self.reason == DUPLICATE

    @property
    def order(self) -> "Order":
        """Act time and producer. Of one moment a handoff goes before what its rep did in that round, and that
        before what the router made of it: acts and decisions are numbered apart. Then seq; the id makes the
        order total where a producer breaks its numbering."""
        return self.at, self.producer, self.round, self._place_in_round, self.seq, self.id.bytes

    @property
    def _place_in_round(self) -> int:
        if self.kind is RoutedKind.ASSIGNED:
            return 0
        return 1 if isinstance(self.kind, ProgressKind) else 2


class LeadState(StrEnum):
    """Where a lead is. Every lead is in exactly one."""

    NURTURING = "nurturing"
    HELD = "held"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    MERGED = "merged"
    ERASED = "erased"


_AFTER = {
    RoutedKind.ASSIGNED: LeadState.ASSIGNED,
    RoutedKind.HELD: LeadState.HELD,
    RoutedKind.TAKEN_BACK: LeadState.HELD,
    RoutedKind.NURTURING: LeadState.NURTURING,
}
_CLOSED_AS = {CloseReason.MERGED.value: LeadState.MERGED, CloseReason.ERASED.value: LeadState.ERASED}


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Each fact once, in the order that decides."""
    return sorted({fact.id: fact for fact in facts}.values(), key=lambda fact: fact.order)


def lead_state(ordered: Sequence[Fact]) -> LeadState:
    """The state after the last decision of the router; a lead it has not decided about is nurturing, as is
    one that left the queue before anybody had it."""
    for fact in reversed(ordered):
        if fact.kind is RoutedKind.CLOSED:
            return _CLOSED_AS.get(fact.reason or "", LeadState.CLOSED)
        if isinstance(fact.kind, RoutedKind):
            return _AFTER[fact.kind]
    return LeadState.NURTURING


def first_contact(ordered: Sequence[Fact]) -> Fact | None:
    """The first act that reached out to the buyer, whoever's round it was."""
    return next((fact for fact in ordered if fact.kind is ProgressKind.CONTACTED), None)
