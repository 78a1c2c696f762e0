"""Companies without a store, for simulations."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events.words import Quadrant
from router.domain.book import Book, PoolChoice, read_book
from router.whatif.deciding import Company
from router.whatif.engine import Simulation
from router.whatif.model import Arrival, Behaviour, Fate, Spread, Staff
from rulebook.models import Rulebook
from tests.integration.router.worlds import rulebook
from tests.unit.router.pools import make_rep

MONDAY_9 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WEEK = {"tz": "UTC", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
PROMPT = Behaviour(
    accepts=Spread(timedelta(minutes=1), 0),
    answers=Spread(timedelta(minutes=5), 0),
    closes=Spread(timedelta(days=1), 0),
)
"""A yes after one minute, an answer five minutes later, done a day after that."""


def make_book(
    pool: dict[str, Any] | None = None,
    sales: dict[str, Any] | None = None,
    others: dict[str, dict[str, Any]] | None = None,
) -> Book:
    """A pool of everybody in team north, and `others`."""
    document = rulebook()
    document["routing"] = {
        "pools": {"north": {"name": "North", "team": "north", **(pool or {})}, **(others or {})},
        "plans": {"main": {"fallback": "north"}, "training": {"fallback": "north"}},
    }
    document["agreement"]["sales"].update(sales or {})
    return read_book(1, Rulebook.model_validate(document))


def staff(name: str, behaviour: Behaviour = PROMPT, **given: Any) -> Staff:
    given.setdefault("hours", WEEK)
    return Staff(make_rep(name, **given), f"{name}@example.com", behaviour=behaviour)


def arrival(number: int, at: datetime, quadrant: Quadrant = Quadrant.PERFECT, **given: Any) -> Arrival:
    given.setdefault("choice", PoolChoice("north", "fallback", None))
    return Arrival(UUID(int=number), at, "main", quadrant, **given)


def simulate(
    book: Book, reps: Iterable[Staff], arrivals: Iterable[Arrival], seed: int = 1
) -> dict[int, Fate]:
    """What became of each, by the number of the arrival."""
    fates: dict[int, Fate] = {}

    def tell(fate: Fate) -> None:
        assert fate.arrival.id.int not in fates, "told twice"
        fates[fate.arrival.id.int] = fate

    come = list(arrivals)
    simulation = Simulation(Company(book, reps, come[0].at), seed, tell)
    for each in come:
        simulation.feed(each)
    simulation.finish()
    return fates
