"""What follows when a rep lets a promise run out. Pure: the caller does it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lead_events.words import TimerKind
from rulebook.models import SalesSide


class AfterBreach(StrEnum):
    """What is to be done about the lead."""

    REASSIGN = "reassign"  # somebody else gets it
    TELL_TEAM_LEAD = "tell_team_lead"  # it stays; the rep's team lead decides
    TELL_FALLBACK = (
        "tell_fallback"  # it stays; the team has no lead of its own, so who leads the fallback's does
    )
    UNOWNED = "unowned"  # it stays, and nobody is named to be told: counted
    LEAVE = "leave"  # it stays, and nobody need be told


class Because(StrEnum):
    """Why it is so, as kept with the breach."""

    AGREED = "agreed"  # the agreement passes it on
    ACT_MEANWHILE = "act_meanwhile"  # the promise was kept after all
    LOCKED = "locked"  # a person locked the lead to its rep
    PAUSED = "paused"  # the promise stood still when it was due
    TIME_LEFT = "time_left"  # a change of hours, or a pause, gave the rep more time
    NOT_AGREED = "not_agreed"  # the agreement leaves it where it is
    LAST_ROUND = "last_round"  # it went round often enough
    NOBODY_ELSE = "nobody_else"  # the pool has nobody else who could ever take it
    OTHER_PROMISE = "other_promise"  # only acceptance and first response move a lead


@dataclass(frozen=True, slots=True)
class LastActs:
    """When the rep of a round last said yes, tried to reach the buyer, talked to them, told how it goes."""

    accepted_at: datetime | None = None
    tried_at: datetime | None = None
    talked_at: datetime | None = None
    outcome_at: datetime | None = None

    def keep(self, kind: TimerKind, since: datetime | None, *, needs_talk: bool) -> bool:
        """Whether they did what keeps this promise. `since`: when it began to run, for those that begin
        within a round; `needs_talk`: a try is no response."""
        responses = (self.talked_at if needs_talk else self.tried_at, self.outcome_at)
        match kind:
            case TimerKind.ACCEPT:
                return _any_of((self.accepted_at, self.tried_at, self.outcome_at), None)
            case TimerKind.FIRST_RESPONSE:
                return _any_of(responses, None)
            case TimerKind.NEXT_RESPONSE:
                return _any_of(responses, since)
            case TimerKind.NEXT_ATTEMPT:
                return _any_of((self.tried_at, self.outcome_at), since)
            case TimerKind.OUTCOME:
                return _any_of((self.outcome_at,), None)


NO_ACTS = LastActs()


def _any_of(acts: tuple[datetime | None, ...], after: datetime | None) -> bool:
    return any(at is not None and (after is None or at > after) for at in acts)


@dataclass(frozen=True, slots=True)
class Breached:
    """A breach of the open round, as the store knows it under the lead's lock.

    `is_answered`: what keeps this promise has happened, see LastActs; `is_paused`: it stood still when it was
    due. `team_lead` and `fallback_lead`: who leads the rep's team, and
    one of the plan's fallback pool; None: nobody is named.
    """

    kind: TimerKind
    round: int
    is_answered: bool
    is_paused: bool = False
    is_locked: bool = False
    had_full_time: bool = True
    others_could: bool = True
    team_lead: str | None = None
    fallback_lead: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """What is to be done, why, and who is to be told."""

    what: AfterBreach
    because: Because
    told: str | None = None


def after_breach(breach: Breached, sales: SalesSide) -> Followed:
    """What follows from a breach by the agreement in force at the handoff."""
    if breach.is_answered:
        return Followed(AfterBreach.LEAVE, Because.ACT_MEANWHILE)
    if breach.is_paused:
        return Followed(AfterBreach.LEAVE, Because.PAUSED)
    if not breach.had_full_time:
        return Followed(AfterBreach.LEAVE, Because.TIME_LEFT)
    if breach.kind not in (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE):
        return _tell(breach, Because.OTHER_PROMISE)
    if breach.is_locked:
        return _tell(breach, Because.LOCKED)
    is_acceptance = breach.kind is TimerKind.ACCEPT
    moves = sales.reassign_on_accept_breach if is_acceptance else sales.reassign_on_response_breach
    if not moves:
        return _tell(breach, Because.NOT_AGREED)
    if breach.round >= sales.max_rounds:
        return _tell(breach, Because.LAST_ROUND)
    if not breach.others_could:
        return _tell(breach, Because.NOBODY_ELSE)
    return Followed(AfterBreach.REASSIGN, Because.AGREED)


def who_hears(breach: Breached) -> str | None:
    """Of a breach that only shows something: who leads the rep's team, else the fallback's."""
    return breach.team_lead or breach.fallback_lead


def _tell(breach: Breached, because: Because) -> Followed:
    if breach.team_lead is not None:
        return Followed(AfterBreach.TELL_TEAM_LEAD, because, breach.team_lead)
    if breach.fallback_lead is not None:
        return Followed(AfterBreach.TELL_FALLBACK, because, breach.fallback_lead)
    return Followed(AfterBreach.UNOWNED, because)
