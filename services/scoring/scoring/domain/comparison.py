"""Two scorecards compared on the same leads: who would stand where, and what became of those that ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lead_events.words import Quadrant, Stage
from scorecard.compiled import CompiledScorecard
from scorecard.score import Facts, score
from scorecard.value import worth
from scoring.domain.leads import Lead

SAMPLE = 20
"""Leads that would stand elsewhere which a comparison names, the newest."""


class Outcome(StrEnum):
    """What became of a lead."""

    OPEN = "open"
    WON = "won"
    NOT_WON = "not_won"  # lost, rejected, recycled


@dataclass(frozen=True, slots=True)
class Side:
    """What a lead scores under one scorecard; `probability` that it is won, where the scorecard says."""

    fit: int
    interest: int
    quadrant: Quadrant
    stage: Stage
    probability: float | None

    def as_json(self) -> dict[str, Any]:
        """As it is shown."""
        return {
            "fit": self.fit,
            "interest": self.interest,
            "quadrant": self.quadrant,
            "stage": self.stage,
        }


def side_of(compiled: CompiledScorecard, facts: Facts, moment: datetime, currency: str) -> Side:
    """A lead under a scorecard, as if it had stood nowhere before."""
    scored = score(compiled, facts, moment)
    value = compiled.card.value
    probability = worth(value, scored, currency).probability if value else None
    return Side(scored.score.fit, scored.score.interest, scored.quadrant, scored.stage, probability)


@dataclass(slots=True)
class _Tally:
    """The leads under one scorecard: how many in each quadrant, open, ended, won."""

    open: Counter[Quadrant] = field(default_factory=Counter)
    ended: Counter[Quadrant] = field(default_factory=Counter)
    won: Counter[Quadrant] = field(default_factory=Counter)
    probabilities: list[float] = field(default_factory=list)

    def add(self, side: Side, outcome: Outcome) -> None:
        if outcome is Outcome.OPEN:
            self.open[side.quadrant] += 1
            if side.probability is not None:
                self.probabilities.append(side.probability)
            return
        self.ended[side.quadrant] += 1
        self.won[side.quadrant] += outcome is Outcome.WON

    def share(self, quadrant: Quadrant) -> float | None:
        """Of those that ended, the share that was won; None where none has ended."""
        ended = self.ended[quadrant]
        return round(self.won[quadrant] / ended, 4) if ended else None

    def as_json(self) -> dict[str, Any]:
        by_quadrant = {
            quadrant.value: {
                "open": self.open[quadrant],
                "ended": self.ended[quadrant],
                "won": self.won[quadrant],
                "won_share": self.share(quadrant),
            }
            for quadrant in Quadrant
        }
        return {"quadrants": by_quadrant, "expected": self._expected()}

    def _expected(self) -> dict[str, float | None]:
        """How many of the open leads will be won: by what the scorecard says of itself, and by the share of
        each quadrant that was won so far, where each with open leads has any that ended."""
        by_card = round(sum(self.probabilities), 2) if self.probabilities else None
        shares = [(self.share(quadrant), count) for quadrant, count in self.open.items() if count]
        known = [share * count for share, count in shares if share is not None]
        by_outcomes = round(sum(known), 2) if known and len(known) == len(shares) else None
        return {"by_its_own_value": by_card, "by_outcomes_so_far": by_outcomes}


@dataclass(slots=True)
class Comparison:
    """What two scorecards, `a` and `b`, make of the leads added so far."""

    seen: int = 0
    ended: int = 0
    won: int = 0
    quadrants: Counter[tuple[Quadrant, Quadrant]] = field(default_factory=Counter)
    stages: Counter[tuple[Stage, Stage]] = field(default_factory=Counter)
    sample: list[Mapping[str, Any]] = field(default_factory=list)
    _a: _Tally = field(default_factory=_Tally)
    _b: _Tally = field(default_factory=_Tally)

    def add(self, lead: Lead, person: Mapping[str, Any], a: Side, b: Side, outcome: Outcome) -> None:
        """One lead under both."""
        self.seen += 1
        self.ended += outcome is not Outcome.OPEN
        self.won += outcome is Outcome.WON
        self.quadrants[a.quadrant, b.quadrant] += 1
        self.stages[a.stage, b.stage] += 1
        self._a.add(a, outcome)
        self._b.add(b, outcome)
        if (a.quadrant, a.stage) != (b.quadrant, b.stage) and len(self.sample) < SAMPLE:
            told = {"lead_id": str(lead.id), "opened_at": lead.opened_at, "outcome": outcome}
            self.sample.append(told | {"profile": person, "a": a.as_json(), "b": b.as_json()})

    def as_json(self) -> dict[str, Any]:
        """The whole comparison."""
        return {
            "leads": self.seen,
            "ended": self.ended,
            "won": self.won,
            "other_quadrant": _moved(list(self.quadrants.items())),
            "other_stage": _moved(list(self.stages.items())),
            "quadrants": {a.value: {b.value: self.quadrants[a, b] for b in Quadrant} for a in Quadrant},
            "stages": {a.value: {b.value: self.stages[a, b] for b in Stage} for a in Stage},
            "a": self._a.as_json(),
            "b": self._b.as_json(),
            "sample": self.sample,
        }


def _moved(counts: Sequence[tuple[tuple[Any, Any], int]]) -> int:
    return sum(count for (a, b), count in counts if a != b)
