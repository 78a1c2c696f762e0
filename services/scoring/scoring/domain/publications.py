"""A lead scored as it stands, and the event that says so."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events import Before, Cause, Contribution, Journey, LeadScored, OtherLead, Profile, Score
from lead_events.words import Dimension, Stage
from rulebook.cel import prepare_context
from rulebook.context import scoring_context, shared_context
from scorecard.compiled import CompiledScorecard
from scorecard.crossing import next_crossing
from scorecard.points import Sum
from scorecard.score import Facts, Fades, Origin, Scored, Signal, score
from scorecard.value import Worth, worth
from scoring.domain.leads import Lead
from scoring.domain.people import Person
from scoring.domain.shadows import ShadowCard


@dataclass(frozen=True, slots=True)
class Cards:
    """The scorecards of one version of the rulebook, by line, and the company's currency. `shadows`: those
    tried beside them, by line too. `is_other`: whether a line's scorecard of a version gives other points."""

    version: int
    by_line: dict[str, CompiledScorecard]
    currency: str
    shadows: Mapping[str, ShadowCard] = field(default_factory=dict)
    is_other: Callable[[str, int], bool] = field(default=lambda line, version: False)

    @property
    def reach(self) -> timedelta:
        """How long ago an act of interest may be and still count for some line; zero where none does."""
        shadows = (shadow.compiled.reach for shadow in self.shadows.values())
        return max((self.own_reach, *shadows))

    @property
    def own_reach(self) -> timedelta:
        """The same without the shadows."""
        return max((card.reach for card in self.by_line.values()), default=timedelta())

    def counting(self, signals: Sequence[Signal], now: datetime) -> Sequence[Signal]:
        """The signals that would be known if there were no shadows."""
        if not self.shadows or not signals:
            return signals
        since = now - self.own_reach
        return [each for each in signals if each.at > since]


CardsAt = Callable[[datetime], Cards]
"""The scorecards in force at a moment. Raises NoRulebookYet."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A lead to publish: `event_cause` is the id of the event that caused it, for the id of the new one."""

    event: LeadScored
    event_cause: UUID
    is_bulk: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and when leads are scored and published. `tells_points`: also where only points are others."""

    cause: Cause
    event_cause: UUID
    journey: Journey
    cards: Cards
    is_bulk: bool = False
    tells_points: bool = False


@dataclass(frozen=True, slots=True)
class Graded:
    """A score, what the lead is worth by it, and where it stood before; whether its points are others, and
    its scorecard. `profile`: what was known of the person, as events and conditions see it."""

    profile: Mapping[str, Any]
    scored: Scored
    worth: Worth | None
    before: Before | None
    has_other_points: bool = False
    has_other_card: bool = False

    @property
    def has_moved(self) -> bool:
        """Whether the lead stands elsewhere than when it was last published."""
        before, now = self.before, self.scored
        return before is None or (before.quadrant, before.stage) != (now.quadrant, now.stage)


def grade(lead: Lead, person: Person, signals: Sequence[Signal], occasion: Occasion) -> Graded:
    """Score a lead as of the occasion and keep that in it.

    One whose line has no scorecard any more keeps its score and the version that made it. Under another
    scorecard high interest begins anew: what the old one called high counts for nothing.
    """
    before = Before.model_construct(quadrant=lead.quadrant, stage=lead.stage) if lead.seq else None
    card, now = occasion.cards.by_line.get(lead.line), occasion.journey.scored_at
    profile = person.known.as_mapping()
    if card is None:
        lead.due_at = None
        return Graded(profile, _as_it_stood(lead), None, before)
    has_other_card = before is not None and occasion.cards.is_other(lead.line, lead.rulebook_version)
    was = before.quadrant if before is not None and not has_other_card else None
    counted = occasion.cards.counting(signals, now)
    lead.is_own = lead.is_own or bool(counted)  # an act makes it so for good, also once it counts no more
    scored = score(card, facts_of(lead, profile, counted), now, before=was)
    points = (lead.fit, lead.interest)
    lead.fit, lead.interest = scored.score.fit, scored.score.interest
    lead.quadrant, lead.stage = scored.quadrant, scored.stage
    lead.rulebook_version = occasion.cards.version
    lead.due_at = next_crossing(card.card, scored.fades, scored.quadrant, now)
    if lead.stage is Stage.SQL and lead.sql_at is None:
        lead.sql_at = occasion.journey.released_at or occasion.cause.at
    value = card.card.value
    money = worth(value, scored, occasion.cards.currency) if value else None
    return Graded(profile, scored, money, before, points != (lead.fit, lead.interest), has_other_card)


def event_of(
    lead: Lead, person: Person, graded: Graded, occasion: Occasion, others: list[OtherLead]
) -> LeadScored:
    """Built unchecked, for speed: every part comes from a checked event or from our own store."""
    form, source, campaign = lead.origins[0]
    scored, value = graded.scored, graded.worth
    return LeadScored.model_construct(
        lead_id=lead.id,
        person_id=person.id,
        line=lead.line,
        seq=lead.seq,
        cause=occasion.cause,
        profile=Profile.model_construct(**graded.profile),
        attribution=lead.attribution,
        consent=lead.consent,
        form_id=form,
        source=source,
        campaign=campaign,
        score=scored.score,
        quadrant=scored.quadrant,
        stage=scored.stage,
        sql_at=lead.sql_at,
        journey=occasion.journey,
        other_leads=others,
        submissions=lead.submissions,
        is_test=lead.is_test,
        do_not_contact=lead.is_off_limits(person),
        handling=lead.handling,
        rulebook_version=lead.rulebook_version,
        before=graded.before,
        account_id=lead.account.id if lead.account is not None else None,
        account=lead.account,
        persona=scored.persona,
        buyer_stage=scored.buyer_stage,
        probability=value.probability if value else None,
        expected_value=value.expected if value else None,
    )


def facts_of(lead: Lead, profile: Mapping[str, Any], signals: Sequence[Signal]) -> Facts:
    """What a score of the lead is made of; `profile`: of its person, see Known.as_mapping."""
    contexts = list(_contexts(lead, profile))
    origins = [
        Origin(origin[0], prepare_context(context), newest.submission, newest.at)
        for origin, context in zip(lead.origins, contexts, strict=True)
        for newest in (lead.newest[origin],)
    ]
    return Facts(origins, shared_context(contexts[0]), signals, lead.is_own or bool(signals))


def _contexts(lead: Lead, profile: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for form, source, campaign in lead.origins:
        yield scoring_context(
            profile,
            form=form,
            source=source,
            campaign=campaign,
            line=lead.line,
            submissions=lead.submissions,
            asks=lead.asks,
            account=vars(lead.account) if lead.account is not None else None,
        )


def _as_it_stood(lead: Lead) -> Scored:
    reason = f"as scored by version {lead.rulebook_version}: the line has no scorecard any more"
    contributions = [
        Contribution.model_construct(rule="kept", dimension=dimension, points=points, reason=reason)
        for dimension, points in ((Dimension.FIT, lead.fit), (Dimension.INTEREST, lead.interest))
    ]
    kept = Score.model_construct(fit=lead.fit, interest=lead.interest, contributions=contributions)
    return Scored(kept, lead.quadrant, lead.stage, None, None, Fades(Sum({}, None), ()))
