"""What an operator sends about reps and teams."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from lead_events.model import UtcTime
from router.domain.hours import DAYS
from router.domain.moments import EARLIEST, LATEST, read_moment
from rulebook.models import Absence, Notify, RampUp, RepSeed, TextLanguage
from rulebook.models.base import Identifier
from rulebook.ways_to_tell import lacks

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Address = Annotated[str, Field(max_length=320, pattern=r"^[^\x00]*$", examples=["ana@example.com"])]
Why = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$", description="without the character NUL")]
Language = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="as ISO 639-1 and BCP 47 write it")
]
Shift = tuple[
    Annotated[str, Field(max_length=10, examples=["09:00"])],
    Annotated[str, Field(max_length=10, examples=["18:00"])],
]
Week = Annotated[
    dict[
        Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Annotated[list[Shift], Field(max_length=10)]
    ],
    Field(max_length=len(DAYS), description="the week as the rep works it; null: that of the calendar"),
]
Ids = Annotated[list[Identifier], Field(max_length=50)]


def _is_moment(text: str) -> str:
    read_moment(text)
    return text


Moment = Annotated[
    str,
    Field(max_length=40, examples=["2026-03-03", "2026-03-03T14:00"]),
    AfterValidator(_is_moment),
]


def _reaches_somebody(way: Notify) -> Notify:
    if "\x00" in f"{way.to}{way.member}":
        raise ValueError("holds a zero character; write it without")
    found = next(lacks(way), None)
    if found is not None:
        raise ValueError(f"{found.message}; {found.hint}")
    return way


Ways = Annotated[list[Annotated[Notify, AfterValidator(_reaches_somebody)]], Field(max_length=10)]


class _Body(BaseModel):
    """An unknown field is an error, so that a typing slip is never silent."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class RepAbsence(Absence):
    """Whole local days of absence, both included."""

    reason: Why = "away"

    @model_validator(mode="after")
    def _is_a_span_of_days(self) -> "RepAbsence":
        if self.first_day < EARLIEST or self.last_day > LATEST:
            raise ValueError(f"write days from {EARLIEST} to {LATEST}")
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day; swap the two")
        return self


class PartDay(_Body):
    """Hours of absence, between two moments."""

    since: UtcTime = Field(alias="from")
    until: UtcTime
    reason: Why = "away"

    @model_validator(mode="after")
    def _is_a_span(self) -> "PartDay":
        if self.since.date() < EARLIEST or self.until.date() > LATEST:
            raise ValueError(f"write moments from {EARLIEST} to {LATEST}")
        if self.until <= self.since:
            raise ValueError("until is not after from; swap the two")
        return self


def _by_its_keys(value: Any, _: ValidatorFunctionWrapHandler) -> Any:
    """Moments where it names one, else days: so that what is wrong is told of one kind and not of both."""
    has_moments = isinstance(value, dict) and bool({"from", "until"} & value.keys())
    return (PartDay if has_moments else RepAbsence).model_validate(value)


class RepPatch(_Body):
    """What is to change about a rep; a field left out stays. A limit, hours or CRM id of null is none."""

    name: Text | None = None
    email: Address | None = None
    team: Identifier | None = None
    lines: Annotated[Ids, Field(min_length=1)] | None = None
    languages: Annotated[list[Language], Field(max_length=50)] | None = None
    skills: Ids | None = None
    weight: int | None = Field(default=None, ge=0, le=1000, description="share of the pool; 0: none")
    capacity: int | None = Field(default=None, ge=0, le=10_000, description="open leads at once")
    per_day: int | None = Field(default=None, ge=1, le=10_000, description="leads a local day, at most")
    per_week: int | None = Field(
        default=None, ge=1, le=50_000, description="leads a week from Monday, at most"
    )
    ramp_up: RampUp | None = None
    calendar: Identifier | None = None
    own_hours: Week | None = None
    absences: (
        Annotated[list[Annotated[RepAbsence | PartDay, WrapValidator(_by_its_keys)]], Field(max_length=400)]
        | None
    ) = Field(default=None, description="replaces all absences said by hand; those of feeds stay")
    absence_feeds: Annotated[Ids, Field(max_length=5)] | None = Field(
        default=None, description="names of secrets that hold the URLs of iCalendar feeds"
    )
    notify: Ways | None = None
    texts: TextLanguage | None = None
    crm_id: Text | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _begins_some_day(self) -> "RepPatch":
        if self.ramp_up is not None and not EARLIEST <= self.ramp_up.first_day <= LATEST:
            raise ValueError(f"ramp_up.first_day: write a day from {EARLIEST} to {LATEST}")
        return self

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as JSON has them; null where it means none."""
        sent = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name in _MAY_BE_NONE}


_MAY_BE_NONE = frozenset({"per_day", "per_week", "ramp_up", "own_hours", "crm_id"})


class RepNew(RepPatch):
    """A rep who joins; what is left out is as in the rulebook."""

    id: Identifier
    name: Text
    email: Address
    team: Identifier
    calendar: Identifier

    def seed(self) -> RepSeed:
        """The rep as the rulebook would name them, without absences."""
        sent = self.changes()
        return RepSeed.model_validate(
            {
                name: value
                for name, value in sent.items()
                if name in RepSeed.model_fields and name != "absences"
            }
        )


class Away(_Body):
    """An absence. Two days are whole days, both included; moments are local; no `from` is now."""

    since: Moment | None = Field(default=None, alias="from")
    until: Moment
    reason: Why = "away"


class Back(_Body):
    """At work after all. Nothing sent: from now to the end of the absence that holds now."""

    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, description="left out: the end of what holds at `from`")

    def span(self) -> tuple[date | datetime | None, date | datetime | None]:
        """What was sent, read."""
        since, until = (read_moment(each) if each is not None else None for each in (self.since, self.until))
        return since, until


class TeamPut(_Body):
    """A team."""

    name: Text
    lead: Identifier | None = Field(default=None, description="the rep who is told when nobody else answers")
    notify: Ways = Field(default_factory=list, description="how the lead is told; empty: as a rep is")


class CalendarTokenNew(_Body):
    """Who subscribes."""

    name: Identifier = Field(description="one token a name: a new one ends the older")
