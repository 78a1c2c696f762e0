"""A new rep's share while they ramp up: how much of weight and capacity counts on a local day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rulebook.models import RampUp

WEEK = timedelta(days=7)


def read_ramp_up(document: Mapping[str, Any] | None) -> RampUp | None:
    """The ramp-up of a row of `reps`."""
    return RampUp.model_validate(document) if document else None


def part(ramp_up: RampUp | None, day: date) -> float:
    """How much of weight and capacity counts on the rep's local `day`: above 0, at most 1.

    With s the start and w the weeks, week k (0 is the first) has s + (1 - s) * k / (w - 1), so that the last
    of the w weeks has all; a ramp-up of one week has s in it and all after it. Days before the first count
    as the first.
    """
    if ramp_up is None:
        return 1.0
    week = max(0, (day - ramp_up.first_day).days // WEEK.days)
    if week >= max(1, ramp_up.weeks - 1):
        return 1.0
    return ramp_up.start + (1 - ramp_up.start) * week / max(1, ramp_up.weeks - 1)


def effective_weight(weight: int, ramp_up: RampUp | None, day: date) -> int:
    """The weight that counts on a local day: rounded, half up, and at least 1 where `weight` is."""
    return _scaled(weight, part(ramp_up, day))


def effective_capacity(capacity: int, ramp_up: RampUp | None, day: date) -> int:
    """The open leads at once that count on a local day: rounded, half up, at least 1 where `capacity` is."""
    return _scaled(capacity, part(ramp_up, day))


def next_step(ramp_up: RampUp | None, day: date) -> date | None:
    """The local day after `day` on which the part rises next; None once all of it counts."""
    if ramp_up is None or part(ramp_up, day) >= 1.0:
        return None
    weeks_gone = max(0, (day - ramp_up.first_day).days // WEEK.days)
    return ramp_up.first_day + (weeks_gone + 1) * WEEK


def _scaled(whole: int, share: float) -> int:
    return max(1, int(whole * share + 0.5)) if whole > 0 else 0
