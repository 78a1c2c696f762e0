"""sla-warned, sla-breached, sla-reminded, sla-withdrawn: the results of timers."""

from uuid import UUID

from pydantic import Field

from lead_events.model import EventModel, UtcTime
from lead_events.words import ChargedTo, Part, Quadrant, TimerKind


class Stretch(EventModel):
    """One stretch of a lead's time; `detail` names the rep or the hold reason."""

    part: Part
    microseconds: int = Field(ge=0)
    detail: str | None = None


class TimerResult(EventModel):
    """What all results of a timer say."""

    timer_id: UUID
    lead_id: UUID
    line: str
    seq: int = Field(ge=1)
    kind: TimerKind
    round: int = Field(ge=1)
    rep_id: str
    team: str
    quadrant: Quadrant
    opened_at: UtcTime
    due_at: UtcTime
    target_seconds: int = Field(gt=0, description="working time of the rep")
    fired_at: UtcTime
    is_test: bool = False
    rulebook_version: int = Field(ge=1)
    agreement: str | None = Field(default=None, description="its id in the rulebook; absent: not told")
    is_trial: bool = Field(
        default=False, description="the agreement is only tried: shown to those it names, and nothing follows"
    )


class SlaWarned(TimerResult):
    """A timer reached a set share of its working time."""

    share: float = Field(gt=0, lt=1)
    warns_at: UtcTime


class SlaBreached(TimerResult):
    """A timer ran out with no act before its due time."""

    charged_to: ChargedTo
    attribution: list[Stretch]
    late: bool = Field(default=False, description="fired well after it was due, for instance after an outage")
    unread: bool = Field(
        default=False, description="fired although news up to the due time could not be read"
    )


class SlaReminded(TimerResult):
    """A promise was broken, and the rep has still not acted. Nothing is broken anew."""

    number: int = Field(ge=1, description="which reminder this is")
    at_most: int = Field(ge=1, description="how many there are")
    reminds_at: UtcTime


class SlaWithdrawn(TimerResult):
    """A fact from before the due time turned up after the breach, an act or a pause: the breach stays
    visible and is not counted."""

    act_kind: str
    act_at: UtcTime
    withdraws: UUID = Field(description="id of the sla-breached event")
