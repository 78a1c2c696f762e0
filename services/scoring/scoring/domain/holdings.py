"""Which leads hold which submissions, through every merge, and what those have brought."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from lead_events import LeadSubmitted
from scoring.domain.acts import Act
from scoring.domain.book import LeadBook
from scoring.domain.contributions import Contributions, Said
from scoring.domain.leads import Lead
from scoring.domain.people import Person
from scoring.domain.submissions import Kept, SubmissionState, act_of


@dataclass(frozen=True, slots=True)
class Moved:
    """A submission that belongs to another person or to other leads than before; None: as it was."""

    submission: UUID
    state: SubmissionState | None = None
    lead_ids: tuple[UUID, ...] | None = None
    merged_leads: tuple[UUID, ...] | None = None
    person_id: UUID | None = None

    def of(self, kept: Kept) -> Kept:
        """A kept submission as it belongs now."""
        return replace(
            kept,
            state=self.state or kept.state,
            lead_ids=kept.lead_ids if self.lead_ids is None else self.lead_ids,
            merged_leads=kept.merged_leads if self.merged_leads is None else self.merged_leads,
            person_id=self.person_id or kept.person_id,
        )


@dataclass(slots=True)
class Holdings:
    """`leads`: those loaded, whatever their state. `said`: of whole persons where a batch needs it. `moved`:
    submissions that went elsewhere after they were taken."""

    book: LeadBook
    leads: dict[UUID, Lead] = field(default_factory=dict)
    said: Contributions = field(default_factory=Contributions)
    moved: dict[UUID, Moved] = field(default_factory=dict)
    _acts: dict[UUID, tuple[LeadSubmitted, Act]] = field(default_factory=dict)

    def find(self, identity: UUID) -> Lead | None:
        """A lead that was loaded, or that this batch has opened."""
        return self.leads.get(identity) or self.book.changed.get(identity)

    def ever(self, leads: Iterable[UUID]) -> list[Lead]:
        """These leads, and all that they were merged into."""
        found: dict[UUID, Lead] = {}
        for each in leads:
            identity: UUID | None = each
            while identity is not None:
                lead = self.find(identity)
                if lead is not None:
                    found[lead.id] = lead
                identity = lead.merged_into if lead is not None else None
        return list(found.values())

    def now(self, leads: Iterable[UUID]) -> list[Lead]:
        """These leads, or what they were merged into in the end."""
        return [lead for lead in self.ever(leads) if lead.merged_into is None]

    def ended_in(self, lead: Lead) -> list[Lead]:
        """The leads known that were merged into this one, or into one that was."""
        known = {**self.leads, **self.book.changed}
        return [each for each in known.values() if each is not lead and lead in self.ever([each.id])]

    def moves(
        self, submission: UUID, *, person: UUID, leads: tuple[UUID, ...] | None, is_parted: bool
    ) -> None:
        """A submission is this person's from now on, and in these leads. What it merged before they were
        parted was somebody else's."""
        before = self.moved.get(submission, Moved(submission))
        self.moved[submission] = replace(
            before,
            person_id=person,
            lead_ids=before.lead_ids if leads is None else leads,
            merged_leads=() if is_parted else before.merged_leads,
        )

    def as_moved(self, kept: Kept) -> Kept:
        """A submission as it belongs now."""
        moved = self.moved.get(kept.submission.submission_id)
        return kept if moved is None else moved.of(kept)

    def acts(self, lead: Lead, person: Person, *, but: UUID) -> list[Act]:
        """What a lead of the person was brought by all submissions but one, oldest first."""
        known = {lead.id, *self.leads, *self.book.changed}
        whole = {each for each in known if lead in self.ever([each])}
        return [
            self._act(said.submission)
            for said in self.said.of(person.id)
            if said.submission.submission_id != but and not whole.isdisjoint(said.leads)
        ]

    def _act(self, submission: LeadSubmitted) -> Act:
        """Made once of each: of somebody who has sent thousands, a batch asks for them all time and again."""
        made = self._acts.get(submission.submission_id)
        if made is None or made[0] is not submission:
            made = self._acts[submission.submission_id] = submission, act_of(submission)
        return made[1]

    def move(self, submission: UUID, person: Person, leads: Iterable[UUID]) -> None:
        """A submission of the person is held by other leads from now on."""
        said = self.said.drop(person.id, submission)
        if said is not None:
            self.said.add(person.id, Said(said.submission, said.keys, tuple(leads)))
