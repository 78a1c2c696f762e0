"""A scorecard made ready: its conditions compiled, what its rules contribute built once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lead_events import Contribution, Persona
from lead_events.words import BuyerStage, Dimension
from rulebook.cel import Condition, ConditionSet, compile_condition
from rulebook.context import SCORING_VARIABLES, SIGNAL_VARIABLES
from rulebook.models import InterestRule, Rule, Scorecard, SignalRule
from scorecard.decay import gone_after

BASE = "(base)"
"""Contribution of the scorecard's base. No rule can be called so: rule ids have no brackets."""
SCALE = "(scale)"
"""Contribution that brings a sum to 0-100 where the scorecard says what is full."""
CUT = "(cut)"
"""Contribution that brings what lies outside 0-100 back to the nearer end."""
ALWAYS = "true"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be asked. `held` is what it contributes when it holds and does not fade."""

    rule: Rule
    condition: Condition
    held: Contribution
    half_life: timedelta | None


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The rules of one dimension, asked together."""

    dimension: Dimension
    base: tuple[Contribution, ...]
    full: int | None
    rules: tuple[CompiledRule, ...]
    conditions: ConditionSet


@dataclass(frozen=True, slots=True)
class CompiledSignalRule:
    """A signal rule ready to be asked; `condition` is None for one that holds for every act of its kinds."""

    rule: SignalRule
    kinds: frozenset[str]
    condition: Condition | None
    reads: list[str]


@dataclass(frozen=True, slots=True)
class AskedOfKind:
    """The conditions that acts of one kind are asked, together; `rules`: whose, by place among all."""

    rules: tuple[int, ...]
    conditions: ConditionSet


@dataclass(frozen=True, slots=True)
class CompiledScorecard:
    """The scorecard of one line. `stages` say how far on its way a buyer is by the forms they have sent."""

    card: Scorecard
    fit: CompiledRules
    interest: CompiledRules
    signals: tuple[CompiledSignalRule, ...]
    asked_of: Mapping[str, AskedOfKind]
    personas: tuple[Persona, ...]
    persona_conditions: ConditionSet
    stages: Mapping[str, BuyerStage]
    reach: timedelta
    """How long ago an act of interest may be and still count; zero where there are no rules on signals."""


Compile = Callable[[str], Condition]


def compile_scorecard(card: Scorecard, stages: Mapping[str, BuyerStage] | None = None) -> CompiledScorecard:
    """Compile every condition once. `stages`: forms that show how far their senders have come.

    Raises rulebook.cel.ConditionInvalid for a condition that is not valid.
    """

    def plain(source: str) -> Condition:
        return compile_condition(source, SCORING_VARIABLES)

    signals = tuple(_signal_rule(rule) for rule in card.signals)
    return CompiledScorecard(
        card,
        _rules(Dimension.FIT, card.fit_base, card.fit_full, card.fit, plain),
        _rules(Dimension.INTEREST, card.interest_base, card.interest_full, card.interest, plain),
        signals,
        _asked_of(signals),
        tuple(
            Persona.model_construct(
                id=each.id, name=each.name, goals=list(each.goals), objections=list(each.objections)
            )
            for each in card.personas
        ),
        _together([plain(each.when) for each in card.personas]),
        stages or {},
        max((gone_after(each.points, each.half_life) for each in card.signals), default=timedelta()),
    )


def contribution(
    rule: str,
    dimension: Dimension,
    points: int,
    reason: str,
    *,
    group: str | None = None,
    reads: list[str] | None = None,
    error: str | None = None,
) -> Contribution:
    """Built unchecked, for speed: every part comes from a checked rulebook."""
    return Contribution.model_construct(
        rule=rule, dimension=dimension, points=points, reason=reason, group=group, reads=reads, error=error
    )


def _rules(
    dimension: Dimension, base: int, full: int | None, rules: Sequence[Rule], plain: Compile
) -> CompiledRules:
    compiled = []
    for rule in rules:
        condition = plain(rule.when)
        held = contribution(
            rule.id, dimension, rule.points, rule.reason, group=rule.group, reads=_reads(condition)
        )
        half_life = rule.half_life if isinstance(rule, InterestRule) else None
        compiled.append(CompiledRule(rule, condition, held, half_life))
    start = (contribution(BASE, dimension, base, "where every lead starts"),) if base else ()
    together = _together([each.condition for each in compiled])
    return CompiledRules(dimension, start, full, tuple(compiled), together)


def _signal_rule(rule: SignalRule) -> CompiledSignalRule:
    condition = compile_condition(rule.when, SIGNAL_VARIABLES)
    asked = None if rule.when.strip() == ALWAYS else condition
    return CompiledSignalRule(rule, frozenset(rule.kinds), asked, _reads(condition) or [])


def _asked_of(signals: Sequence[CompiledSignalRule]) -> dict[str, AskedOfKind]:
    places: dict[str, dict[int, Condition]] = {}
    for place, compiled in enumerate(signals):
        if compiled.condition is not None:
            for kind in compiled.kinds:
                places.setdefault(kind, {})[place] = compiled.condition
    return {
        kind: AskedOfKind(tuple(asked), _together(list(asked.values()), SIGNAL_VARIABLES))
        for kind, asked in places.items()
    }


def _together(
    conditions: Sequence[Condition], variables: Mapping[str, type] = SCORING_VARIABLES
) -> ConditionSet:
    return ConditionSet(conditions, sorted({name.partition(".")[0] for name in variables}))


def _reads(condition: Condition) -> list[str] | None:
    """What a condition looks at, the longest of each path: `lead.job_title`, not `lead` as well."""
    paths = {read.path for read in condition.tree.reads()}
    longest = [path for path in paths if not any(other[: len(path)] == path != other for other in paths)]
    return [".".join(path) for path in sorted(longest)] or None
