"""Leads: one selling cycle of a person for one line, as the store keeps it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from lead_events import Account, Attribution, Consent, Handling
from lead_events.words import Quadrant, Stage
from scoring.domain.people import Person

ORIGINS_KEPT = 20
"""Distinct origins a lead remembers; further ones of the same cycle are not added."""

Origin = tuple[str, str, str | None]
"""Form, source and campaign of a submission."""


class Newest(NamedTuple):
    """The newest submission of an origin, and when its sender did it."""

    at: datetime
    submission: UUID


class LeadState(StrEnum):
    """Where a lead stands in scoring's store."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(slots=True)
class Lead:
    """A lead as the store keeps it. `opened_person` is the person it was opened for, before any merge.

    `newest`: of each origin. `is_own`: whether its person did something themselves, and does not only stand
    in an imported list. `due_at`: when time alone will move it to another quadrant. `account`: found anew
    whenever it is scored.
    """

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
    newest: dict[Origin, Newest] = field(default_factory=dict)
    is_own: bool = False
    due_at: datetime | None = None
    account: Account | None = None

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

    def add_origin(self, origin: Origin, newest: Newest) -> None:
        """Remember where one more submission came from."""
        if origin not in self.origins:
            if len(self.origins) >= ORIGINS_KEPT:
                return
            self.origins.append(origin)
        self.newest[origin] = max(newest, self.newest.get(origin, newest))

    def drop_origin(self, origin: Origin) -> None:
        """No submission of this lead came from there."""
        self.origins.remove(origin)
        self.newest.pop(origin, None)


def heirs_of(ended: Iterable[Lead]) -> list[UUID]:
    """Of leads that ended in others those that live, in their order."""
    return [lead.merged_into for lead in ended if lead.merged_into is not None]
