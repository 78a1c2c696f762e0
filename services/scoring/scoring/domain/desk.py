"""Where a batch of submissions is taken, one after the other: what becomes of each, and what is published."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lead_events import Cause, Journey, LeadMerged, LeadSubmitted
from lead_events.words import CauseKind, QuarantineReason
from scoring.domain.leads import Act, CardsAt, Lead, LeadBook, Occasion
from scoring.domain.people import KeyName, People, Person, Resolution

DOUBLE_CLICK = timedelta(minutes=5)
"""Equal content of one form within this time of an accepted one, both without a key, is one act."""


class SubmissionState(StrEnum):
    """What became of a submission; each is in exactly one of these at any moment."""

    OPENED = "opened"
    JOINED = "joined"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A submission as read from its topic. `durable_at` is the broker's time, `keys` its identity keys."""

    submission: LeadSubmitted
    event_id: UUID
    durable_at: datetime
    is_bulk: bool
    keys: tuple[KeyName, ...]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one submission."""

    state: SubmissionState
    person_id: UUID | None = None
    lead_ids: tuple[UUID, ...] = ()
    duplicate_of: UUID | None = None
    reason: QuarantineReason | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two persons found to be one; `event_cause` is the event that showed it."""

    submission: UUID
    event_cause: UUID
    event: LeadMerged


@dataclass(slots=True)
class Window:
    """Accepted submissions without a key by form and content, for the double click across two slots."""

    _seen: dict[tuple[str, str], list[tuple[datetime, UUID]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, form: str, fingerprint: str, received_at: datetime, submission: UUID) -> None:
        """Remember one."""
        self._seen[form, fingerprint].append((received_at, submission))

    def twin(self, form: str, fingerprint: str, received_at: datetime) -> UUID | None:
        """The accepted submission that this one repeats; going on clicking does not slide the window."""
        for moment, submission in self._seen.get((form, fingerprint), ()):
            if abs(received_at - moment) < DOUBLE_CLICK:
                return submission
        return None


@dataclass(slots=True)
class Desk:
    """Takes submissions in order of arrival.

    `registry` maps (form, key) to the content it was first used with; `stored` are submissions already kept.
    """

    people: People
    book: LeadBook
    cards_at: CardsAt
    now: datetime
    registry: Mapping[tuple[str, str], str] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    stored: set[UUID] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)

    def take(self, incoming: Incoming) -> Fate | None:
        """What becomes of this submission. None: it is kept already, and nothing changes.

        Raises NoRulebookYet when no version holds at its time.
        """
        submission = incoming.submission
        if submission.submission_id in self.stored:
            return None
        self.stored.add(submission.submission_id)
        return self._quarantined(submission) or self._duplicate(submission) or self._accept(incoming)

    def _quarantined(self, submission: LeadSubmitted) -> Fate | None:
        verdict = submission.verdict
        if verdict.outcome == "quarantined":
            reason = verdict.reason or QuarantineReason.UNREADABLE
            return Fate(SubmissionState.QUARANTINED, reason=reason, detail=verdict.detail)
        if reuses_key(submission, self.registry):
            detail = f"the key {submission.key!r} was used on this form before, with other content"
            return Fate(SubmissionState.QUARANTINED, reason=QuarantineReason.KEY_REUSED, detail=detail)
        cards = self.cards_at(submission.received_at)
        unknown = [line for line in submission.lines if line not in cards.by_line]
        if not unknown:
            return None
        detail = (
            f"rulebook version {cards.version} has no scorecard for line {unknown[0]!r};"
            " add one, or change the form's lines"
        )
        return Fate(SubmissionState.QUARANTINED, reason=QuarantineReason.MAPPING_ERROR, detail=detail)

    def _duplicate(self, submission: LeadSubmitted) -> Fate | None:
        """Equal content means equal identity, so the person need not be compared."""
        if submission.key is not None:
            return None
        form, content, moment = submission.form_id, submission.fingerprint, submission.received_at
        twin = self.window.twin(form, content, moment)
        if twin is None:
            self.window.add(form, content, moment, submission.submission_id)
            return None
        return Fate(SubmissionState.DUPLICATE, duplicate_of=twin)

    def _accept(self, incoming: Incoming) -> Fate:
        submission = incoming.submission
        identity, received_at = submission.submission_id, submission.received_at
        found = self.people.resolve(incoming.keys, identity, received_at)
        found.person.known.learn(submission.profile, received_at)
        self.people.touch(found.person)
        absorbed = self._merge_leads(found, incoming)
        act = act_of(submission)
        lines = dict.fromkeys(submission.lines)
        taken = [self.book.take(found.person.id, line, act, opened_by=identity) for line in lines]
        opened = any(is_new for _, is_new in taken)
        leads = [lead for lead, _ in taken]
        leads += [each for each in self.book.of(found.person.id) if each.id in absorbed and each not in leads]
        self._publish(found.person, leads, incoming, with_others=opened or bool(found.merged))
        state = SubmissionState.OPENED if opened else SubmissionState.JOINED
        return Fate(state, found.person.id, tuple(lead.id for lead in leads))

    def _merge_leads(self, found: Resolution, incoming: Incoming) -> set[UUID]:
        """The leads that others ended in. They carry those others' asks now and are published as asked
        for: should one be closed already without our knowing, the router answers, and nobody is forgotten.

        `seq` counts the survivor's merges: the survivor had `merges` raised once for each of them.
        """
        absorbing: set[UUID] = set()
        survivor = found.person
        first = survivor.merges - len(found.merged) + 1
        for number, other in enumerate(found.merged, start=first):
            ended, moved = self.book.merge(survivor.id, other.id)
            absorbing |= {lead.merged_into for lead in ended if lead.merged_into is not None}
            event = LeadMerged(
                kind="merged",
                person_id=survivor.id,
                other_person_id=other.id,
                leads_ended=[lead.id for lead in ended],
                leads_moved=[lead.id for lead in moved],
                at=self.now,
                seq=number,
            )
            self.merges.append(Merge(incoming.submission.submission_id, incoming.event_id, event))
        return absorbing

    def _publish(
        self, person: Person, leads: Sequence[Lead], incoming: Incoming, *, with_others: bool
    ) -> None:
        kind = CauseKind.EXPLICIT_ASK if incoming.submission.explicit_ask else CauseKind.SUBMISSION
        occasion = self._occasion(incoming, kind)
        for lead in leads:
            self.book.publish(lead, person, occasion)
        others = [lead for lead in self.book.of(person.id) if lead not in leads] if with_others else []
        if others:
            self._publish_beside(person, others, self._occasion(incoming, CauseKind.RESCORE))

    def _publish_beside(self, person: Person, others: Iterable[Lead], occasion: Occasion) -> None:
        """Publish leads that were not asked for anew, so that each rep sees the other's lead.

        Their cause is a rescore: a rep who closed one meanwhile gets no new lead by a form that never asked
        for it.
        """
        for lead in others:
            if lead.line in occasion.cards.by_line:
                self.book.publish(lead, person, occasion)

    def _occasion(self, incoming: Incoming, kind: CauseKind) -> Occasion:
        submission = incoming.submission
        return Occasion(
            cause=Cause.model_construct(id=submission.submission_id, kind=kind, at=act_time(submission)),
            event_cause=incoming.event_id,
            journey=journey_of(
                submission,
                incoming.durable_at,
                released_at=self.now if incoming.is_bulk else None,
                now=self.now,
            ),
            cards=self.cards_at(submission.received_at),
            is_bulk=incoming.is_bulk,
        )


def reuses_key(submission: LeadSubmitted, registry: Mapping[tuple[str, str], str]) -> bool:
    """Whether its header's key stands for other content; a vendor may correct what it sent under its id."""
    if submission.key is None or submission.key_origin != "header":
        return False
    first = registry.get((submission.form_id, submission.key), submission.fingerprint)
    return first != submission.fingerprint


def act_time(submission: LeadSubmitted) -> datetime:
    """The buyer's act: as claimed where the form trusts the claim, else when we received it."""
    return submission.occurred_at or submission.received_at


def act_of(submission: LeadSubmitted) -> Act:
    """What a submission brings to its leads."""
    return Act(
        submission=submission.submission_id,
        origin=(submission.form_id, submission.source, submission.campaign),
        received_at=submission.received_at,
        asks=submission.explicit_ask,
        attribution=submission.attribution,
        consent=submission.consent,
        is_test=submission.is_test,
    )


def journey_of(
    submission: LeadSubmitted, durable_at: datetime, *, released_at: datetime | None, now: datetime
) -> Journey:
    """The moments of a submission on its way here."""
    return Journey.model_construct(
        occurred_at=submission.occurred_at,
        received_at=submission.received_at,
        spooled_at=submission.spooled_at,
        durable_at=durable_at,
        released_at=released_at,
        scored_at=now,
    )
