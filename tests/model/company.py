"""A random company: its agreement, changed in the middle of the month, one on trial, and its reps."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lead_events import RepAvailabilityChanged
from tests.model.calendars import ZONES, a_calendar, an_absence

TEAMS = ("iberia", "america", "labs")
LINES = ("main", "training")
SQLS = ("perfect", "warm")
MONTHS = ((2026, 3), (2026, 10), (2026, 11), (2026, 5))
SIGNED = {side: {"name": side.title(), "on": "2026-01-02"} for side in ("marketing", "sales")}


@dataclass
class Salesperson:
    """A rep and their hours: what held first, then each change."""

    id: str
    team: str
    calendar: dict[str, Any]
    changes: list[RepAvailabilityChanged] = field(default_factory=list)

    def at(self, moment: datetime) -> dict[str, Any]:
        """What a handoff at a moment says of the rep."""
        known = [change for change in self.changes if change.at <= moment]
        revision, calendar = (known[-1].revision, known[-1].calendar) if known else (1, self.calendar)
        whose = {"id": self.id, "name": self.id.title(), "team": self.team}
        return whose | {"calendar": calendar, "availability_revision": revision}


@dataclass
class Company:
    """What the stories of a month happen in."""

    start: datetime
    end: datetime
    rulebooks: dict[int, tuple[datetime, dict[str, Any]]]
    reps: list[Salesperson]

    @property
    def zone(self) -> ZoneInfo:
        found = self.start.tzinfo
        assert isinstance(found, ZoneInfo)
        return found

    def version(self, moment: datetime) -> int:
        return max(number for number, (since, _) in self.rulebooks.items() if since <= moment)


def a_company(rng: random.Random) -> Company:
    """A company and a month of its zone."""
    year, month = rng.choice(MONTHS)
    zone = ZoneInfo(rng.choice(ZONES))
    start = datetime(year, month, 1, tzinfo=zone)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    reps = [a_rep(rng, f"rep-{number}", TEAMS[number % 3], start) for number in range(5)]
    return Company(start, end, _rulebooks(rng, start, zone), reps)


def a_rep(rng: random.Random, name: str, team: str, month: datetime) -> Salesperson:
    """A rep whose hours or absences change up to three times in the month."""
    rep = Salesperson(name, team, a_calendar(rng, month))
    moments = sorted(rng.randrange(30 * 86_400 * 10**6) for _ in range(rng.choice((0, 0, 1, 2, 3))))
    calendar = rep.calendar
    for number, moment in enumerate(moments):
        calendar = _changed(rng, calendar, month)
        rep.changes.append(
            RepAvailabilityChanged(
                rep_id=name,
                revision=number + 2,
                name=name.title(),
                team=team,
                calendar=calendar,
                is_active=True,
                at=month + timedelta(microseconds=moment),
            )
        )
    return rep


def _changed(rng: random.Random, calendar: dict[str, Any], month: datetime) -> dict[str, Any]:
    if rng.random() < 0.3:
        return a_calendar(rng, month, calendar["tz"])
    return calendar | {"absences": [*calendar.get("absences", ()), an_absence(rng, month)]}


def an_id(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _rulebooks(
    rng: random.Random, start: datetime, zone: ZoneInfo
) -> dict[int, tuple[datetime, dict[str, Any]]]:
    first = _agreement(rng)
    books = {1: (start - timedelta(days=10), _rulebook(zone, first, _others(rng, first, start)))}
    if rng.random() < 0.5:
        changed = first | {"sales": _sales(rng)}
        since = start + timedelta(hours=rng.randrange(24, 600))
        books[2] = (since, _rulebook(zone, changed, _others(rng, changed, start)))
    return books


def _others(rng: random.Random, first: dict[str, Any], start: datetime) -> dict[str, Any]:
    """Maybe one that takes over in the middle of the month, maybe one on trial; `first` may lose its days."""
    found = {}
    middle = start.date() + timedelta(days=rng.randrange(5, 25))
    if rng.random() < 0.4:
        first["last_day"] = (middle - timedelta(days=1)).isoformat()
        found["next"] = _agreement(rng) | {"first_day": middle.isoformat(), "marketing": first["marketing"]}
    if rng.random() < 0.4:
        trial = {"state": "trial", "trial_teams": rng.choice(([], ["iberia"], ["labs", "america"]))}
        found["trial"] = _agreement(rng) | trial | {"first_day": (middle - timedelta(days=9)).isoformat()}
    if rng.random() < 0.2:
        found["draft"] = _agreement(rng) | {"state": "draft"}
    return found


def _agreement(rng: random.Random) -> dict[str, Any]:
    return {
        "name": "An agreement",
        "state": "active",
        "signatures": SIGNED,
        "rates": {"USD": "0.92", "GBP": "1.17"},
        "marketing": _marketing(rng),
        "sales": _sales(rng),
    }


def _marketing(rng: random.Random) -> dict[str, Any]:
    return {
        "leads": {"perfect": 6, "warm": 9},
        "goals": {
            "quality": {"goal": 40, "counted_in": "points"},
            "worth": {"goal": 90_000, "counted_in": "money", "sources": ["website", "fair"]},
            "academy": {"goal": 4, "lines": ["training"]},
            "large": {"goal": 3, "segments": ["large"], "quadrants": ["perfect"]},
        },
        "points": {"perfect": 3, "warm": 2},
        "value_minor": {"perfect": 9000, "warm": 3001},
        "takes_off": rng.choice(({}, {"no_answer": 0.5}, {"wrong_data": 0, "not_now": 0.25})),
    }


def _sales(rng: random.Random) -> dict[str, Any]:
    sales: dict[str, Any] = {
        "works": {"share": 0.9},
        "promises": _promises(rng),
        "warn_at": rng.choice(([0.5, 0.8], [0.5], [0.25, 0.75, 0.9])),
        "first_response": rng.choice(("attempt", "conversation")),
    }
    if rng.random() < 0.5:
        sales["teams"] = {"labs": rng.choice(({}, _promises(rng)))}
    if rng.random() < 0.3:
        sales["lines"] = {"training": _promises(rng)}
    if rng.random() < 0.5:
        sales["volume"] = rng.choice(({"per_day": 2}, {"per_month": 9}, {"per_day": 1, "per_month": 12}))
    if rng.random() < 0.5:
        sales["reminders"] = {"every": rng.choice(("30m", "2h")), "at_night": rng.random() < 0.3}
    if rng.random() < 0.4:
        sales["pauses"] = {
            "waits_for_buyer": rng.choice((["outcome"], ["next_attempt"])),
            "buyer_asked_to_wait": rng.choice((["next_response"], ["next_attempt", "outcome"])),
        }
    return sales


def _promises(rng: random.Random) -> dict[str, Any]:
    return {quadrant: _promise(rng) for quadrant in SQLS if rng.random() < 0.9}


def _promise(rng: random.Random) -> dict[str, Any]:
    every: dict[str, Any] = {
        "accept_within": rng.choice(("10m", "1h")),
        "first_response_within": rng.choice(("30m", "2h", "5h")),
        "next_response_within": rng.choice(("1h", "4h")),
        "attempts": {"count": rng.choice((2, 3, 5)), "within": rng.choice(("12h", "40h"))},
        "outcome_within": rng.choice(("20h", "60h")),
    }
    if rng.random() < 0.5:
        every["attempts"]["apart"] = rng.choice(("3h", "10h"))
    return {name: value for name, value in every.items() if rng.random() < 0.85}


def _rulebook(zone: ZoneInfo, agreement: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    sources = {name: {"name": name.title()} for name in ("website", "fair", "ads")}
    return {
        "company": "Aurora",
        "time_zone": zone.key,
        "currency": "EUR",
        "lines": {"main": "Platform", "training": "Courses"},
        "forms": {},
        "sources": sources,
        "scorecards": {line: {"fit": [], "interest": []} for line in LINES},
        "routing": {
            "pools": {},
            "plans": {},
            "segments": {"large": "has(lead.employees) && lead.employees >= 1000"},
        },
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": agreement,
        "agreements": others,
    }
