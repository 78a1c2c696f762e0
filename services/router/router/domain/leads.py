"""A lead as the router keeps it, and what a new state from scoring does to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lead_events import LeadScored
from lead_events.words import CauseKind, CloseReason, HoldReason, ImportMode, Quadrant, Stage
from router.domain.accounts import OURS, standing_of
from router.domain.agreed import NOTHING_PROMISED, Answers
from router.domain.decision import RoutableLead
from router.domain.imports import ImportTerms
from router.domain.needs import NO_NEEDS, Needs
from router.domain.said import Said

_RANK = {Quadrant.PERFECT: 0, Quadrant.WARM: 1, Quadrant.CURIOUS: 2, Quadrant.COLD: 3}
_ASKS = frozenset({CauseKind.SUBMISSION, CauseKind.EXPLICIT_ASK, CauseKind.AFTER_CLOSE})
"""An ask that met one closed lead and joined another may meet that one closed too."""


TOLD = frozenset({"persona", "buyer_stage", "consent", "attribution", "probability", "expected_value"})
"""Fields of lead-scored that are for people: no rule and no decision reads them, but for the value."""

ASKED = "answers_asked"
"""Beside them: the names of the answers in the order of the form, which a JSON object in the store loses."""


class LeadState(StrEnum):
    """Every lead is exactly one of these; a stub is one whose first event was not yet its own state."""

    STUB = "stub"
    NURTURING = "nurturing"
    HELD = "held"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    MERGED = "merged"  # it goes on as another lead of the same person and line
    ERASED = "erased"  # nothing about the person is kept; news of it changes nothing


class Scored(StrEnum):
    """What a state from scoring asks for."""

    STALE = "stale"  # older than what is known: nothing
    NURTURING = "nurturing"  # not for sales yet
    ROUTE = "route"  # a SQL without a rep: decide
    KEPT = "kept"  # it stays with its rep, or in the queue
    ASKED_AGAIN = "asked_again"  # the buyer of a lead that has a rep asks once more: the rep is told
    LEFT_QUEUE = "left_queue"  # nobody was handed it yet, and it is no SQL any more: back to nurturing
    LATE_ASK = "late_ask"  # somebody asks on a closed lead: answered
    LATE_NEWS = "late_news"  # anything else on a closed lead: recorded
    DO_NOT_CONTACT = "do_not_contact"  # the person asked not to be contacted: close
    ERASED = "erased"  # the person's data is gone and does not come back
    HANDLED = "handled"  # before a restore: what came of it was read back, only the state is taken in


@dataclass(slots=True)
class Handoff:
    """The open assignment of a lead. `round` numbers the lead's handoffs from 1."""

    id: UUID
    rep: str
    pool: str | None
    round: int
    assigned_at: datetime
    rulebook_version: int
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    talked_at: datetime | None = None
    asked_again: int = 0
    asked_again_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None


@dataclass(slots=True)
class Lead:
    """One lead's row while its lock is held. Only the desk and this module change it."""

    id: UUID
    state: LeadState = LeadState.STUB
    person_id: UUID | None = None
    line: str = ""
    scored_seq: int = 0
    handled_seq: int = 0  # up to here what came of its states was read back after a restore
    routed_seq: int = 0
    progressed_seq: int = 0
    quadrant: Quadrant = Quadrant.COLD
    stage: Stage = Stage.LEAD
    profile: dict[str, Any] = field(default_factory=dict)
    score: dict[str, Any] = field(default_factory=dict)
    form_id: str = ""
    source: str = ""
    campaign: str | None = None
    submissions: int = 1
    asks: bool = False
    is_test: bool = False
    received_at: datetime | None = None
    sql_at: datetime | None = None
    rulebook_version: int = 1
    round: int = 0
    pool: str | None = None
    hold_reason: HoldReason | None = None
    held_since: datetime | None = None
    next_try_at: datetime | None = None
    excluded: dict[str, str] = field(default_factory=dict)
    handling: dict[str, Any] | None = None
    account: dict[str, Any] | None = None
    chosen: dict[str, Any] = field(default_factory=dict)
    needs: Needs = NO_NEEDS
    relax_at: datetime | None = None
    waits_for: str | None = None  # owners as the plan or the CRM names them, one a line
    value: int | None = None
    told: dict[str, Any] = field(default_factory=dict)
    last_routed: UUID | None = None
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    closing_seq: int | None = None
    locked_by: str | None = None
    locked_at: datetime | None = None
    handoff: Handoff | None = None
    taken_from: Said | None = None  # in this transaction, and not told yet

    @property
    def is_over(self) -> bool:
        """Whether its cycle has ended, one way or another."""
        return self.state in (LeadState.CLOSED, LeadState.MERGED, LeadState.ERASED)

    @property
    def rank(self) -> int:
        """Place of the quadrant in a queue, 0 first."""
        return _RANK[self.quadrant]

    @property
    def is_request_of_ours(self) -> bool:
        """Whether a customer, partner or somebody with an open deal asks: answered whatever the score."""
        return self.asks and standing_of(self.account) in OURS

    def place_in_line(self) -> tuple[int, bool, datetime, UUID]:
        """Sorts leads that wait as queries do: best first, then the longest since it was received."""
        return (
            self.rank,
            self.received_at is None,
            self.received_at or datetime.max.replace(tzinfo=UTC),
            self.id,
        )

    def routable(
        self,
        terms: ImportTerms | None = None,
        *,
        answers: Answers = NOTHING_PROMISED,
        needs: Needs | None = None,
    ) -> RoutableLead:
        """What a decision needs of it.

        `terms` are those of the import that brought it, `answers` the working time within which sales answers
        it, `needs` what it asks of a rep, by default what it asked when it began to wait.
        """
        return RoutableLead(
            self.id,
            self.line,
            self.excluded,
            terms,
            self.needs if needs is None else needs,
            self.received_at,
            answers,
            self.value,
        )

    def fit(self) -> int:
        """Fit, 0-100."""
        return int(self.score.get("fit", 0))

    def interest(self) -> int:
        """Interest, 0-100."""
        return int(self.score.get("interest", 0))


def is_an_ask(event: LeadScored) -> bool:
    """Whether the buyer did something that wants an answer, rather than a score having moved."""
    return event.cause.kind in _ASKS


def apply_scored(lead: Lead, event: LeadScored, now: datetime, *, asks: bool, by_rep: bool = False) -> Scored:
    """Take in a state from scoring; only one with a higher `seq` than the last changes what is known.

    On a lead that is over an ask is answered even when its state is older: it is news to sales all the same.
    A lead that has a rep stays with them whatever its score does, and an ask on it is told to them. One that
    waits in the queue leaves it when it is no SQL any more, unless a rep had it before: what sales was handed
    once goes back by sales' own word only. What one of ours asks needs no score. What a rep wrote (`by_rep`)
    is no ask of the buyer.
    """
    if lead.state is LeadState.ERASED:
        return Scored.ERASED
    newer = event.seq > lead.scored_seq
    if newer:
        _take_state(lead, event, asks=asks)
    if event.seq <= lead.handled_seq:
        return Scored.HANDLED
    if lead.is_over:
        return Scored.LATE_ASK if is_an_ask(event) else Scored.LATE_NEWS
    if newer and event.do_not_contact:
        return Scored.DO_NOT_CONTACT
    if lead.state is LeadState.ASSIGNED:
        return _ask_again(lead, event, now, newer=newer, by_rep=by_rep)
    if not newer:
        return Scored.STALE
    if (lead.stage is Stage.SQL or lead.is_request_of_ours) and not _is_for_nurturing(event):
        return Scored.ROUTE
    if lead.state is LeadState.HELD:
        return Scored.KEPT if lead.round or lead.stage is Stage.SQL else Scored.LEFT_QUEUE
    lead.state = LeadState.NURTURING
    return Scored.NURTURING


def as_asked(profile: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What only forms asked: in the order of the newest form, and what others asked behind it by name."""
    answers = profile.get("attributes") or {}
    first = [name for name in told.get(ASKED) or () if name in answers]
    return {name: answers[name] for name in (*first, *sorted(answers.keys() - set(first)))}


def profile_as_asked(profile: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The profile with its answers in that order."""
    answers = as_asked(profile, told)
    return {**profile, "attributes": answers} if answers else dict(profile)


def forget_person(lead: Lead) -> None:
    """Leave of a lead that is over what reports need: when, which line and source, how it ended."""
    lead.state = LeadState.ERASED
    lead.person_id = None
    lead.profile, lead.score = {}, {}
    lead.account = None
    lead.campaign = None
    lead.told = {}


def _is_for_nurturing(event: LeadScored) -> bool:
    """Whether an import brought it to be nurtured, and nobody has asked since."""
    return event.handling is not None and event.handling.mode is ImportMode.NURTURE


def _ask_again(lead: Lead, event: LeadScored, now: datetime, *, newer: bool, by_rep: bool) -> Scored:
    if is_an_ask(event) and not by_rep and lead.handoff is not None:
        lead.handoff.asked_again += 1
        lead.handoff.asked_again_at = now
        return Scored.ASKED_AGAIN
    return Scored.KEPT if newer else Scored.STALE


def _take_state(lead: Lead, event: LeadScored, *, asks: bool) -> None:
    lead.scored_seq = event.seq
    lead.person_id = event.person_id
    lead.line = event.line
    lead.quadrant = event.quadrant
    lead.stage = event.stage
    lead.profile = event.profile.model_dump(mode="json", exclude_none=True)
    lead.score = event.score.model_dump(mode="json", exclude_none=True)
    lead.form_id = event.form_id
    lead.source = event.source
    lead.campaign = event.campaign
    lead.submissions = event.submissions
    lead.asks = lead.asks or asks
    lead.is_test = event.is_test
    lead.handling = event.handling.model_dump(mode="json") if event.handling is not None else None
    account = event.account
    lead.account = account.model_dump(mode="json", exclude_none=True) if account is not None else None
    lead.value = event.expected_value.minor if event.expected_value is not None else None
    asked = list(event.profile.attributes) if is_an_ask(event) else lead.told.get(ASKED)
    lead.told = event.model_dump(mode="json", include=set(TOLD), exclude_none=True)
    if asked:
        lead.told[ASKED] = asked
    lead.received_at = event.journey.released_at or event.journey.received_at
    lead.sql_at = event.sql_at
    lead.rulebook_version = event.rulebook_version
