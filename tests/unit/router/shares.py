"""What each strategy promises of shares, counted anew from the records of decisions and nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from router.domain.eligibility import CODES, Standing

_CHOSEN, _FREE = (chr(CODES[standing]) for standing in (Standing.CHOSEN, Standing.AVAILABLE))
SLACK = 1e-6
"""Levels of value are floats."""


@dataclass
class Stretch:
    """Decisions of one pool over one set of reps, one after the other. `most`: how far anybody may be from
    their share, in leads."""

    weights: Mapping[str, int]
    most: int
    leads: int = 0
    received: Counter[str] = field(default_factory=Counter)
    value: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    began_at: Mapping[str, float] = field(default_factory=dict)

    def take(self, rep: str, value: int) -> None:
        """One lead more."""
        self.leads += 1
        self.received[rep] += 1
        self.value[rep] += value
        self.largest = max(self.largest, value)

    def check_turns(self) -> None:
        """Everybody is within so many leads of their share."""
        total = sum(self.weights.values())
        for rep, weight in self.weights.items():
            assert abs(self.received[rep] - Fraction(self.leads * weight, total)) < self.most

    def check_value(self) -> None:
        """Two reps differ by the largest lead for the smaller weight at most, and by what they did before."""
        levels = {rep: self.began_at[rep] + self.value[rep] / weight for rep, weight in self.weights.items()}
        for one, mine in levels.items():
            for other, theirs in levels.items():
                before = abs(self.began_at[one] - self.began_at[other])
                lighter = min(self.weights[one], self.weights[other])
                assert abs(mine - theirs) <= self.largest / lighter + before + SLACK


@dataclass
class Shares:
    """Of one pool without deadlines: those may go before whose turn it is."""

    strategy: str
    stretch: Stretch | None = None
    is_unknown: bool = False

    def note(self, rep: str, value: int, proof: Mapping[str, Any], rows: Sequence[Any]) -> None:
        """A decision that gave a lead to a rep, by its record."""
        if "numbers" not in proof:
            return  # nobody's turn: an owner
        if _CHOSEN not in proof["standings"]:
            self.stretch, self.is_unknown = None, True  # who opens first: the others are not named
            return
        stood = zip(rows, proof["standings"], strict=True)
        weights = {row[0]: row[1] for row, code in stood if code in (_CHOSEN, _FREE)}
        if self.stretch is None or self.stretch.weights != weights:
            self.stretch = self._begin(weights, proof, rows)
        self.stretch.take(rep, value)
        if self.strategy == "weighted_round_robin":
            self.stretch.check_turns()
        elif self.strategy == "value_fair":
            self.stretch.check_value()

    def _begin(self, weights: Mapping[str, int], proof: Mapping[str, Any], rows: Sequence[Any]) -> Stretch:
        """After a record without its set it may be the middle of a longer stretch."""
        levels = proof["numbers"].get("level", [])
        began_at = {row[0]: level for row, level in zip(rows, levels, strict=False)}
        stretch = Stretch(weights, 2 if self.is_unknown else 1, began_at=began_at)
        self.is_unknown = False
        return stretch
