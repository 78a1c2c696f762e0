"""What a lead is worth: the mean deal of its line times how probably it is won."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from lead_events import Money
from rulebook.models import DealValue
from scorecard.score import Scored

_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits of the minor unit where they are not two (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Worth:
    """`probability` that the lead is won (0-1), and the money expected of it."""

    probability: float
    expected: Money


def worth(value: DealValue, scored: Scored, currency: str) -> Worth:
    """What a lead of this score is worth; the money is rounded half to even to minor units."""
    probability = _probability(value, scored)
    minor = value.mean_deal.scaleb(_DIGITS.get(currency, 2)) * Decimal(repr(probability))
    whole = int(minor.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    return Worth(probability, Money.model_construct(minor=whole, currency=currency))


def _probability(value: DealValue, scored: Scored) -> float:
    if value.close_rates is not None:
        return value.close_rates[scored.quadrant]
    curve = value.logistic
    if curve is None:
        raise ValueError("a value has close_rates or logistic: its model checks that")
    exponent = curve.intercept + curve.fit * scored.score.fit + curve.interest * scored.score.interest
    exponent = min(max(exponent, -700.0), 700.0)
    return round(1 / (1 + math.exp(-exponent)), 6)
