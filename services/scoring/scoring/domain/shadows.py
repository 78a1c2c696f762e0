"""A scorecard tried in the shadow of the one that decides: leads scored by both, one published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events.words import Quadrant, Stage
from scorecard.compiled import CompiledScorecard
from scorecard.crossing import next_crossing
from scorecard.score import Facts, Scored, score
from scoring.domain.leads import Lead

LISTED_AT_MOST = 50
"""Contributions kept of a score in the shadow: rules in error, then the first ones, those of fit."""
ERROR_AT_MOST = 200
"""Characters of a rule's error that are kept."""


@dataclass(frozen=True, slots=True)
class ShadowCard:
    """A scorecard in the shadow; `card` is the SHA-256 (hex) of how it is written."""

    compiled: CompiledScorecard
    card: str


@dataclass(frozen=True, slots=True)
class ShadowScore:
    """What a lead scores in the shadow, beside the quadrant and stage that hold."""

    lead_id: UUID
    line: str
    card: str
    scored: Scored
    quadrant: Quadrant
    stage: Stage
    rulebook_version: int

    @property
    def contributions(self) -> list[dict[str, Any]]:
        """What is kept of why: points by rule, without evidence."""
        listed = sorted(self.scored.score.contributions, key=lambda each: each.error is None)
        return [
            _short(each.rule, each.dimension, each.points, each.error) for each in listed[:LISTED_AT_MOST]
        ]


@dataclass(slots=True)
class Shadows:
    """The shadows' scores of a batch. `before`: card and quadrant that each lead had in the shadow so far;
    `failures`: by line, what kept a lead from being scored there."""

    before: Mapping[UUID, tuple[str, Quadrant]] = field(default_factory=dict)
    scores: dict[UUID, ShadowScore] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def score(self, lead: Lead, shadow: ShadowCard, facts: Facts, now: datetime) -> None:
        """Score a lead in the shadow, after it was scored. Whatever goes wrong is noted and nothing else.

        The lead is due at the earlier of the moments at which time moves it in the one or in the other.
        """
        was = self.before.get(lead.id)
        before = was[1] if was is not None and was[0] == shadow.card else None
        try:
            scored = score(shadow.compiled, facts, now, before=before)
            crosses = next_crossing(shadow.compiled.card, scored.fades, scored.quadrant, now)
        except Exception as error:  # whatever a shadow is to blame for, the real score stands
            self.failures.append((lead.line, type(error).__name__))
            return
        lead.due_at = min(filter(None, (lead.due_at, crosses)), default=None)
        self.scores[lead.id] = ShadowScore(
            lead.id, lead.line, shadow.card, scored, lead.quadrant, lead.stage, lead.rulebook_version
        )

    def pairs(self) -> Sequence[tuple[Quadrant, Quadrant]]:
        """The quadrant of each lead that holds, and the one in the shadow."""
        return [(each.quadrant, each.scored.quadrant) for each in self.scores.values()]


def _short(rule: str, dimension: str, points: int, error: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": rule, "dimension": dimension, "points": points}
    return told if error is None else told | {"error": error[:ERROR_AT_MOST]}
