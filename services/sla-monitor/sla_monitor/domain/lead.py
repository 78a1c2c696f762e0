"""What is known about one lead besides its facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events.words import Quadrant, RoutedKind
from sla_monitor.domain.facts import Fact, LeadState, first_contact, lead_state
from sla_monitor.domain.path import Origin


@dataclass(frozen=True, slots=True)
class Scoring:
    """One lead-scored event, as far as it matters here."""

    seq: int
    line: str
    source: str
    quadrant: Quadrant
    is_test: bool
    is_sql: bool
    origin: Origin


@dataclass(slots=True)
class Lead:
    """One lead, locked by whoever holds this. A stub knows its id only.

    `is_own`: a rep found it. `is_duplicate`: sales gave it back as another one again.
    """

    id: UUID
    line: str | None = None
    source: str | None = None
    quadrant: str | None = None
    is_test: bool = False
    state: LeadState = LeadState.NURTURING
    hold_reason: str | None = None
    partition: int | None = None
    scored_seq: int = 0
    origin_seq: int | None = None
    origin_is_sql: bool = False
    origin: Origin | None = None
    router_facts: int = 0
    router_seq: int = 0
    next_seq: int = 1
    awaits_versions: list[int] = field(default_factory=list)
    contacted_at: datetime | None = None
    speed_counted: bool = False
    is_own: bool = False
    is_duplicate: bool = False
    duplicate_counted: bool = False

    def note_scoring(self, scoring: Scoring) -> bool:
        """Take in one lead-scored event. False when it is older than the last one and changes no state.

        The journey that counts is that of the first event that made the lead a SQL, else of the first event,
        whatever order they arrive in.
        """
        self.is_test = self.is_test or scoring.is_test
        rank = (not scoring.is_sql, scoring.seq)
        if self.origin_seq is None or rank < (not self.origin_is_sql, self.origin_seq):
            self.origin, self.origin_seq, self.origin_is_sql = scoring.origin, scoring.seq, scoring.is_sql
        if scoring.seq <= self.scored_seq:
            return False
        self.scored_seq = scoring.seq
        self.line, self.source, self.quadrant = scoring.line, scoring.source, scoring.quadrant.value
        return True

    def note_facts(self, ordered: Sequence[Fact]) -> None:
        """Take in all facts known of this lead."""
        self.state = lead_state(ordered)
        self.is_own = self.is_own or any(fact.is_own for fact in ordered)
        self.is_duplicate = any(fact.is_duplicate for fact in ordered)
        decision = next((f for f in reversed(ordered) if isinstance(f.kind, RoutedKind)), None)
        is_held = decision is not None and decision.kind is RoutedKind.HELD
        self.hold_reason = decision.reason if decision and is_held else None
        self.router_facts, self.router_seq = _numbers(ordered)
        contact = first_contact(ordered)
        self.contacted_at = contact.at if contact else None
        handoff = next((f.handoff for f in reversed(ordered) if f.handoff), None)
        if handoff is not None:
            self.is_test = self.is_test or handoff.is_test
            self.line = self.line or handoff.line
            self.quadrant = self.quadrant or handoff.quadrant.value

    def take_seq(self) -> int:
        """The number of this lead's next sla event."""
        seq = self.next_seq
        self.next_seq += 1
        return seq


def _numbers(ordered: Sequence[Fact]) -> tuple[int, int]:
    """How many numbered facts there are, and how many the numbers say there should be: the router numbers its
    decisions and reps' acts apart."""
    seen: dict[tuple[str, bool], set[int]] = {}
    for fact in ordered:
        if fact.seq:
            seen.setdefault((fact.producer, isinstance(fact.kind, RoutedKind)), set()).add(fact.seq)
    return sum(map(len, seen.values())), sum(map(max, seen.values()))
