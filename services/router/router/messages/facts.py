"""What is known of a lead when a message about it is composed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events.words import TimerKind
from router.messages.kinds import LinkAct, MessageKind


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a message: their name, their language, and the zone of their clock."""

    name: str
    language: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class OtherLead:
    """Another open lead of the person, and who has it."""

    line: str
    rep: str | None


@dataclass(frozen=True, slots=True)
class EarlierLead:
    """A closed lead of the person: how it ended, as a reason of closing, and who had it last."""

    line: str
    reason: str
    closed_at: datetime
    rep: str | None


@dataclass(frozen=True, slots=True)
class PromiseFacts:
    """The promise that a message is about. `number` of `most`: which reminder it is; `trial`: the name of the
    agreement, where it is only tried; `gone`: of a warning, the share of its time that is over, 0 to 1."""

    kind: TimerKind
    due_at: datetime
    number: int | None = None
    most: int | None = None
    trial: str | None = None
    gone: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A lead and its round as they are now; names of lines, sources and campaigns are the company's.

    `why` is in English, `said` the same as keys and values of sentences; `content`: title and address of what
    fits the buyer's stage; `declined_because`: what the rep gave as the reason of a decline that waits.
    """

    lead_id: UUID
    round: int
    rep_name: str
    why: str
    quadrant: str
    line: str
    source: str
    campaign: str | None
    profile: Mapping[str, Any]
    score: Mapping[str, Any]
    told: Mapping[str, Any]
    account: Mapping[str, Any] | None
    submissions: int
    is_test: bool
    received_at: datetime | None
    accept_by: datetime | None
    respond_by: datetime | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    holder_name: str | None = None
    others: Sequence[OtherLead] = ()
    earlier: Sequence[EarlierLead] = ()
    asked_at: Sequence[datetime] = ()
    links: Mapping[LinkAct, str] = field(default_factory=dict)
    content: Sequence[tuple[str, str]] = ()
    declined_because: Mapping[str, Any] | None = None
    said: Sequence[Mapping[str, Any]] = ()
    is_closed: bool = False
    promise: PromiseFacts | None = None
    is_readers: bool = True
    """Whether who reads it is the rep of the round."""

    def due(self) -> datetime | None:
        """The promise that runs now: to accept, then to respond."""
        if self.contacted_at is not None:
            return None
        return (self.accept_by if self.accepted_at is None else None) or self.respond_by


@dataclass(frozen=True, slots=True)
class Left:
    """What a team lead is told of somebody who is away: their open leads, by who is behind each."""

    rep_name: str
    leads: Sequence[tuple[UUID, Mapping[str, Any], str]]


@dataclass(frozen=True, slots=True)
class Nobodys:
    """Leads of a pool, or of a line without one, that nobody may take. `more`: those that are not named."""

    place: str
    leads: Sequence[tuple[UUID, Mapping[str, Any], str]]
    more: int


@dataclass(frozen=True, slots=True)
class LateLead:
    """A lead whose answer is expected after its promise."""

    lead_id: UUID
    profile: Mapping[str, Any]
    quadrant: str
    rep_name: str
    answer_at: datetime | None
    due_at: datetime | None


ABOUT_THE_LEAD = frozenset(
    {
        MessageKind.ASSIGNED,
        MessageKind.ASKED_AGAIN,
        MessageKind.WARNED,
        MessageKind.BREACHED,
        MessageKind.REMINDED,
        MessageKind.DECLINE_ASKED,
    }
)
"""Kinds that say everything known about the lead; whoever has it no longer is not told more of the buyer."""
