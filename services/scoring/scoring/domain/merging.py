"""What turns out of persons and leads while a submission is taken in."""

from dataclasses import dataclass
from uuid import UUID

from lead_events import LeadMerged


@dataclass(frozen=True, slots=True)
class Merge:
    """Two persons found to be one, or leads of one; `event_cause` is the event that showed it."""

    submission: UUID
    event_cause: UUID
    event: LeadMerged

    @property
    def is_of_persons(self) -> bool:
        """Whether it is about two persons, and not only about leads of the same."""
        return self.event.person_id != self.event.other_person_id

    @property
    def is_undone(self) -> bool:
        """Whether the two turned out not to be one after all."""
        return self.event.kind == "undone"


@dataclass(frozen=True, slots=True)
class ErasedLead:
    """A lead that held only what an erased person had sent; `event_cause` is the event that showed it."""

    event_cause: UUID
    person_id: UUID
    lead_id: UUID
