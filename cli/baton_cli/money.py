"""Amounts of money as people write them."""

from collections.abc import Mapping
from typing import Any

from lead_events.money import minor_digits


def spoken(money: Mapping[str, Any]) -> str:
    """`1,234.50 EUR` of `{"minor": 123450, "currency": "EUR"}`."""
    digits = minor_digits(money["currency"])
    return f"{money['minor'] / 10**digits:,.{digits}f} {money['currency']}"
