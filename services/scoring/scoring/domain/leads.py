"""Leads: one selling cycle of a person for one line, opened, joined, scored, merged and closed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lead_events import (
    Attribution,
    Cause,
    Consent,
    Contribution,
    Handling,
    Journey,
    LeadScored,
    OtherLead,
    Profile,
    Score,
)
from lead_events.ids import lead_id
from lead_events.words import Dimension, Quadrant, Stage
from rulebook.cel import prepare_context
from rulebook.context import scoring_context
from scoring.domain.people import Person
from scoring.domain.score import CompiledScorecard, Context, Scored, score

ORIGINS_KEPT = 20
"""Distinct origins a lead remembers; further ones of the same cycle are not added."""

Origin = tuple[str, str, str | None]
"""Form, source and campaign of a submission."""


class LeadState(StrEnum):
    """Where a lead stands in scoring's store."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"
    ERASED = "erased"


class LetGo(StrEnum):
    """What becomes of a lead that one of its submissions leaves for another person."""

    STAYS = "stays"  # it has others, or has ended
    GOES_ALONG = "goes_along"
    ENDS = "ends"  # in the lead that the other person has


@dataclass(slots=True)
class Lead:
    """A lead as the store keeps it. `opened_person` is the person it was opened for, before any merge."""

    id: UUID
    person_id: UUID
    opened_person: UUID
    line: str
    opened_by: UUID
    opened_at: datetime
    origins: list[Origin]
    attribution: Attribution
    consent: Consent | None
    is_test: bool
    asks: bool = False
    submissions: int = 0
    seq: int = 0
    state: LeadState = LeadState.OPEN
    fit: int = 0
    interest: int = 0
    quadrant: Quadrant = Quadrant.COLD
    stage: Stage = Stage.LEAD
    sql_at: datetime | None = None
    rulebook_version: int = 0
    merged_into: UUID | None = None
    handling: Handling | None = None
    invited_at: datetime | None = None

    def is_off_limits(self, person: Person) -> bool:
        """Whether nobody may contact the person about this lead.

        Whoever is suppressed and then asks for an answer, with consent, gets one: on that lead only.
        """
        since = person.suppressed_at
        return since is not None and (self.invited_at is None or self.invited_at <= since)

    def invite(self, at: datetime | None) -> None:
        """Note that the person asked for an answer with consent; the newest time holds."""
        self.invited_at = max(filter(None, (self.invited_at, at)), default=None)

    @property
    def age(self) -> tuple[datetime, UUID]:
        """Sorts the older first, the same way everywhere."""
        return self.opened_at, self.id

    def add_origin(self, origin: Origin) -> None:
        """Remember where one more submission came from."""
        if origin not in self.origins and len(self.origins) < ORIGINS_KEPT:
            self.origins.append(origin)

    def replace_origin(self, old: Origin, new: Origin | None, left: Collection[Origin]) -> None:
        """Where one submission came from is written otherwise, or it has left; `left`: of all that are held.

        A lead always says where it came from, so the last origin stays.
        """
        is_gone = old in self.origins and old not in left
        at = self.origins.index(old) if is_gone else len(self.origins)
        if new is not None and new not in self.origins and (is_gone or len(self.origins) < ORIGINS_KEPT):
            self.origins[at : at + 1] = [new]
        elif is_gone and len(self.origins) > 1:
            del self.origins[at]


@dataclass(frozen=True, slots=True)
class Act:
    """What a submission brings to the leads it touches. `invites`: it asks for an answer, with consent."""

    submission: UUID
    origin: Origin
    received_at: datetime
    asks: bool
    attribution: Attribution
    consent: Consent | None
    is_test: bool
    handling: Handling | None = None
    invites: bool = False


@dataclass(frozen=True, slots=True)
class Cards:
    """The scorecards of one version of the rulebook, by line."""

    version: int
    by_line: dict[str, CompiledScorecard]


@dataclass(frozen=True, slots=True)
class Publication:
    """A lead to publish: `event_cause` is the id of the event that caused it, for the id of the new one."""

    event: LeadScored
    event_cause: UUID
    is_bulk: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and when leads are scored and published."""

    cause: Cause
    event_cause: UUID
    journey: Journey
    cards: Cards
    is_bulk: bool = False


@dataclass(slots=True)
class LeadBook:
    """The open leads of the persons a batch touches, and what changes of them."""

    open_leads: Iterable[Lead] = ()
    changed: dict[UUID, Lead] = field(default_factory=dict)
    publications: list[Publication] = field(default_factory=list)
    _by_person: dict[UUID, dict[str, Lead]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for lead in self.open_leads:
            self._by_person.setdefault(lead.person_id, {})[lead.line] = lead

    def of(self, person: UUID) -> Iterator[Lead]:
        """The open leads of a person."""
        return iter(self._by_person.get(person, {}).values())

    def take(self, person: UUID, line: str, act: Act, opened_by: UUID) -> tuple[Lead, bool]:
        """Join the open lead of this person and line or open one, its id made of `opened_by` (then True)."""
        leads = self._by_person.setdefault(person, {})
        lead = leads.get(line)
        opened = lead is None
        if lead is None:
            lead = leads[line] = _opened(person, line, act, opened_by)
        lead.submissions += 1
        lead.is_test = lead.is_test and act.is_test
        lead.asks = lead.asks or act.asks
        lead.consent = _newest(lead.consent, act.consent)
        lead.handling = _handling(lead.handling, act)
        lead.invite(act.received_at if act.invites else None)
        lead.add_origin(act.origin)
        self.changed[lead.id] = lead
        return lead, opened

    def put_right(self, lead: Lead, old: Act, new: Act | None, others: Sequence[Act]) -> None:
        """Replace what one submission brought to a lead, or take it out where `new` is None; `others`: what
        the lead holds besides, oldest first. What nobody else brought goes with it."""
        acts = sorted([*others, *([new] if new else [])], key=lambda act: act.received_at)
        lead.asks = any(act.asks for act in acts) or (lead.asks and not old.asks)
        lead.is_test = all(act.is_test for act in acts) if acts else lead.is_test
        kept = None if lead.consent == old.consent else lead.consent
        lead.consent = _newest(kept, *(act.consent for act in acts))
        if lead.invited_at == old.received_at:
            lead.invited_at = None
        for act in acts:
            lead.invite(act.received_at if act.invites else None)
        if lead.opened_by == old.submission:
            opener = new or next(iter(acts), None)
            lead.attribution = opener.attribution if opener else Attribution()
            lead.opened_by = opener.submission if opener else lead.opened_by
        lead.handling = _handling(lead.handling, new) if new else lead.handling
        lead.replace_origin(old.origin, new.origin if new else None, [act.origin for act in acts])
        opener = next((act for act in acts if act.submission == lead.opened_by), None)
        if opener is not None and opener.origin in lead.origins:  # the first is told as where it came from
            lead.origins.sort(key=lambda origin: origin != opener.origin)
        self.changed[lead.id] = lead

    def let_go(self, lead: Lead, person: UUID) -> LetGo:
        """One of a lead's submissions turned out to be this other person's; what becomes of the lead.

        It goes along with its only submission; where they have an open one of that line, it ends in that one:
        nobody is to work on a lead that holds nothing.
        """
        self.changed[lead.id] = lead
        theirs = self._by_person.setdefault(person, {})
        if lead.state is not LeadState.OPEN or lead.submissions > 1:
            lead.submissions = max(lead.submissions - 1, 1)
            return LetGo.STAYS
        self._by_person.get(lead.person_id, {}).pop(lead.line, None)
        lead.person_id = person
        rival = theirs.setdefault(lead.line, lead)
        if rival is lead:
            return LetGo.GOES_ALONG
        lead.state, lead.merged_into = LeadState.MERGED, rival.id
        self.changed[rival.id] = rival
        return LetGo.ENDS

    def forget(self, lead: Lead) -> bool:
        """One of a lead's submissions is an erased person's; whether nothing of the lead is left by that.
        Then no score of it is kept or told either."""
        self.changed[lead.id] = lead
        if lead.submissions > 1 or lead.state is LeadState.MERGED:
            lead.submissions = max(lead.submissions - 1, 1)
            return False
        mine = self._by_person.get(lead.person_id, {})
        if mine.get(lead.line) is lead:
            del mine[lead.line]
        lead.state = LeadState.ERASED
        self.publications[:] = [each for each in self.publications if each.event.lead_id != lead.id]
        return True

    def close(self, lead: Lead) -> None:
        """End a lead, so that the next submission opens a new one."""
        lead.state = LeadState.CLOSED
        self._by_person.get(lead.person_id, {}).pop(lead.line, None)
        self.changed[lead.id] = lead

    def merge(self, survivor: UUID, other: UUID) -> tuple[list[Lead], list[Lead]]:
        """Bring the leads of `other` to `survivor`: those that ended, those that moved.

        Of two open leads of one line the older lives, whoever's it was, with the submissions of both.
        """
        ended: list[Lead] = []
        moved: list[Lead] = []
        mine = self._by_person.setdefault(survivor, {})
        for lead in list(self._by_person.pop(other, {}).values()):
            lead.person_id = survivor
            rival = mine.get(lead.line)
            older, younger = (rival, lead) if rival is not None and rival.age < lead.age else (lead, rival)
            if younger is not None:
                _absorb(older, younger)
                ended.append(younger)
                self.changed[younger.id] = younger
            if older is lead:
                moved.append(lead)
            mine[lead.line] = older
            self.changed[older.id] = older
        return ended, moved

    def publish(self, lead: Lead, person: Person, occasion: Occasion) -> None:
        """Score a lead as it stands and add it, with the next `seq`, to what is to be published.

        One whose line has no scorecard any more keeps its score and the version that made it: who may be
        contacted, and which other leads there are, is news all the same.
        """
        self.changed[lead.id] = lead
        profile = person.known.as_mapping()
        card = occasion.cards.by_line.get(lead.line)
        scored = _as_it_stood(lead) if card is None else score(card, list(_contexts(lead, profile)))
        lead.seq += 1
        lead.fit, lead.interest = scored.score.fit, scored.score.interest
        lead.quadrant, lead.stage = scored.quadrant, scored.stage
        lead.rulebook_version = lead.rulebook_version if card is None else occasion.cards.version
        if lead.stage is Stage.SQL and lead.sql_at is None:
            lead.sql_at = occasion.journey.released_at or occasion.cause.at
        others = [OtherLead.model_construct(lead_id=each.id, line=each.line) for each in self.of(person.id)]
        event = _event(lead, person, profile, scored, occasion, [o for o in others if o.lead_id != lead.id])
        self.publications.append(Publication(event, occasion.event_cause, occasion.is_bulk))


def _as_it_stood(lead: Lead) -> Scored:
    reason = f"as scored by version {lead.rulebook_version}: the line has no scorecard any more"
    contributions = [
        Contribution.model_construct(rule="kept", dimension=dimension, points=points, reason=reason)
        for dimension, points in ((Dimension.FIT, lead.fit), (Dimension.INTEREST, lead.interest))
    ]
    kept = Score.model_construct(fit=lead.fit, interest=lead.interest, contributions=contributions)
    return Scored(kept, lead.quadrant, lead.stage)


def _opened(person: UUID, line: str, act: Act, opened_by: UUID) -> Lead:
    return Lead(
        id=lead_id(opened_by, line),
        person_id=person,
        opened_person=person,
        line=line,
        opened_by=act.submission,
        opened_at=act.received_at,
        origins=[],
        attribution=act.attribution,
        consent=None,
        is_test=act.is_test,
        handling=act.handling,
    )


def _handling(before: Handling | None, act: Act) -> Handling | None:
    """A lead that nobody imported stays so; the buyer's own ask ends what an import wished for."""
    if before is None or act.handling is not None:
        return before and act.handling
    return None if act.asks else before


def _newest(*consents: Consent | None) -> Consent | None:
    """What was agreed to last; of several without a time, or of one moment, the last given here."""
    newest: Consent | None = None
    for each in consents:
        if each is not None and (newest is None or _agreed_at(each) >= _agreed_at(newest)):
            newest = each
    return newest


def _agreed_at(consent: Consent) -> datetime:
    return consent.at or datetime.min.replace(tzinfo=UTC)


def _absorb(older: Lead, younger: Lead) -> None:
    younger.state = LeadState.MERGED
    younger.merged_into = older.id
    older.submissions += younger.submissions
    older.asks = older.asks or younger.asks
    older.is_test = older.is_test and younger.is_test
    older.consent = _newest(older.consent, younger.consent)
    older.invite(younger.invited_at)
    older.sql_at = older.sql_at or younger.sql_at
    if younger.handling is None and younger.asks:
        older.handling = None
    for origin in younger.origins:
        older.add_origin(origin)


def _contexts(lead: Lead, profile: dict[str, Any]) -> Iterator[Context]:
    for form, source, campaign in lead.origins:
        yield prepare_context(
            scoring_context(
                profile,
                form=form,
                source=source,
                campaign=campaign,
                line=lead.line,
                submissions=lead.submissions,
                asks=lead.asks,
            )
        )


def _event(
    lead: Lead,
    person: Person,
    profile: dict[str, Any],
    scored: Scored,
    occasion: Occasion,
    others: list[OtherLead],
) -> LeadScored:
    """Built unchecked, for speed: every part comes from a checked event or from our own store."""
    form, source, campaign = lead.origins[0]
    return LeadScored.model_construct(
        lead_id=lead.id,
        person_id=person.id,
        line=lead.line,
        seq=lead.seq,
        cause=occasion.cause,
        profile=Profile.model_construct(**profile),
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
    )


CardsAt = Callable[[datetime], Cards]
"""The scorecards in force at a moment. Raises NoRulebookYet."""
