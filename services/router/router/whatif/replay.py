"""Leads of the past through another plan, beside the plan in force by the same model and what happened."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from router.domain.book import Book
from router.domain.choice import choose_pool
from router.domain.leads import Lead
from router.whatif.deciding import Company
from router.whatif.engine import Simulation
from router.whatif.figures import Figures
from router.whatif.model import Arrival, Fate, Staff
from router.whatif.rows import Row, happened, read_stored

MOST_CHANGES = 200
"""Pairs of reps that are listed; the rest are summed up."""


@dataclass(slots=True)
class Pairing:
    """Which rep had a lead on one side and on the other; keeps those that only one side has told of."""

    pairs: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    _first: dict[UUID, str | None] = field(default_factory=dict)
    _second: dict[UUID, str | None] = field(default_factory=dict)

    def first(self, lead: UUID, rep: str | None) -> None:
        """One side has told."""
        if lead in self._second:
            self.pairs[rep, self._second.pop(lead)] += 1
        else:
            self._first[lead] = rep

    def second(self, lead: UUID, rep: str | None) -> None:
        """The other side has told."""
        if lead in self._first:
            self.pairs[self._first.pop(lead), rep] += 1
        else:
            self._second[lead] = rep

    def as_json(self) -> dict[str, Any]:
        """How many have another rep, and from whom to whom, the most first."""
        changed = Counter({pair: number for pair, number in self.pairs.items() if pair[0] != pair[1]})
        ordered = sorted(changed.items(), key=lambda each: (-each[1], str(each[0])))
        listed = [
            {"from": one, "to": other, "leads": number} for (one, other), number in ordered[:MOST_CHANGES]
        ]
        return {"leads": changed.total(), "of": self.pairs.total(), "pairs": listed}


class Replay:
    """Takes rows of `history_leads` in order of time; the result at the end. The same rows, plans, reps and
    seed give the same result. Keeps the leads that one of the plans has not answered, and no others."""

    def __init__(self, current: Book, draft: Book, staff: Iterable[Staff], seed: int) -> None:
        self._books = {"current": current, "draft": draft}
        self._staff = {each.id: each for each in staff}
        zone = ZoneInfo(draft.company.time_zone)
        weights = {name: each.rep.weight for name, each in self._staff.items() if each.rep.is_active}
        self._figures = {name: Figures(weights, zone) for name in ("happened", "current", "draft")}
        self._by_plan, self._by_draft = Pairing(), Pairing()
        self._seed = seed
        self._simulations: dict[str, Simulation] = {}
        self._counts: Counter[str] = Counter(leads=0, erased=0)
        self._errors: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        """One lead more, not earlier than the one before."""
        stored = read_stored(row)
        if not self._simulations:
            self._begin(stored.at)
        self._counts["leads"] += 1
        self._counts["erased"] += not stored.is_known
        for name, simulation in self._simulations.items():
            arrival = self._arrival(stored.lead, stored.at, stored.person, self._books[name], name)
            simulation.feed(arrival)
        fate = happened(arrival, row, self._staff)
        self._figures["happened"].add(fate)
        self._by_draft.first(arrival.id, fate.rep)

    def _begin(self, at: datetime) -> None:
        for name in ("current", "draft"):
            company = Company(self._books[name], self._staff.values(), at)
            self._simulations[name] = Simulation(company, self._seed, self._teller(name))

    def _teller(self, name: str) -> Callable[[Fate], None]:
        figures = self._figures[name]

        def tell_current(fate: Fate) -> None:
            figures.add(fate)
            self._by_plan.first(fate.arrival.id, fate.rep)

        def tell_draft(fate: Fate) -> None:
            figures.add(fate)
            self._by_plan.second(fate.arrival.id, fate.rep)
            self._by_draft.second(fate.arrival.id, fate.rep)

        return tell_draft if name == "draft" else tell_current

    def _arrival(self, lead: Lead, at: datetime, person: UUID | None, book: Book, name: str) -> Arrival:
        choice = choose_pool(lead, book)
        if name == "draft":
            self._errors.update(error.rule for error in choice.errors)
        return Arrival(lead.id, at, lead.line, lead.quadrant, choice, lead.value, person)

    def result(self) -> dict[str, Any]:
        """What came of it. JSON-ready."""
        for simulation in self._simulations.values():
            simulation.finish()
        return {
            "counts": dict(self._counts),
            "happened": self._figures["happened"].as_json(),
            "current": self._figures["current"].as_json() | {"pools": self._pools("current")},
            "draft": self._figures["draft"].as_json() | {"pools": self._pools("draft")},
            "changed_by_plan": self._by_plan.as_json(),
            "changed_from_fact": self._by_draft.as_json(),
            "rules_in_error": dict(sorted(self._errors.items())),
            "reps": {name: each.rep.name for name, each in sorted(self._staff.items())},
            "currency": self._books["draft"].company.currency,
            "seed": self._seed,
        }

    def _pools(self, name: str) -> dict[str, Any]:
        book = self._books[name]
        reps = [each.rep for each in self._staff.values()]
        members = {pool: book.members(pool, reps) for pool in sorted(book.pools)}
        found = self._figures[name].pools(members)
        return {pool: {"name": book.pools[pool].name, **figures} for pool, figures in found.items()}
