"""The open leads of persons: joined, opened, merged, ended, and published with their scores."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from lead_events import OtherLead
from scoring.domain.accounts import AccountBook
from scoring.domain.acts import Act, absorb, join, opened_by, put_right, take_out
from scoring.domain.interest import Signals
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import Person
from scoring.domain.publications import Graded, Occasion, Publication, event_of, facts_of, grade
from scoring.domain.shadows import Shadows


class LetGo(StrEnum):
    """What becomes of a lead that one of its submissions leaves for another person."""

    STAYS = "stays"  # it has others, or has ended
    GOES_ALONG = "goes_along"
    ENDS = "ends"  # in the lead that the other person has


@dataclass(slots=True)
class LeadBook:
    """The open leads of the persons a batch touches, and what changes of them. `moved`: those that went to
    another person. `signals`: what the persons did beside sending forms."""

    open_leads: Iterable[Lead] = ()
    changed: dict[UUID, Lead] = field(default_factory=dict)
    moved: set[UUID] = field(default_factory=set)
    publications: list[Publication] = field(default_factory=list)
    signals: Signals = field(default_factory=Signals)
    accounts: AccountBook = field(default_factory=AccountBook)
    shadows: Shadows = field(default_factory=Shadows)
    _by_person: dict[UUID, dict[str, Lead]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for lead in self.open_leads:
            self._by_person.setdefault(lead.person_id, {})[lead.line] = lead

    def of(self, person: UUID) -> Iterator[Lead]:
        """The open leads of a person."""
        return iter(self._by_person.get(person, {}).values())

    def take(self, person: UUID, line: str, act: Act, event: UUID) -> tuple[Lead, bool]:
        """Join the open lead of this person and line or open one, its id made of `event` (then True)."""
        leads = self._by_person.setdefault(person, {})
        lead = leads.get(line)
        opened = lead is None
        if lead is None:
            lead = leads[line] = opened_by(event, person, line, act)
        join(lead, act)
        self.changed[lead.id] = lead
        return lead, opened

    def put_right(self, lead: Lead, old: Act, new: Act | None, others: Sequence[Act]) -> None:
        """What one submission brought to a lead is replaced, or taken out where `new` is None."""
        put_right(lead, old, new, others)
        self.changed[lead.id] = lead

    def take_out(self, lead: Lead, gone: Sequence[Act], others: Sequence[Act]) -> None:
        """What several submissions brought to a lead is taken out, at once."""
        take_out(lead, gone, others)
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
        self._move(lead, person)
        rival = theirs.setdefault(lead.line, lead)
        if rival is lead:
            return LetGo.GOES_ALONG
        lead.state, lead.merged_into = LeadState.MERGED, rival.id
        self.changed[rival.id] = rival
        return LetGo.ENDS

    def give(self, lead: Lead, person: UUID) -> None:
        """A lead is this person's after all. Of an open one's line they must have none."""
        mine = self._by_person.get(lead.person_id, {})
        if mine.get(lead.line) is lead:
            del mine[lead.line]
        self._move(lead, person)
        if lead.state is LeadState.OPEN:
            self._by_person.setdefault(person, {})[lead.line] = lead
        self.changed[lead.id] = lead

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
        self.shadows.scores.pop(lead.id, None)
        self.publications[:] = [each for each in self.publications if each.event.lead_id != lead.id]
        return True

    def close(self, lead: Lead) -> None:
        """End a lead, so that the next submission opens a new one."""
        lead.state = LeadState.CLOSED
        self._by_person.get(lead.person_id, {}).pop(lead.line, None)
        self.changed[lead.id] = lead

    def merge(
        self, survivor: UUID, other: UUID, prefers: UUID | None = None
    ) -> tuple[list[Lead], list[Lead]]:
        """Bring the leads of `other` to `survivor`: those that ended, those that moved.

        Of two open leads of one line the one of the person it `prefers` lives, else the older, with the
        submissions of both.
        """
        self.signals.merge(survivor, other)
        ended: list[Lead] = []
        moved: list[Lead] = []
        mine = self._by_person.setdefault(survivor, {})
        for lead in list(self._by_person.pop(other, {}).values()):
            self._move(lead, survivor)
            rival = mine.get(lead.line)
            wins = rival is None or (prefers == other if prefers else lead.age <= rival.age)
            lives, ends = (lead, rival) if wins or rival is None else (rival, lead)
            if ends is not None:
                absorb(lives, ends)
                ended.append(ends)
                self.changed[ends.id] = ends
            if lives is lead:
                moved.append(lead)
            mine[lead.line] = lives
            self.changed[lives.id] = lives
        return ended, moved

    def _move(self, lead: Lead, person: UUID) -> None:
        lead.person_id = person
        self.moved.add(lead.id)

    def publish(self, lead: Lead, person: Person, occasion: Occasion) -> None:
        """Score a lead as it stands and add it, with the next `seq`, to what is to be published."""
        self._publish(lead, person, self._grade(lead, person, occasion), occasion)

    def rescore(self, lead: Lead, person: Person, occasion: Occasion) -> bool:
        """Score a lead anew, and publish it only where it has moved to another quadrant or stage; for other
        points where the occasion tells those, or another scorecard gives them: its rescoring, still to come,
        would find nothing changed. Whether it is published."""
        graded = self._grade(lead, person, occasion)
        tells_points = occasion.tells_points or graded.has_other_card
        is_news = graded.has_moved or (tells_points and graded.has_other_points)
        if is_news:
            self._publish(lead, person, graded, occasion)
        return is_news

    def _grade(self, lead: Lead, person: Person, occasion: Occasion) -> Graded:
        self.changed[lead.id] = lead
        lead.account = self.accounts.told(person.known, lead.line)
        signals = self.signals.of(person.id, lead.line)
        graded = grade(lead, person, signals, occasion)
        shadow = occasion.cards.shadows.get(lead.line)
        if shadow is not None:
            facts = facts_of(lead, graded.profile, signals)
            self.shadows.score(lead, shadow, facts, occasion.journey.scored_at)
        return graded

    def _publish(self, lead: Lead, person: Person, graded: Graded, occasion: Occasion) -> None:
        """Also one whose line has no scorecard any more: who may be contacted, and which other leads there
        are, is news all the same."""
        lead.seq += 1
        others = [
            OtherLead.model_construct(lead_id=each.id, line=each.line)
            for each in self.of(person.id)
            if each.id != lead.id
        ]
        event = event_of(lead, person, graded, occasion, others)
        self.publications.append(Publication(event, occasion.event_cause, occasion.is_bulk))
