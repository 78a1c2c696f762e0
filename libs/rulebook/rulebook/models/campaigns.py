"""What marketing has planned, for the calendar and the weekly page that both teams see."""

from datetime import date
from typing import Literal

from pydantic import Field

from rulebook.models.base import Identifier, RulebookModel


class Campaign(RulebookModel):
    """A campaign, or news of a product, in local days of the company's time zone, both included.

    The weekly page names a campaign in each week that it runs or begins in, and news likewise.
    """

    kind: Literal["campaign", "news"] = Field(
        default="campaign", description="news: of a product, told on the weekly page and in no calendar"
    )
    name: str = Field(min_length=1, max_length=200)
    first_day: date
    last_day: date
    text: str | None = Field(
        default=None, min_length=1, max_length=500, description="a sentence or two for sales"
    )
    url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+[^\s]*$", max_length=500)
    source: Identifier | None = Field(
        default=None, description="of sources.yaml: where the leads that it brings come from"
    )
