"""What reps may send to buyers, by how far these are in deciding."""

from pydantic import Field

from rulebook.models.base import RulebookModel


class Content(RulebookModel):
    """A page, paper or film."""

    title: str = Field(min_length=1, max_length=120)
    url: str = Field(pattern=r"^https?://[^/\s]+[^\s]*$", max_length=500)
    language: str | None = Field(
        default=None,
        pattern="^[a-z]{2}$",
        description="the buyer's, as two letters: it is not shown for those known to speak another one",
    )
