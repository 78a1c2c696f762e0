"""Fit and interest by rules, with everything that contributed listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lead_events import Contribution, Score
from lead_events.words import Dimension, Quadrant, Stage
from rulebook.cel import CelError, Condition, PreparedContext
from rulebook.models import Rule, Scorecard

BASE = "(base)"
"""Contribution of the scorecard's base. No rule can be called so: rule ids have no brackets."""
CUT = "(cut)"
"""Contribution that brings a sum outside 0-100 back to the nearer end."""
LOWEST, HIGHEST = 0, 100


Context = Mapping[str, Any] | PreparedContext
"""The variables of one evaluation: see rulebook.context."""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be asked. `held` is what it contributes when it holds, the same each time."""

    rule: Rule
    dimension: Dimension
    condition: Condition
    held: Contribution


@dataclass(frozen=True, slots=True)
class CompiledScorecard:
    """The scorecard of one line with its conditions compiled. `bases`: what every lead starts with."""

    card: Scorecard
    bases: Mapping[Dimension, tuple[Contribution, ...]]
    fit: tuple[CompiledRule, ...]
    interest: tuple[CompiledRule, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A lead's score, and what it means under the scorecard."""

    score: Score
    quadrant: Quadrant
    stage: Stage


def compile_scorecard(card: Scorecard, compile_source: Callable[[str], Condition]) -> CompiledScorecard:
    """Compile every condition once. Raises what `compile_source` raises for a condition that is not valid."""

    def compiled(rules: Sequence[Rule], dimension: Dimension) -> tuple[CompiledRule, ...]:
        return tuple(
            CompiledRule(
                rule,
                dimension,
                compile_source(rule.when),
                _contribution(rule.id, dimension, rule.points, rule.reason),
            )
            for rule in rules
        )

    return CompiledScorecard(
        card,
        {
            Dimension.FIT: _base(Dimension.FIT, card.fit_base),
            Dimension.INTEREST: _base(Dimension.INTEREST, card.interest_base),
        },
        compiled(card.fit, Dimension.FIT),
        compiled(card.interest, Dimension.INTEREST),
    )


def _base(dimension: Dimension, points: int) -> tuple[Contribution, ...]:
    return (_contribution(BASE, dimension, points, "where every lead starts"),) if points else ()


def score(compiled: CompiledScorecard, contexts: Sequence[Context]) -> Scored:
    """Score a lead.

    `contexts` has one entry for each distinct origin (form, source, campaign) among the lead's submissions; a
    rule holds when it holds for any of them, so a later, lesser act never takes away what an earlier one
    earned. A rule that holds for none and fails for one contributes 0 points and its error. For each
    dimension the points of the contributions, base and cut included, add up exactly to the score.
    """
    card = compiled.card
    bases = compiled.bases
    fit, why_fit = _dimension(Dimension.FIT, bases[Dimension.FIT], compiled.fit, contexts)
    interest, why_interest = _dimension(
        Dimension.INTEREST, bases[Dimension.INTEREST], compiled.interest, contexts
    )
    quadrant = quadrant_of(fit >= card.fit_threshold, interest >= card.interest_threshold)
    return Scored(
        score=Score.model_construct(fit=fit, interest=interest, contributions=why_fit + why_interest),
        quadrant=quadrant,
        stage=Stage.SQL if quadrant in card.sql_quadrants else Stage.MQL,
    )


def quadrant_of(fit_is_high: bool, interest_is_high: bool) -> Quadrant:
    """Fit x interest, as the field draws it."""
    if fit_is_high:
        return Quadrant.PERFECT if interest_is_high else Quadrant.WARM
    return Quadrant.CURIOUS if interest_is_high else Quadrant.COLD


def _dimension(
    dimension: Dimension,
    base: tuple[Contribution, ...],
    rules: Sequence[CompiledRule],
    contexts: Sequence[Context],
) -> tuple[int, list[Contribution]]:
    listed = [*base]
    listed += [found for rule in rules if (found := _ask(rule, contexts)) is not None]
    total = sum(each.points for each in listed)
    cut = min(max(total, LOWEST), HIGHEST)
    if cut != total:
        listed.append(_contribution(CUT, dimension, cut - total, f"a score lies within {LOWEST}-{HIGHEST}"))
    return cut, listed


def _ask(rule: CompiledRule, contexts: Sequence[Context]) -> Contribution | None:
    error: str | None = None
    for context in contexts:
        answer = rule.condition.evaluate(context)
        if answer is True:
            return rule.held
        if isinstance(answer, CelError):
            error = answer.message
    if error is None:
        return None
    return _contribution(rule.rule.id, rule.dimension, 0, rule.rule.reason, error)


def _contribution(
    rule: str, dimension: Dimension, points: int, reason: str, error: str | None = None
) -> Contribution:
    return Contribution.model_construct(
        rule=rule, dimension=dimension, points=points, reason=reason, error=error
    )
