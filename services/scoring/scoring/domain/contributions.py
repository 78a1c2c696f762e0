"""What each accepted submission said about its person, so that one can be taken back or put right."""

from bisect import bisect_left, insort
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events import LeadSubmitted
from lead_events.words import OWN_FORM
from scoring.domain.grouping import KeyName, is_known
from scoring.domain.profile import Told, Word


@dataclass(frozen=True, slots=True)
class Said:
    """What one submission says, the identity keys it carries, and the leads that hold it or have held it."""

    submission: LeadSubmitted
    keys: tuple[KeyName, ...] = ()
    leads: tuple[UUID, ...] = ()

    @property
    def told(self) -> Told:
        """As a profile is put together from it."""
        return self.submission.profile, self.submission.received_at, word_of(self.submission, self.keys)


def word_of(submission: LeadSubmitted, keys: Collection[KeyName]) -> Word:
    """Whose word a submission with these keys is."""
    if not is_known(keys):
        return Word.CALLERS
    return Word.REPS if submission.form_id == OWN_FORM else Word.OWN


@dataclass(slots=True)
class Contributions:
    """By person and submission. Those stored before are loaded only where a batch replaces one."""

    _by_person: dict[UUID, dict[UUID, Said]] = field(default_factory=dict)
    _in_order: dict[UUID, list[Said]] = field(default_factory=dict)

    def add(self, person: UUID, said: Said) -> None:
        """One more, or what one says now."""
        self.drop(person, said.submission.submission_id)
        self._by_person.setdefault(person, {})[said.submission.submission_id] = said
        if person in self._in_order:
            insort(self._in_order[person], said, key=_when)

    def drop(self, person: UUID, submission: UUID) -> Said | None:
        """Take one back; None where it counted no more."""
        said = self._by_person.get(person, {}).pop(submission, None)
        if said is not None and person in self._in_order:
            listed = self._in_order[person]
            del listed[bisect_left(listed, _when(said), key=_when)]
        return said

    def move(self, other: UUID, survivor: UUID) -> None:
        """Two persons are one."""
        self._by_person.setdefault(survivor, {}).update(self._by_person.pop(other, {}))
        self._in_order.pop(other, None)
        self._in_order.pop(survivor, None)

    def of(self, person: UUID) -> list[Said]:
        """All of a person, oldest first."""
        if person not in self._in_order:
            self._in_order[person] = sorted(self._by_person.get(person, {}).values(), key=_when)
        return list(self._in_order[person])


def _when(said: Said) -> tuple[datetime, UUID]:
    return said.submission.received_at, said.submission.submission_id
