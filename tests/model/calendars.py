"""Random working hours of two zones: holidays, short days, night shifts, absences, a clock change inside."""

import random
from datetime import datetime, timedelta
from typing import Any

from tests.model.hours import DAYS

ZONES = ("Europe/Madrid", "America/New_York")
SHIFTS: tuple[list[list[str]], ...] = (
    [["09:00", "18:00"]],
    [["09:00", "14:00"], ["15:30", "18:30"]],
    [["08:15", "16:45"]],
    [["22:00", "06:00"]],
    [["00:00", "24:00"]],
    [["01:30", "02:30"], ["10:00", "17:00"]],
)


def a_calendar(rng: random.Random, month: datetime, zone: str | None = None) -> dict[str, Any]:
    """Hours of a rep for a month that begins at `month`."""
    shifts = rng.choice(SHIFTS)
    last = rng.choice((5, 5, 6, 7))
    calendar: dict[str, Any] = {
        "tz": zone or rng.choice(ZONES),
        "week": dict.fromkeys(DAYS[:last], shifts),
        "holidays": sorted({_day(rng, month) for _ in range(rng.randrange(3))}),
        "date_overrides": {_day(rng, month): rng.choice(([], [["10:00", "12:00"]]))},
    }
    if shifts == SHIFTS[0] and rng.random() < 0.5:
        calendar["breaks"] = {day: [["13:00", "14:00"]] for day in DAYS}
    if rng.random() < 0.3:
        calendar["absences"] = [an_absence(rng, month)]
    if rng.random() < 0.3:
        calendar["date_breaks"] = {_day(rng, month): [["11:00", "11:30"]]}
    return calendar


def an_absence(rng: random.Random, month: datetime) -> list[str]:
    """Some hours or days away."""
    start = month + timedelta(minutes=rng.randrange(30 * 1440))
    end = start + timedelta(minutes=rng.choice((45, 240, 1440, 3 * 1440)))
    return [start.isoformat(), end.isoformat()]


def _day(rng: random.Random, month: datetime) -> str:
    return (month + timedelta(days=rng.randrange(30))).date().isoformat()
