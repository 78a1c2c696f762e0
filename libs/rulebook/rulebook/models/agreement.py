"""What both sides promise each other."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lead_events.words import Quadrant, RecycleCode, RejectCode, TimerKind
from rulebook.models.base import Duration, Identifier, RulebookModel, Share, WorkingTime

Count = Literal["number", "points", "money"]
"""What deliveries are counted in."""
Part = Annotated[float, Field(ge=0, le=1)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
TAKEN_OFF: dict[str, float] = {
    RejectCode.WRONG_DATA: 1.0,
    RejectCode.DUPLICATE: 1.0,
    RejectCode.OUT_OF_PROFILE: 1.0,
}
"""What a rejection takes off where the agreement says nothing; every other reason takes off nothing."""
_REASONS: dict[str, None] = dict.fromkeys([*map(str, RejectCode), *map(str, RecycleCode)])
PAUSABLE: dict[str, list[TimerKind]] = {
    "buyer_asked_to_wait": [TimerKind.NEXT_RESPONSE, TimerKind.NEXT_ATTEMPT, TimerKind.OUTCOME],
    "waits_for_buyer": [TimerKind.NEXT_ATTEMPT, TimerKind.OUTCOME],
}
"""Reasons to pause, and the promises that stand still meanwhile, where the agreement names none."""


_MAY_PAUSE = [TimerKind.NEXT_RESPONSE.value, TimerKind.NEXT_ATTEMPT.value, TimerKind.OUTCOME.value]


def _known_promise(word: object) -> object:
    """Passes on what is a promise, or no text. Raises ValueError with what to write for another word."""
    if isinstance(word, str) and word not in list(TimerKind):
        near = get_close_matches(word, list(TimerKind), n=1)
        hint = f"did you mean `{near[0]}`? " if near and near[0] in _MAY_PAUSE else ""
        raise ValueError(f"`{word}` is no promise; {hint}write one of {', '.join(_MAY_PAUSE)}")
    return word


def _known_reason(word: str) -> str:
    """A code for which sales gives leads back. Raises ValueError with what to write for another word."""
    if word not in _REASONS:
        near = get_close_matches(word, _REASONS, n=1)
        hint = f"did you mean `{near[0]}`? " if near else ""
        known = ", ".join(_REASONS)
        raise ValueError(f"`{word}` is no reason to give a lead back; {hint}write one of {known}")
    return word


Paused = Annotated[TimerKind, BeforeValidator(_known_promise)]
"""A promise that stands still during a pause."""
Reason = Annotated[str, AfterValidator(_known_reason)]
"""A code of rejecting or recycling."""


class Attempts(RulebookModel):
    """How often sales tries to reach a buyer who does not answer: `count` times within working time `within`
    from the handoff. After a try that reached nobody the next one is due in `apart`."""

    count: int = Field(ge=2, le=30)
    within: WorkingTime
    apart: WorkingTime | None = Field(
        default=None, description="working time from one try to the next; absent: `within` / `count`"
    )


class Promise(RulebookModel):
    """What sales promises for one quadrant, in the rep's working time. Absent: nothing is promised."""

    accept_within: WorkingTime | None = None
    first_response_within: WorkingTime | None = None
    next_response_within: WorkingTime | None = Field(
        default=None, description="from the moment the rep is shown that the buyer asked again"
    )
    attempts: Attempts | None = None
    outcome_within: WorkingTime | None = Field(
        default=None, description="until sales says how it went: meeting, opportunity, won, lost, given back"
    )


Promises = dict[Quadrant, Promise]
_Told = TypeVar("_Told")


def by_quadrant(told: Mapping[Quadrant, _Told]) -> dict[Quadrant, _Told]:
    """The same in the order of the quadrants, whatever the order in which it was written or stored."""
    return {each: told[each] for each in Quadrant if each in told}


class Works(RulebookModel):
    """How many of the SQLs whose time to be worked ends in a period sales has worked by then: exactly one
    of the three. Worked is accepted, answered, and a conversation, an outcome or all agreed tries."""

    share: Annotated[float, Field(gt=0, le=1)] | None = None
    number: Annotated[int, Field(ge=1)] | None = None
    money_minor: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="by marketing's `value_minor`, in minor units of the company's currency"
    )

    @model_validator(mode="after")
    def _one(self) -> "Works":
        written = sum(each is not None for each in (self.share, self.number, self.money_minor))
        if written != 1:
            raise ValueError(
                f"names {written or 'none'} of `share`, `number` and `money_minor`; write one, as share: 0.9"
            )
        return self


class Volume(RulebookModel):
    """Up to how many SQLs the promises of speed hold, by local day and month of the company. Above it leads
    are routed and measured, and a late answer is charged to neither side."""

    per_day: int | None = Field(default=None, ge=1)
    per_month: int | None = Field(default=None, ge=1)


class Reminders(RulebookModel):
    """Who has broken a promise and still not acted is reminded `at_most` times, each `every` after the one
    before: of the rep's working time, so never at night; with `at_night` of wall time."""

    every: WorkingTime
    at_most: int = Field(default=3, ge=1, le=20)
    at_night: bool = False


class SalesSide(RulebookModel):
    """What sales promises."""

    works: Works | None = None
    promises: Promises = Field(default_factory=dict)
    lines: dict[Identifier, Promises] = Field(
        default_factory=dict, description="promises for leads of a line instead of the general ones"
    )
    teams: dict[Identifier, Promises] = Field(
        default_factory=dict,
        description="promises of a team instead of the line's and the general ones; {} promises nothing",
    )
    volume: Volume | None = None
    warn_at: list[Share] = Field(default=[0.5, 0.8])
    reminders: Reminders | None = None
    pauses: dict[Identifier, list[Paused]] = Field(
        default_factory=lambda: dict(PAUSABLE),
        description="reasons for which a rep may pause a lead, and the promises that then stand still",
    )
    reassign_on_accept_breach: bool = True
    reassign_on_response_breach: bool = Field(
        default=False,
        description="whether an accepted lead without first response goes on too; else the team lead is told",
    )
    first_response: Literal["attempt", "conversation"] = Field(
        default="attempt", description="whether a try stops the timer of the first response, or only a talk"
    )
    max_rounds: int = Field(
        default=3, ge=1, le=20, description="handoffs of one lead before the team lead decides"
    )
    declines_a_week: int = Field(
        default=3,
        ge=0,
        le=1000,
        description="leads a rep may decline in a local week; the team lead confirms what comes above it",
    )
    recycle_no_answer_after: Duration | None = Field(
        default=None,
        description="when a lead recycled for no_answer wakes up if its rep names no day; else they must",
    )


class Goal(RulebookModel):
    """So much that marketing delivers a period. A list left out holds for all; a lead counts in every goal
    that it fits."""

    goal: int = Field(ge=1, description="leads, points, or minor units of the company's currency")
    counted_in: Count = "number"
    quadrants: list[Quadrant] = Field(default_factory=list)
    lines: list[Identifier] = Field(default_factory=list)
    segments: list[Identifier] = Field(default_factory=list, description="of routing.yaml")
    sources: list[Identifier] = Field(default_factory=list)


class MarketingSide(RulebookModel):
    """What marketing promises, a period. A lead counts when it becomes a SQL."""

    period: Literal["month"] = "month"
    leads: dict[Quadrant, int] = Field(
        default_factory=dict, description="in short: a goal for each quadrant, in number of leads"
    )
    goals: dict[Identifier, Goal] = Field(default_factory=dict)
    points: dict[Quadrant, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="what a lead of each quadrant counts in points"
    )
    value_minor: dict[Quadrant, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="what a lead of each quadrant is worth, in minor units"
    )
    takes_off: dict[Reason, Part] = Field(
        default_factory=dict,
        description="which part of a lead given back for this reason is taken off; not named: wrong_data, "
        "duplicate and out_of_profile all of it, every other nothing",
    )

    def part_taken_off(self, code: str | None) -> float:
        """Which part of a lead that sales gives back for `code` does not count as delivered."""
        return {**TAKEN_OFF, **self.takes_off}.get(code or "", 0.0)

    def all_goals(self) -> dict[str, Goal]:
        """`leads` and `goals` as one: first those of `leads`, each called by its quadrant; then by name."""
        short = {
            each.value: Goal(goal=self.leads[each], quadrants=[each])
            for each in Quadrant
            if self.leads.get(each)
        }
        return short | {name: self.goals[name] for name in sorted(self.goals)}


class Signer(RulebookModel):
    """Who agreed for a side, and on which day."""

    name: str = Field(min_length=1, max_length=200)
    on: date


class Signatures(RulebookModel):
    """Both sides."""

    marketing: Signer | None = None
    sales: Signer | None = None


class Agreement(RulebookModel):
    """The two-sided service level agreement.

    `draft` promises nothing. `trial` is measured, shown and warned of, and binds nobody. `active` binds and
    needs both signatures. `retired` is over. Days are local to the company, both included.
    """

    name: str
    state: Literal["draft", "trial", "active", "retired"] = "active"
    first_day: date | None = Field(default=None, description="absent: since ever")
    last_day: date | None = Field(default=None, description="absent: until another takes its place")
    trial_teams: list[Identifier] = Field(
        default_factory=list, description="of a trial: only these teams are measured; empty: all"
    )
    signatures: Signatures = Signatures()
    calendar: Identifier | None = Field(
        default=None, description="whose working days pace the month; absent: Monday to Friday"
    )
    closes_on_working_day: int = Field(
        default=3, ge=1, le=15, description="of the month after, from which both may sign the month"
    )
    object_within_days: int = Field(
        default=5, ge=1, le=60, description="wall days after a rejection or breach to object to it"
    )
    credit: Literal["first", "last"] = Field(
        default="last", description="which of a lead's sources is credited with what it brings"
    )
    rates: dict[Currency, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="what one unit of another currency is in the company's, all period"
    )
    revenue_goal_minor: int | None = Field(default=None, ge=1, description="the goal that both sides share")
    marketing: MarketingSide = MarketingSide()
    sales: SalesSide
