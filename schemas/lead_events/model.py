"""What all events have in common: unknown fields are kept, times carry an offset, nothing is changed."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # pydantic passes it on, where a ValueError becomes a finding
        raise ValueError("is no moment between the years 1 and 9999 in UTC") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]


class EventModel(BaseModel):
    """A part of an event. Fields this version does not know are kept and passed on; null means absent."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def to_json(self) -> bytes:
        """JSON as it stands on the topic: absent values are left out, times are UTC with an offset."""
        return self.model_dump_json(exclude_none=True).encode()
