"""Pools without a store."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from router.domain.decision import Decision, RoutableLead, decide
from router.domain.pool import Pool, Terms
from router.domain.roster import Load, Rep
from router.domain.strategies.round_robin import Period
from router.domain.strategies.value_fair import Worth
from worktime import Calendar

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
WEEK = {"tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]]}
OFFICE = {"tz": "UTC", "week": WEEK}
LEAD = UUID(int=1)


def make_rep(name: str, **given: Any) -> Rep:
    """A rep of an office that is open on Tuesdays and Wednesdays from 9 to 18, UTC."""
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
        "document": {"tz": "UTC"},
    }
    return Rep(**{**values, **given})


def make_pool(
    *reps: Rep,
    load: Mapping[str, int | Load] | None = None,
    memory: Period | Worth | None = None,
    **terms: Any,
) -> Pool:
    """`load`: open leads by rep, or all of what they have in hand; `terms` as Terms has them."""
    loads = {rep.id: Load() for rep in reps}
    for name, held in (load or {}).items():
        loads[name] = held if isinstance(held, Load) else Load(open=held)
    return Pool.with_reps("north", "North", reps, loads, Terms(**terms), memory)


def route_all(pool: Pool, leads: int, now: datetime, **lead: Any) -> list[Decision]:
    """Decide on leads one after the other, as a desk does."""
    decisions = []
    for _ in range(leads):
        routable = RoutableLead(LEAD, "main", **lead)
        decision = decide(pool, routable, now)
        if decision.rep is not None:
            decision.give(routable, now)
        decisions.append(decision)
    return decisions
