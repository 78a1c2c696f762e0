"""What a month is drawn from: the example company, its shares, and chance."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from lead_events.words import Quadrant, TimerKind
from rulebook.calendars import open_hours
from rulebook.loader import load_folder
from rulebook.models import Agreement, Rulebook
from sla_monitor.ledger.book import (
    LeadRow,
    PromiseRow,
    RoundRow,
    TouchRow,
)
from sla_monitor.ledger.periods import Period
from worktime import Calendar

T = TypeVar("T")
RULEBOOK = Path(__file__).resolve().parents[4] / "rulebook"
MADRID = ZoneInfo("Europe/Madrid")
NOVEMBER = Period(2026, 11, MADRID)
DECEMBER_4 = datetime(2026, 12, 4, 10, tzinfo=UTC)
SOURCES = {
    "website": 0.30,
    "google-ads": 0.24,
    "comparison-portal": 0.14,
    "social": 0.12,
    "content": 0.10,
    "courses": 0.06,
    "referral": 0.04,
}
QUADRANTS = {Quadrant.PERFECT: 0.13, Quadrant.WARM: 0.27, Quadrant.CURIOUS: 0.25, Quadrant.COLD: 0.35}
TEAMS = {"spain": 0.40, "portugal": 0.18, "italy": 0.24, "romania": 0.18}
TARGETS = {
    (Quadrant.PERFECT, TimerKind.ACCEPT): timedelta(minutes=10),
    (Quadrant.PERFECT, TimerKind.FIRST_RESPONSE): timedelta(minutes=30),
    (Quadrant.WARM, TimerKind.ACCEPT): timedelta(hours=1),
    (Quadrant.WARM, TimerKind.FIRST_RESPONSE): timedelta(hours=4),
}
DEALS = {Quadrant.PERFECT: 0.16, Quadrant.WARM: 0.05}
REASONS = (("wrong_data", True), ("out_of_profile", True), ("duplicate", True), ("not_now", False))
LOST = ("price", "timing", "competitor", "no_need")


@cache
def company() -> Rulebook:
    """The example company, with a revised agreement on trial in Italy."""
    rulebook = load_folder(RULEBOOK)
    document = rulebook.agreement.model_dump(mode="json", exclude_none=True)
    document |= {"name": "Ten minutes for the best", "state": "trial", "trial_teams": ["italy"]}
    document["sales"]["promises"]["perfect"]["accept_within"] = "5m"
    tried = Agreement.model_validate(document | {"first_day": "2026-11-01", "last_day": "2026-12-31"})
    return rulebook.model_copy(update={"agreements": {"quicker": tried}})


@cache
def hours(calendar: str) -> Calendar:
    return open_hours(company().calendars[calendar])


@dataclass
class Drawn:
    """What has been drawn so far."""

    chance: random.Random
    period: Period
    now: datetime
    leads: list[LeadRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)
    rounds: list[RoundRow] = field(default_factory=list)
    touches: list[TouchRow] = field(default_factory=list)

    def _rep(self, team: str, but: str | None = None) -> str:
        reps = [name for name, rep in company().roster.reps.items() if rep.team == team and name != but]
        return self.chance.choice(reps or [but or ""])

    def _pick(self, weights: dict[T, float]) -> T:
        return self.chance.choices(list(weights), list(weights.values()))[0]
