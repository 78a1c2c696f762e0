"""Amounts of money."""

from pydantic import Field

from lead_events.model import EventModel


class Money(EventModel):
    """An amount in minor units (cents) of a currency."""

    minor: int
    currency: str = Field(pattern="^[A-Z]{3}$")
