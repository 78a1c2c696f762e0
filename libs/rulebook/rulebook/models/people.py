"""Teams, reps and their hours."""

from datetime import date
from typing import Literal

from pydantic import Field

from rulebook.models.base import Identifier, RulebookModel, Share

TextLanguage = Literal["en", "es", "pt", "it", "ro"]
"""Languages that messages to people are written in."""


class Team(RulebookModel):
    """A sales team."""

    name: str
    lead: Identifier | None = Field(default=None, description="the rep who is told when nobody else answers")
    notify: list["Notify"] = Field(
        default_factory=list, description="how the team lead hears of what needs them; empty: as a rep does"
    )


class Absence(RulebookModel):
    """Local days, both included, in the time zone of the rep's calendar."""

    first_day: date
    last_day: date
    reason: str = "away"


class RampUp(RulebookModel):
    """A new rep begins with part of their weight and capacity and has all of both after some weeks.

    The part rises once a week by equal steps, on the rep's local days: with 4 weeks from 25 %, 25, 50, 75 and
    then 100 %. Weight and capacity are rounded, and are never less than 1 while they are above 0.
    """

    first_day: date
    weeks: int = Field(default=4, ge=1, le=52)
    start: Share = Field(default=0.25, description="share of weight and capacity in the first week")


class Notify(RulebookModel):
    """One way by which a rep is told of their leads."""

    channel: Literal["email", "slack", "webhook", "apprise"]
    to: str | None = Field(
        default=None,
        max_length=2000,
        description="email: an address, by default the rep's; slack: a member or channel id; webhook: an URL",
    )
    secret: Identifier | None = Field(
        default=None,
        description="name of a secret: what a webhook is signed with; for apprise, the URL it sends to",
    )
    member: str | None = Field(
        default=None,
        pattern=r"^[UW][A-Z0-9]{1,30}$",
        description="slack, where `to` is a channel of many: id of the member who answers there",
    )


class RepSeed(RulebookModel):
    """A rep as the rulebook first names them; from then on the roster is data."""

    name: str
    email: str
    team: Identifier
    lines: list[Identifier] = Field(default=["main"])
    weight: int = Field(default=1, ge=0, le=1000, description="share of the pool; 0 takes no part")
    capacity: int = Field(default=20, ge=0, le=10_000, description="open leads at once")
    calendar: Identifier
    per_day: int | None = Field(
        default=None, ge=1, le=10_000, description="leads handed to them a local day, at most"
    )
    per_week: int | None = Field(
        default=None, ge=1, le=50_000, description="leads handed to them a local week from Monday, at most"
    )
    ramp_up: RampUp | None = None
    languages: list[str] = Field(default_factory=list)
    skills: list[Identifier] = Field(default_factory=list, description="what rules and pools may ask for")
    absences: list[Absence] = Field(default_factory=list)
    absence_feeds: list[Identifier] = Field(
        default_factory=list, description="names of secrets that hold the URLs of iCalendar feeds of absences"
    )
    notify: list[Notify] = Field(default_factory=lambda: [Notify(channel="email")])
    texts: TextLanguage = Field(default="en", description="language of messages to them")
    crm_id: str | None = Field(default=None, max_length=200, description="how the CRM names them")


class Roster(RulebookModel):
    """Teams and reps."""

    teams: dict[Identifier, Team]
    reps: dict[Identifier, RepSeed]


class Calendar(RulebookModel):
    """Weekly hours in a time zone, less holidays. `week` maps mon..sun to shifts ["09:00", "18:00"]."""

    tz: str
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[tuple[str, str]]]
    holidays: list[date] = Field(default_factory=list)
    holidays_of: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        description="public holidays of a country or region",
    )
    date_overrides: dict[date, list[tuple[str, str]]] = Field(default_factory=dict)
    date_breaks: dict[date, list[tuple[str, str]]] = Field(default_factory=dict)
