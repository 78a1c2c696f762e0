"""Amounts of money."""

from pydantic import Field

from lead_events.model import EventModel


class Money(EventModel):
    """An amount in minor units (cents) of a currency."""

    minor: int
    currency: str = Field(pattern="^[A-Z]{3}$")


_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits of the minor unit where they are not two (ISO 4217)."""


def minor_digits(currency: str) -> int:
    """How many digits of an amount are minor units: 2 for EUR, 0 for JPY."""
    return _DIGITS.get(currency, 2)
