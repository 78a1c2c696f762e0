"""One submission: as it is read, what can become of it, and what is kept of an earlier one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lead_events import Handling, Journey, LeadSubmitted, Rerun
from lead_events.words import QuarantineReason, RerunKind
from scoring.domain.acts import Act
from scoring.domain.interest import VISITOR
from scoring.domain.people import KeyName

DOUBLE_CLICK = timedelta(minutes=5)
"""Equal content of one form within this time of an accepted one, both without a key, is one act."""


class SubmissionState(StrEnum):
    """What became of a submission; each is in exactly one of these at any moment."""

    OPENED = "opened"
    JOINED = "joined"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    ERASED = "erased"


ACCEPTED = frozenset({SubmissionState.OPENED, SubmissionState.JOINED})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A submission as read from its topic. `keys`: its identity keys; `durable_at`: the broker's time of the
    record that brought it first."""

    submission: LeadSubmitted
    event_id: UUID
    durable_at: datetime
    is_bulk: bool
    keys: tuple[KeyName, ...]

    @property
    def names(self) -> tuple[KeyName, ...]:
        """By what acts of its sender are known: its keys, and the browser it was sent from."""
        visitor = self.submission.visitor
        return (*self.keys, (VISITOR, visitor)) if visitor else self.keys

    @property
    def rerun(self) -> Rerun | None:
        """Why it comes again, or None for a submission that comes for the first time."""
        return self.submission.rerun

    @property
    def is_released(self) -> bool:
        """Whether a person has looked at it and lets it go on."""
        return self.rerun is not None and self.rerun.kind is RerunKind.RELEASED

    @property
    def judged_at(self) -> datetime:
        """The moment whose rulebook holds: of one that comes again, when that was asked for."""
        return self.submission.received_at if self.rerun is None else self.rerun.at


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one submission.

    `lead_ids`: the leads that hold it. `merged_leads`: those that it brings nothing to, but others ended in,
    for it showed two persons to be one: they are published as asked for by it. `again`: it was kept before
    and stands so now. `supersedes`: the submission of the same vendor's id whose place it takes;
    `superseded_by`: the newer one that has its place already.
    """

    state: SubmissionState
    person_id: UUID | None = None
    lead_ids: tuple[UUID, ...] = ()
    duplicate_of: UUID | None = None
    reason: QuarantineReason | None = None
    detail: str | None = None
    again: RerunKind | None = None
    supersedes: UUID | None = None
    superseded_by: UUID | None = None
    merged_leads: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission that is stored, and what became of it so far: see Fate."""

    submission: LeadSubmitted
    keys: tuple[KeyName, ...]
    durable_at: datetime
    state: SubmissionState
    person_id: UUID | None = None
    lead_ids: tuple[UUID, ...] = ()
    merged_leads: tuple[UUID, ...] = ()
    is_superseded: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether it belongs to a person and a lead, and no other has taken its place."""
        return self.state in ACCEPTED and not self.is_superseded


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


Registry = Mapping[tuple[str, str], str]
"""The content that each key of a form was first used with, by form and key."""


def has_other_content(submission: LeadSubmitted, registry: Registry) -> bool:
    """Whether its key was first used with other content."""
    if submission.key is None:
        return False
    first = registry.get((submission.form_id, submission.key), submission.fingerprint)
    return first != submission.fingerprint


def reuses_key(submission: LeadSubmitted, registry: Registry) -> bool:
    """Whether its header's key stands for other content."""
    return submission.key_origin == "header" and has_other_content(submission, registry)


def is_correction(submission: LeadSubmitted, registry: Registry) -> bool:
    """Whether a vendor sends other content under an id of its own: what it sent before is put right."""
    return submission.key_origin == "vendor" and has_other_content(submission, registry)


def is_same_party(incoming: Incoming, kept: Kept) -> bool:
    """Whether both tell of one person: by a key, by the name, or where one of them has no key at all."""
    if not incoming.keys or not kept.keys or not set(incoming.keys).isdisjoint(kept.keys):
        return True
    name, other = incoming.submission.profile.name, kept.submission.profile.name
    return name is not None and other is not None and name.casefold() == other.casefold()


def act_time(submission: LeadSubmitted) -> datetime:
    """The buyer's act: as claimed where the form trusts the claim, else when we received it."""
    return submission.occurred_at or submission.received_at


def act_of(submission: LeadSubmitted) -> Act:
    """What a submission brings to its leads."""
    return Act(
        submission=submission.submission_id,
        origin=(submission.form_id, submission.source, submission.campaign),
        at=act_time(submission),
        received_at=submission.received_at,
        asks=submission.explicit_ask,
        attribution=submission.attribution,
        consent=submission.consent,
        is_test=submission.is_test,
        handling=handling_of(submission),
        invites=_invites(submission),
    )


def _invites(submission: LeadSubmitted) -> bool:
    """Whether the person themselves asks for an answer and agrees to be contacted; a list never does."""
    consent = submission.consent
    return submission.explicit_ask and submission.imported is None and consent is not None and consent.given


def handling_of(submission: LeadSubmitted) -> Handling | None:
    """How the import that this is a row of wants its lead routed."""
    row = submission.imported
    if row is None:
        return None
    return Handling.model_construct(
        import_id=row.import_id,
        mode=row.mode,
        per_rep_daily=row.per_rep_daily,
        owner=row.owner,
        counts=row.counts,
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
