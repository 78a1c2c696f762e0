"""One month as its report reads it. Pure data: the store fills it, the figures are computed from it alone.

Moments are UTC; amounts are minor units of the company's currency. docs/agreement.md says what each means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from lead_events.words import ChargedTo, Quadrant, TimerKind
from rulebook.models import Rulebook
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.periods import Period

Side = Literal["marketing", "sales"]
SIDES: tuple[Side, Side] = ("marketing", "sales")
About = Literal["rejection", "breach"]
"""What an objection is about."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as it was told, in a currency of any kind."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The rejection or recycling that ended a lead. `fact` is what an objection names."""

    fact: UUID
    at: datetime
    is_rejection: bool
    code: str | None
    rep_id: str | None
    duplicate_of: UUID | None = None
    proof: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Won:
    """A win. `minor` None: in a currency without a rate, or no amount was told."""

    at: datetime
    minor: int | None
    as_told: Money | None = None


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One lead. `quadrant` and `segments` are those of its delivery, of the newest score before it.

    `is_ours`: neither test, nor found by a rep, nor of an account that sales knows. `first_source`,
    `last_source`: of its submissions up to the delivery. `position_of_day`, `position_of_month`: which
    delivery it was, from 1; None when it is none. `tries` counts contacts of any kind.
    """

    id: UUID
    line: str
    quadrant: Quadrant
    segments: tuple[str, ...]
    first_source: str
    last_source: str
    is_ours: bool
    is_own: bool
    received_at: datetime | None
    scored_at: datetime | None
    delivered_at: datetime | None = None
    position_of_day: int | None = None
    position_of_month: int | None = None
    handed_at: datetime | None = None
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    tries: int = 0
    opportunity_at: datetime | None = None
    won: Won | None = None
    lost_at: datetime | None = None
    lost_code: str | None = None
    given_back: GivenBack | None = None
    rep_id: str | None = None
    team: str | None = None
    worked_at: datetime | None = None
    work_due_at: datetime | None = None

    @property
    def won_at(self) -> datetime | None:
        """When it became a customer."""
        return self.won.at if self.won is not None else None


@dataclass(frozen=True, slots=True)
class LeadGroup:
    """So many leads that are alike in what goals ask. `code`: why sales gave them back."""

    quadrant: Quadrant
    line: str
    segments: Sequence[str]
    last_source: str
    code: str | None
    leads: int


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise that is due, or was ended, in the month. `wall` and `worked` are seconds from its opening
    to its end (of the rep's working time for `worked`); None while it has none. `parts` are the attribution
    of its breach: part, detail, microseconds. `excused` says by what: `objection` or `incident`.
    `is_above_volume`: one of speed, on a lead above the volume of the agreement that it stands under.
    `charged_above`: who answers if the lead came above; `charged_to` is who does."""

    id: UUID
    lead_id: UUID
    kind: TimerKind
    round: int
    rep_id: str
    team: str
    line: str
    quadrant: Quadrant
    agreement: str
    is_trial: bool
    opened_at: datetime
    due_at: datetime | None
    state: TimerState
    ended_at: datetime | None
    ended_kind: str | None
    wall: float | None
    worked: float | None
    charged_to: ChargedTo | None = None
    parts: tuple[tuple[str, str | None, int], ...] = ()
    excused: str | None = None
    rulebook_version: int = 0
    is_above_volume: bool = False
    charged_above: ChargedTo | None = None


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One handoff. `timed_out`: taken from the rep after a breach. `stopped_early`: the first contact came
    within 60 s of accepting."""

    lead_id: UUID
    round: int
    rep_id: str
    team: str
    quadrant: Quadrant
    handed_at: datetime
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    declined_at: datetime | None = None
    decline_code: str | None = None
    timed_out: bool = False
    stopped_early: bool = False


@dataclass(frozen=True, slots=True)
class TouchRow:
    """One submission of a lead: what a source is paid for. `opened`: it opened the lead; else the lead was
    there already, and the touch is a repeat of it. `duplicate_of`: a lead that was there before, in which
    this one ended at `ended_at`."""

    lead_id: UUID
    source: str
    campaign: str | None
    at: datetime
    opened: bool
    duplicate_of: UUID | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection and its end. `about`: `rejection` or `breach`; `verdict`: `upheld`, `excused`, None. Of a
    breach `kind`, `round`, `rep_id` and `due_at` are those of the promise."""

    id: UUID
    about: str
    subject: UUID
    lead_id: UUID
    side: str
    by: str
    at: datetime
    reason: str
    verdict: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    kind: TimerKind | None = None
    round: int | None = None
    rep_id: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What turned out differently after its month was closed: booked in the month then open.

    `measure`: delivered, taken_off, due (to be worked), worked, kept, broken, broken_by_others (of the broken
    ones those that sales does not answer for), revenue; `subject` the lead or promise; `amount` what it adds,
    in the measure's own unit, below zero too. `goal` names the goal where the measure is one's, or the kind
    of the promise.
    """

    of: str
    measure: str
    subject: UUID
    amount: Decimal
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """One figure of a closed month as it stood at its closing, of all its leads or promises."""

    measure: str
    goal: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Closing:
    """Who signed the month for each side, and when."""

    marketing: tuple[str, datetime] | None = None
    sales: tuple[str, datetime] | None = None

    @property
    def is_closed(self) -> bool:
        """Both signed."""
        return self.marketing is not None and self.sales is not None


@dataclass(frozen=True, slots=True)
class MonthBook:
    """Everything about one month. `leads`: those received, delivered, handed, given back, won, or due to be
    worked in it, or that have a promise due in it; `rulebook`: the version in force at its end, or now.
    `names`: of reps and teams by their ids. `booked`: of a closed month the figures as they were closed."""

    period: Period
    now: datetime
    rulebook: Rulebook
    leads: tuple[LeadRow, ...]
    promises: tuple[PromiseRow, ...]
    rounds: tuple[RoundRow, ...]
    touches: tuple[TouchRow, ...]
    objections: tuple[ObjectionRow, ...] = ()
    corrections: tuple[Correction, ...] = ()
    closing: Closing = Closing()
    names: Mapping[str, str] = field(default_factory=dict)
    booked: tuple[Booked, ...] = ()
