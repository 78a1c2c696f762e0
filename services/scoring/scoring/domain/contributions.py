"""What each accepted submission said about its person, so that one can be taken back or put right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events import Consent, LeadSubmitted, Profile
from scoring.domain.people import KeyName


@dataclass(frozen=True, slots=True)
class Said:
    """What one submission says, and the identity keys it carries."""

    submission: UUID
    profile: Profile
    received_at: datetime
    keys: tuple[KeyName, ...] = ()
    consent: Consent | None = None
    lines: tuple[str, ...] = ()


def said_in(submission: LeadSubmitted, keys: tuple[KeyName, ...]) -> Said:
    """What a submission says."""
    return Said(
        submission.submission_id,
        submission.profile,
        submission.received_at,
        keys,
        submission.consent,
        tuple(submission.lines),
    )


@dataclass(slots=True)
class Contributions:
    """By person and submission. Those stored before are loaded only where a batch replaces one."""

    _by_person: dict[UUID, dict[UUID, Said]] = field(default_factory=dict)

    def add(self, person: UUID, said: Said) -> None:
        """One more, or what one says now."""
        self._by_person.setdefault(person, {})[said.submission] = said

    def drop(self, person: UUID, submission: UUID) -> Said | None:
        """Take one back; None where it counted no more."""
        return self._by_person.get(person, {}).pop(submission, None)

    def move(self, other: UUID, survivor: UUID) -> None:
        """Two persons are one."""
        self._by_person.setdefault(survivor, {}).update(self._by_person.pop(other, {}))

    def of(self, person: UUID) -> list[Said]:
        """All of a person, oldest first."""
        every: Iterable[Said] = self._by_person.get(person, {}).values()
        return sorted(every, key=lambda said: (said.received_at, said.submission))
