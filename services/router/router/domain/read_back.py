"""What the router's own events, read back after a restore, make of a lead. Source: the events alone.

An event tells less than the store kept: of a decision its sentence and no proof, of an act no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import LeadProgressed, LeadRouted
from lead_events.ids import event_id
from lead_events.words import CloseReason, Contact, HoldReason, ProgressKind, RoutedKind
from router.domain.book import PoolChoice
from router.domain.choice import chosen_of
from router.domain.eligibility import Standing
from router.domain.leads import Handoff, Lead, LeadState, forget_person
from router.domain.why import gone_by, why_taken_back

_STATE = {CloseReason.MERGED: LeadState.MERGED, CloseReason.ERASED: LeadState.ERASED}
_FOR_GOOD = (Standing.DECLINED, Standing.TIMED_OUT)
_TOLD = ("channel", "result", "reason", "code", "evidence", "rating")
_CLOSED_BY_ACT = (CloseReason.REJECTED, CloseReason.RECYCLED, CloseReason.WON, CloseReason.LOST)


@dataclass(frozen=True, slots=True)
class Ended:
    """A round is over since `at`, by what the store calls it."""

    round: int
    at: datetime
    by: str


def take_routed(lead: Lead, identity: UUID, event: LeadRouted) -> Ended | None:
    """Bring a lead to what a decision beyond its last known one made of it; the round that ended, if any.

    A round taken back whose next decision was never published waits in its pool until a drain finds somebody.
    """
    ended = _end(lead, event)
    lead.routed_seq, lead.last_routed = event.seq, identity
    lead.handled_seq = max(lead.handled_seq, event.scored_seq)
    lead.line, lead.is_test, lead.quadrant = event.line, event.is_test, event.quadrant
    lead.rulebook_version, lead.round = event.rulebook_version, max(lead.round, event.round)
    lead.pool = event.pool
    if event.kind is not RoutedKind.HELD:
        lead.hold_reason = lead.held_since = lead.next_try_at = lead.relax_at = lead.waits_for = None
    if event.kind is RoutedKind.ASSIGNED:
        _assign(lead, event)
    elif event.kind is RoutedKind.HELD:
        _hold(lead, event, event.hold_reason or HoldReason.NO_RULE_MATCHED)
    elif event.kind is RoutedKind.TAKEN_BACK:
        _hold(lead, event, HoldReason.QUEUE_AHEAD if event.pool else HoldReason.NO_RULE_MATCHED)
    elif event.kind is RoutedKind.NURTURING:
        lead.state, lead.pool = LeadState.NURTURING, None
    else:
        _close(lead, event, event.close_reason or CloseReason.MERGED)
    return ended


def _end(lead: Lead, event: LeadRouted) -> Ended | None:
    if lead.handoff is None or event.kind in (RoutedKind.HELD, RoutedKind.NURTURING):
        return None
    handoff, lead.handoff = lead.handoff, None
    if event.kind is RoutedKind.CLOSED:
        return Ended(handoff.round, event.at, "closed")
    standing = _standing(event)
    if standing in _FOR_GOOD:
        lead.excluded = {**lead.excluded, handoff.rep: standing.value}
    return Ended(handoff.round, event.at, standing.value)


def _standing(event: LeadRouted) -> Standing:
    """By what a round ended, as its sentence tells."""
    for standing in _FOR_GOOD:
        if event.rep is not None and event.why == why_taken_back(event.rep.name, gone_by(standing)).text:
            return standing
    return Standing.REASSIGNED


def _assign(lead: Lead, event: LeadRouted) -> None:
    if event.rep is None:
        raise ValueError(f"lead {lead.id}: assigned to nobody")
    lead.state = LeadState.ASSIGNED
    lead.excluded = {name: how for name, how in lead.excluded.items() if name != event.rep.id}
    identity = event_id(event.cause_id, "assignment", lead.id, event.round)
    lead.handoff = Handoff(identity, event.rep.id, event.pool, event.round, event.at, event.rulebook_version)


def _hold(lead: Lead, event: LeadRouted, reason: HoldReason) -> None:
    lead.state, lead.hold_reason = LeadState.HELD, reason
    lead.held_since = lead.held_since or event.at
    lead.next_try_at = event.next_try_at


def _close(lead: Lead, event: LeadRouted, reason: CloseReason) -> None:
    lead.state = _STATE.get(reason, LeadState.CLOSED)
    lead.closed_at, lead.close_reason, lead.closing_seq = event.at, reason, event.seq
    if lead.state is LeadState.ERASED:
        forget_person(lead)


def take_progressed(lead: Lead, event: LeadProgressed) -> None:
    """Bring a lead to what an act beyond its last known one made of it."""
    lead.progressed_seq = event.seq
    lead.handled_seq = max(lead.handled_seq, event.scored_seq)
    if lead.is_over and lead.close_reason in _CLOSED_BY_ACT and closes(event):
        lead.closing_seq = event.seq


def closes(event: LeadProgressed) -> bool:
    """Whether the act ended the lead's cycle."""
    if event.kind is ProgressKind.OUTCOME and event.outcome is not None:
        return event.outcome.result in ("won", "lost")
    return event.kind in (ProgressKind.REJECTED, ProgressKind.RECYCLED)


def content_of(event: LeadProgressed) -> dict[str, Any]:
    """An act's own fields as JSON, as far as its event tells them."""
    told = event.model_dump(mode="json", exclude_none=True)
    kept = {name: told[name] for name in (*_TOLD, "duplicate_of", "wake_at", "until") if name in told}
    outcome: Mapping[str, Any] = told.get("outcome", {})
    return kept | dict(outcome)


def is_conversation(event: LeadProgressed) -> bool:
    """Whether the buyer answered."""
    is_contact = event.kind is ProgressKind.CONTACTED and event.contact is not Contact.ATTEMPT
    return is_contact or event.kind is ProgressKind.OUTCOME


def cause_of(identity: UUID, event: LeadProgressed, handoff: UUID | None, number: int) -> UUID:
    """The id that an act was kept under: the one that its event's id is made of."""
    rep, lead = event.rep_id, event.lead_id
    causes = [event_id(lead, f"{said} by {rep}", lead, number) for said in ("rated", "corrected")]
    if handoff is not None:
        causes.insert(0, event_id(handoff, event.kind.value, lead, number))
    found = (cause for cause in causes if event_id(cause, "lead-progressed", lead) == identity)
    return next(found, identity)


def wait_as_asked(lead: Lead, choice: PoolChoice) -> None:
    """What a lead that waits asks for, which no event tells: by the plan, from its state read again."""
    lead.needs = choice.needs
    lead.chosen = chosen_of(choice)
