"""What marketing has planned, for the calendar that both teams see."""

from datetime import date

from pydantic import Field

from rulebook.models.base import RulebookModel


class Campaign(RulebookModel):
    """A campaign, in local days of the company's time zone, both included."""

    name: str = Field(min_length=1, max_length=200)
    first_day: date
    last_day: date
