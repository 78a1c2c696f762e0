"""Teams, reps and their hours."""

from datetime import date
from typing import Literal

from pydantic import Field

from rulebook.models.base import Identifier, RulebookModel


class Team(RulebookModel):
    """A sales team."""

    name: str
    lead: Identifier | None = Field(default=None, description="the rep who is told when nobody else answers")


class Absence(RulebookModel):
    """Local days, both included, in the time zone of the rep's calendar."""

    first_day: date
    last_day: date
    reason: str = "away"


class RepSeed(RulebookModel):
    """A rep as the rulebook first names them; from then on the roster is data."""

    name: str
    email: str
    team: Identifier
    lines: list[Identifier] = Field(default=["main"])
    weight: int = Field(default=1, ge=0, le=1000, description="share of the pool; 0 takes no part")
    capacity: int = Field(default=20, ge=0, le=10_000, description="open leads at once")
    calendar: Identifier
    languages: list[str] = Field(default_factory=list)
    absences: list[Absence] = Field(default_factory=list)


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
