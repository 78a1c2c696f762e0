"""Fit and interest of a lead, with everything that contributed listed, and what they mean.

A score is a function of the set of what is known at a moment: in whatever order submissions and signals came,
the same set makes the same score. For each dimension the points of the contributions add up exactly to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import Contribution, Evidence, Persona, Score
from lead_events.words import BuyerStage, Quadrant, Stage
from rulebook.cel import CelError, PreparedContext, prepare_context
from rulebook.models import Scorecard
from scorecard.compiled import (
    CompiledRule,
    CompiledRules,
    CompiledScorecard,
    CompiledSignalRule,
    contribution,
)
from scorecard.decay import Fading
from scorecard.points import Sum


@dataclass(frozen=True, slots=True)
class Origin:
    """A form, source and campaign that a lead came by: what conditions read then, and its newest submission.

    `context`: see rulebook.context.scoring_context.
    """

    form: str
    context: PreparedContext
    submission: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """An act of interest. `values`: what conditions read as `signal`, see rulebook.context.signal_values."""

    id: UUID
    kind: str
    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a score is made of.

    `origins`: at least one, the one that opened the lead first. `shared`: what conditions on signals read
    beside `signal`. `is_own`: whether its person did something themselves, beyond standing in a list.
    """

    origins: Sequence[Origin]
    shared: Mapping[str, Any]
    signals: Sequence[Signal] = ()
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Fades:
    """The part of a score that changes with time: whole points, and acts that fade, by group."""

    lasting: Sum
    acts: tuple[tuple[str | None, Fading], ...]

    def at(self, moment: datetime) -> Sum:
        """All points as of a moment."""
        whole = Sum(self.lasting.groups, self.lasting.full, dict(self.lasting.by_group))
        for group, act in self.acts:
            whole.add(group, act.points(moment))
        return whole


@dataclass(frozen=True, slots=True)
class Scored:
    """A lead's score at a moment, and what it means under the scorecard."""

    score: Score
    quadrant: Quadrant
    stage: Stage
    persona: Persona | None
    buyer_stage: BuyerStage | None
    fades: Fades


_STAGES = tuple(BuyerStage)
"""From far to near."""


def score(
    compiled: CompiledScorecard, facts: Facts, now: datetime, *, before: Quadrant | None = None
) -> Scored:
    """Score a lead as of `now`.

    A rule holds when it holds for any origin, so a later, lesser act never takes away what an earlier one
    earned. A rule that holds for none and fails for one contributes 0 points and its error. `before` is the
    quadrant it stood in: high interest stays high until it is the scorecard's hysteresis below the threshold.
    """
    card = compiled.card
    fit, why_fit, _ = _Dimension(compiled.fit, card, facts, now).told()
    interest, why_interest, fades = _Dimension(compiled.interest, card, facts, now, compiled).told()
    was_high = before in (Quadrant.PERFECT, Quadrant.CURIOUS)
    quadrant = quadrant_of(fit >= card.fit_threshold, is_high(card, interest, was_high=was_high))
    return Scored(
        score=Score.model_construct(fit=fit, interest=interest, contributions=why_fit + why_interest),
        quadrant=quadrant,
        stage=stage_of(card, quadrant, is_own=facts.is_own),
        persona=_persona(compiled, facts),
        buyer_stage=_buyer_stage(compiled, facts, why_interest),
        fades=fades,
    )


def quadrant_of(fit_is_high: bool, interest_is_high: bool) -> Quadrant:
    """Fit x interest, as the field draws it."""
    if fit_is_high:
        return Quadrant.PERFECT if interest_is_high else Quadrant.WARM
    return Quadrant.CURIOUS if interest_is_high else Quadrant.COLD


def stage_of(card: Scorecard, quadrant: Quadrant, *, is_own: bool) -> Stage:
    """Where a lead of this quadrant stands in the funnel."""
    if card.mql == "act" and not is_own:
        return Stage.LEAD
    return Stage.SQL if quadrant in card.sql_quadrants else Stage.MQL


def is_high(card: Scorecard, interest: int, *, was_high: bool) -> bool:
    """Whether interest counts as high: from the threshold on, and once it does a little below it, too; none
    at all never does."""
    least = card.interest_threshold - (card.hysteresis if was_high else 0)
    return interest >= max(least, 1)


class _Dimension:
    """One of the two scores while it is put together."""

    def __init__(
        self,
        rules: CompiledRules,
        card: Scorecard,
        facts: Facts,
        now: datetime,
        of_signals: CompiledScorecard | None = None,
    ) -> None:
        self._rules = rules
        self._facts = facts
        self._now = now
        self._rules_of_signals = of_signals.signals if of_signals else ()
        self._asked_of = of_signals.asked_of if of_signals else {}
        self._answers: dict[UUID, dict[int, bool | CelError]] = {}
        self._newest_first = sorted(facts.signals, key=lambda each: (each.at, each.id), reverse=True)
        self._listed: list[Contribution] = [*rules.base]
        self._acts: list[tuple[str | None, Fading]] = []
        self._lasting = Sum(card.groups, rules.full)
        for each in rules.base:
            self._lasting.add(None, each.points)

    def told(self) -> tuple[int, list[Contribution], Fades]:
        """The score, what makes it up, and what of it fades."""
        for rule, answers in self._answered():
            self._ask(rule, answers)
        for place, signal_rule in enumerate(self._rules_of_signals):
            self._count(place, signal_rule)
        fades = Fades(self._lasting, tuple(self._acts))
        now = fades.at(self._now)
        self._listed += now.corrections(self._rules.dimension)
        return now.total, self._listed, fades

    def _answered(self) -> Iterator[tuple[CompiledRule, Sequence[bool | CelError]]]:
        """The rules that have something to say, with their answers for the origins."""
        rules, conditions = self._rules.rules, self._rules.conditions
        asked = [conditions.evaluate(origin.context) for origin in self._facts.origins]
        if len(asked) == 1:
            for rule, answer in zip(rules, asked[0], strict=True):
                if answer is not False:
                    yield rule, (answer,)
        elif rules:
            for rule, answers in zip(rules, zip(*asked, strict=True), strict=True):
                if any(answer is not False for answer in answers):
                    yield rule, answers

    def _ask(self, compiled: CompiledRule, answers: Sequence[bool | CelError]) -> None:
        rule = compiled.rule
        if True in answers:
            half_life = compiled.half_life
            if half_life is None:
                self._listed.append(compiled.held)
                self._lasting.add(rule.group, rule.points)
            else:
                origin = self._newest(answers)
                self._fade(compiled, origin, Fading(rule.points, origin.at, half_life))
            return
        error = next(answer for answer in reversed(answers) if isinstance(answer, CelError))
        self._listed.append(_failed(compiled.held, error.message))

    def _newest(self, answers: Sequence[bool | CelError]) -> Origin:
        holding = [o for o, answer in zip(self._facts.origins, answers, strict=True) if answer is True]
        return max(holding, key=lambda origin: (origin.at, origin.submission))

    def _fade(self, compiled: CompiledRule, origin: Origin, act: Fading) -> None:
        points = act.points(self._now)
        self._acts.append((compiled.rule.group, act))
        held = compiled.held
        evidence = _evidence(origin.submission, act, points)
        self._listed.append(held.model_copy(update={"points": points, "evidence": [evidence]}))

    def _count(self, place: int, compiled: CompiledSignalRule) -> None:
        """Add what a signal rule gives: the newest act whole, each older one damped."""
        rule, found, error = compiled.rule, list[Evidence](), None
        repeats = rule.repeats
        rank = 0
        for signal in self._newest_first:
            if rank >= repeats.most:
                break
            answer = self._holds(place, compiled, signal)
            if isinstance(answer, CelError):
                error = answer.message
            if answer is not True:
                continue
            act = Fading(rule.points * repeats.damping**rank, signal.at, rule.half_life)
            rank += 1
            points = act.points(self._now)
            if points:
                self._acts.append((rule.group, act))
                found.append(_evidence(signal.id, act, points))
        if found or error is not None:
            each = contribution(
                rule.id,
                self._rules.dimension,
                sum(act.points for act in found),
                rule.reason,
                group=rule.group,
                reads=compiled.reads or None,
                error=None if found else error,
            )
            self._listed.append(each.model_copy(update={"evidence": found or None}))

    def _holds(self, place: int, compiled: CompiledSignalRule, signal: Signal) -> bool | CelError:
        if signal.kind not in compiled.kinds:
            return False
        if compiled.condition is None:
            return True
        answers = self._answers.get(signal.id)
        if answers is None:
            answers = self._answers[signal.id] = self._asked(signal)
        return answers[place]

    def _asked(self, signal: Signal) -> dict[int, bool | CelError]:
        """All conditions that acts of its kind are asked: once an act, however many rules there are."""
        asked = self._asked_of[signal.kind]
        context = prepare_context({**self._facts.shared, "signal": signal.values})
        return dict(zip(asked.rules, asked.conditions.evaluate(context), strict=True))


def _evidence(identity: UUID, act: Fading, points: int) -> Evidence:
    return Evidence.model_construct(id=identity, at=act.at, full=round(act.full), points=points)


def _failed(held: Contribution, error: str) -> Contribution:
    return contribution(
        held.rule,
        held.dimension,
        0,
        held.reason,
        group=held.group,
        reads=held.reads,
        error=error,
    )


def _persona(compiled: CompiledScorecard, facts: Facts) -> Persona | None:
    if not compiled.personas:
        return None
    asked = [compiled.persona_conditions.evaluate(origin.context) for origin in facts.origins]
    for persona, answers in zip(compiled.personas, zip(*asked, strict=True), strict=True):
        if True in answers:
            return persona
    return None


def _buyer_stage(
    compiled: CompiledScorecard, facts: Facts, listed: Sequence[Contribution]
) -> BuyerStage | None:
    """The furthest that a form sent or an act that still counts has shown."""
    shown = {compiled.stages.get(origin.form) for origin in facts.origins}
    counted = {each.rule for each in listed if each.evidence}
    shown |= {each.rule.buyer_stage for each in compiled.signals if each.rule.id in counted}
    return max(filter(None, shown), key=_STAGES.index, default=None)
