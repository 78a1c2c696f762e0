"""What a desk tells: a record for every decision, and the events that say what became of a lead."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from lead_events import LeadProgressed, LeadRouted
from lead_events.ids import event_id
from lead_events.words import CloseReason, RoutedKind
from router import metrics
from router.books import Shelf
from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.decision import Decision
from router.domain.leads import Lead
from router.domain.own_leads import is_own
from router.domain.roster import Rep
from router.domain.why import Why
from router.locked import LockedPool
from router.records import Ledger
from router.roster import rep_news
from service_kit.unit import Unit


@dataclass(slots=True)
class Teller:
    """Tells for one desk; sequence numbers and ids repeat when the transaction is repeated."""

    unit: Unit
    ledger: Ledger
    shelf: Shelf
    reps: dict[str, Rep] = field(default_factory=dict)
    _ordinals: defaultdict[tuple[UUID, UUID, str], int] = field(default_factory=lambda: defaultdict(int))

    def progress(self, lead: Lead, cause: UUID, event: LeadProgressed) -> UUID:
        """Publish an act; gives it the lead's next seq. Returns the event's id."""
        self.ledger.touch(lead)
        lead.progressed_seq += 1
        numbered = event.model_copy(update={"seq": lead.progressed_seq, "scored_seq": lead.scored_seq})
        ordinal = self._ordinal(cause, lead.id, "lead-progressed")
        return self.unit.emit(
            "lead-progressed", numbered, key=lead.id, cause=cause, subject=lead.id, ordinal=ordinal
        )

    def decided(
        self,
        lead: Lead,
        cause: UUID,
        kind: RoutedKind,
        why: Why,
        *,
        book: Book | None,
        choice: PoolChoice = NO_PLAN,
        decision: Decision | None = None,
        locked: LockedPool | None = None,
        leaves: str | None = None,
    ) -> None:
        """Keep a record and publish it, the lead being as the decision leaves it and its pool as before.

        `leaves`: the pool that the lead leaves, where it is in none any more.
        """
        version = book.version if book is not None else lead.rulebook_version
        identity = event_id(cause, "decision", lead.id, self._ordinal(cause, lead.id, "decision"))
        state = locked.record() if locked is not None else {}
        self.ledger.decide(
            identity, lead, self.unit.now, cause, kind, choice, decision, version, why.text, state
        )
        rep = lead.handoff.rep if lead.handoff is not None else None
        self.routed(
            lead, cause, kind, why, pool=lead.pool or leaves, rep=rep, decision=identity, version=version
        )

    def routed(
        self,
        lead: Lead,
        cause: UUID,
        kind: RoutedKind,
        why: Why,
        *,
        pool: str | None,
        rep: str | None,
        decision: UUID | None = None,
        close: CloseReason | None = None,
        version: int | None = None,
    ) -> None:
        """Publish what became of a lead. `version`: the one that decided; by default the one in force."""
        if version is None:
            in_force = self.shelf.at(self.unit.now)
            version = in_force.version if in_force is not None else lead.rulebook_version
        metrics.count_decision(self.unit, lead, kind, pool)
        if kind in (RoutedKind.ASSIGNED, RoutedKind.HELD):
            metrics.count_first_decision(self.unit, lead)
        lead.routed_seq += 1
        is_held = kind is RoutedKind.HELD
        event = LeadRouted(
            lead_id=lead.id,
            line=lead.line,
            seq=lead.routed_seq,
            kind=kind,
            at=self.unit.now,
            cause_id=cause,
            decision_id=decision,
            round=lead.round,
            quadrant=lead.quadrant,
            pool=pool,
            rep=rep_news(self.reps[rep]) if rep is not None else None,
            why=why.text,
            hold_reason=lead.hold_reason if is_held else None,
            next_try_at=lead.next_try_at if is_held else None,
            close_reason=close,
            is_test=lead.is_test,
            is_own=is_own(lead),
            rulebook_version=version,
            scored_seq=lead.scored_seq,
        )
        ordinal = self._ordinal(cause, lead.id, "lead-routed")
        lead.last_routed = self.unit.emit(
            "lead-routed", event, key=lead.id, cause=cause, subject=lead.id, ordinal=ordinal
        )

    def _ordinal(self, cause: UUID, subject: UUID, effect: str) -> int:
        key = (cause, subject, effect)
        self._ordinals[key] += 1
        return self._ordinals[key] - 1
