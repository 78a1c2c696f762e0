"""How reps respond, learned from what they did; what little is known of one is filled in by all."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from router.whatif.model import Behaviour, Spread

WEIGHT_OF_PRIOR = 10
"""So many observations does what is assumed count for, of all reps together and then of each one."""
SHORTEST = 1.0
"""Seconds; shorter ones say that somebody was quick, and no more."""


@dataclass(slots=True)
class Moments:
    """Logarithms of lengths of time, added up."""

    number: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, length: timedelta) -> None:
        """One more."""
        log = math.log(max(SHORTEST, length.total_seconds()))
        self.number += 1
        self.total += log
        self.squares += log * log

    def merge(self, other: "Moments") -> None:
        """All of the other, too."""
        self.number += other.number
        self.total += other.total
        self.squares += other.squares

    def spread(self, prior: Spread) -> Spread:
        """The lognormal with the mean and variance of the logarithms, the prior counted in as WEIGHT_OF_PRIOR
        observations with its own mean and variance."""
        mean, variance = math.log(prior.median.total_seconds()), prior.sigma**2
        number = self.number + WEIGHT_OF_PRIOR
        first = (self.total + WEIGHT_OF_PRIOR * mean) / number
        second = (self.squares + WEIGHT_OF_PRIOR * (variance + mean * mean)) / number
        return Spread(timedelta(seconds=math.exp(first)), math.sqrt(max(0.0, second - first * first)))


@dataclass(slots=True)
class Observed:
    """What was seen of one rep, or of all. Leads that are not over yet say nothing of `closes`, so what is
    learned of it is rather short."""

    accepts: Moments = field(default_factory=Moments)
    answers: Moments = field(default_factory=Moments)
    closes: Moments = field(default_factory=Moments)
    rounds: int = 0
    declined: int = 0

    def merge(self, other: "Observed") -> None:
        """All of the other, too."""
        self.accepts.merge(other.accepts)
        self.answers.merge(other.answers)
        self.closes.merge(other.closes)
        self.rounds += other.rounds
        self.declined += other.declined

    def behaviour(self, prior: Behaviour) -> Behaviour:
        """With the prior counted in."""
        declined = self.declined + WEIGHT_OF_PRIOR * prior.declines
        return Behaviour(
            self.accepts.spread(prior.accepts),
            self.answers.spread(prior.answers),
            self.closes.spread(prior.closes),
            declined / (self.rounds + WEIGHT_OF_PRIOR),
        )


def fit(observed: Mapping[str, Observed], prior: Behaviour | None = None) -> dict[str, Behaviour]:
    """Each rep's; under "" that of all together, for whom nothing is known of."""
    together = Observed()
    for name in sorted(observed):
        together.merge(observed[name])
    usual = together.behaviour(prior or Behaviour())
    return {"": usual} | {name: each.behaviour(usual) for name, each in observed.items()}


def write_behaviour(behaviour: Behaviour) -> dict[str, Any]:
    """JSON-ready; medians in seconds."""
    document = asdict(behaviour)
    for name in ("accepts", "answers", "closes"):
        document[name]["median"] = document[name]["median"].total_seconds()
    return document


def read_behaviour(document: Mapping[str, Any]) -> Behaviour:
    """As `write_behaviour` wrote it."""
    spreads = {
        name: Spread(timedelta(seconds=document[name]["median"]), document[name]["sigma"])
        for name in ("accepts", "answers", "closes")
    }
    return Behaviour(**spreads, declines=document["declines"])
