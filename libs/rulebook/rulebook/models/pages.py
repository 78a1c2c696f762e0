"""Who gets the weekly page and the one for management, and when."""

from pydantic import Field

from rulebook.models.base import RulebookModel
from rulebook.models.people import Notify, TextLanguage


class Page(RulebookModel):
    """One page: to whom, in which language, at which local time of the company."""

    to: list[Notify] = Field(min_length=1, description="each gets it once; `to` of e-mail is needed here")
    language: TextLanguage = "en"
    at: str = Field(
        default="08:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="local time of the company's zone",
    )


class Pages(RulebookModel):
    """What is sent by itself. `weekly`: on Monday, about the week before. `monthly`: for management, on the
    first working day about the month before, and once more when both sides have closed it."""

    weekly: Page | None = None
    monthly: Page | None = None
