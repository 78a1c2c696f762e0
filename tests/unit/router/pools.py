"""Pools without a store."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from router.domain.decision import Decision, RoutableLead, decide
from router.domain.roster import Pool, Rep
from router.domain.turns import Turns
from worktime import Calendar

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
OFFICE = {"tz": "UTC", "week": {"tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]]}}
LEAD = UUID(int=1)


def make_rep(name: str, **given: Any) -> Rep:
    hours = Calendar.from_dict(given.pop("hours", OFFICE))
    absences = given.pop("absences", [])
    values: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "team": "north",
        "lines": frozenset({"main"}),
        "weight": 1,
        "capacity": 1000,
        "is_active": True,
        "hours": hours,
        "calendar": hours.without(absences),
        "document": {},
    }
    return Rep(**{**values, **given})


def make_pool(*reps: Rep, load: dict[str, int] | None = None, turns: Turns | None = None) -> Pool:
    full = {rep.id: 0 for rep in reps} | (load or {})
    return Pool("north", "North", tuple(reps), full, turns or Turns())


def route_all(pool: Pool, leads: int, now: datetime, **lead: Any) -> list[Decision]:
    """Decide on leads one after the other, as a desk does."""
    decisions = []
    load = dict(pool.load)
    pool.load = load
    for _ in range(leads):
        decision = decide(pool, RoutableLead(LEAD, "main", **lead), now)
        pool.turns = decision.turns
        if decision.rep is not None:
            load[decision.rep.id] += 1
        decisions.append(decision)
    return decisions
