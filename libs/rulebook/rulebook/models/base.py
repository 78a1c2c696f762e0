"""What every part of the rulebook is made of."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from rulebook.durations import check_bounds, format_duration, format_hours, parse_duration

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(check_bounds),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
WorkingTime = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(check_bounds),
    PlainSerializer(format_hours, return_type=str, when_used="json"),
]
"""A length that counts only while somebody works: written in hours, never in days."""
Share = Annotated[float, Field(gt=0, lt=1)]


class RulebookModel(BaseModel):
    """A part of the rulebook; a word it does not know is an error, so that a typing slip is never silent."""

    model_config = ConfigDict(extra="forbid", frozen=True)
