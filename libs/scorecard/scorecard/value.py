"""What a lead is worth: the mean deal of its line times how probably it is won."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from lead_events import Money
from lead_events.money import minor_digits
from rulebook.models import DealValue
from scorecard.score import Scored


@dataclass(frozen=True, slots=True)
class Worth:
    """`probability` that the lead is won (0-1), and the money expected of it."""

    probability: float
    expected: Money


def worth(value: DealValue, scored: Scored, currency: str) -> Worth:
    """What a lead of this score is worth; the money is rounded half to even to minor units."""
    probability = _probability(value, scored)
    minor = value.mean_deal.scaleb(minor_digits(currency)) * Decimal(repr(probability))
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
