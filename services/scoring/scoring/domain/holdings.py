"""Which leads hold which submissions, through every merge, and what those have brought."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from scoring.domain.acts import Act
from scoring.domain.book import LeadBook
from scoring.domain.contributions import Contributions, Said
from scoring.domain.leads import Lead
from scoring.domain.people import Person
from scoring.domain.submissions import act_of


@dataclass(slots=True)
class Holdings:
    """`leads`: those loaded, whatever their state. `said`: of whole persons where a batch needs it."""

    book: LeadBook
    leads: dict[UUID, Lead] = field(default_factory=dict)
    said: Contributions = field(default_factory=Contributions)

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

    def acts(self, lead: Lead, person: Person, *, but: UUID) -> list[Act]:
        """What a lead of the person was brought by all submissions but one, oldest first."""
        known = {lead.id, *self.leads, *self.book.changed}
        whole = {each for each in known if lead in self.ever([each])}
        return [
            act_of(said.submission)
            for said in self.said.of(person.id)
            if said.submission.submission_id != but and not whole.isdisjoint(said.leads)
        ]

    def move(self, submission: UUID, person: Person, leads: Iterable[UUID]) -> None:
        """A submission of the person is held by other leads from now on."""
        said = self.said.drop(person.id, submission)
        if said is not None:
            self.said.add(person.id, Said(said.submission, said.keys, tuple(leads)))
