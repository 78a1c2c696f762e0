"""A person who turns out to be several: a key that held them together stopped identifying, or an operator
says so.

The inverse of a merge, recomputed from all that the person has sent; who is who then: domain/grouping.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events import LeadMerged
from lead_events.ids import event_id, person_id
from scoring.domain.contributions import Said
from scoring.domain.grouping import is_known, partition
from scoring.domain.holdings import Holdings
from scoring.domain.interest import VISITOR
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import KeyName, People, Person
from scoring.domain.profile import Known
from scoring.domain.submissions import act_of


@dataclass(frozen=True, slots=True)
class Parted:
    """Who stays, who stands alone again, and the leads that each of those took along."""

    person: Person
    others: tuple[Person, ...] = ()
    moved: dict[UUID, list[Lead]] = field(default_factory=dict)


@dataclass(slots=True)
class Parting:
    """Takes one person apart. `cause`: the event that shows it; ids of new persons and leads are made of it.

    The id stays with whoever has said who they are, the first of them. Of those that go, one that has been a
    person before a merge is that person again. Nobody may be contacted who was not to be before.
    """

    people: People
    holdings: Holdings
    cause: UUID
    _whose: dict[UUID, Person] = field(default_factory=dict)
    _held: dict[UUID, list[Lead]] = field(default_factory=dict)
    _new: dict[UUID, list[Lead]] = field(default_factory=dict)
    _along: dict[UUID, list[Lead]] = field(default_factory=dict)

    def part(self, person: Person) -> Parted:
        """Loaded must be all that they have sent, with its keys and leads, and whom they were merged of."""
        groups = self._groups(person)
        others = self._others(person, groups[1:])
        if others:
            self.people.part(person, others)
        for group, each in zip(groups, [person, *others], strict=False):
            self._give(group, each)
        if not others:
            return Parted(person)
        moved = self._move_leads(person)
        self._give_back(person, {each.id: each for each in others}, moved)
        self._move_said(person, groups, others)
        return Parted(person, tuple(others), moved)

    def _groups(self, person: Person) -> list[list[Said]]:
        said = {each.submission.submission_id: each for each in self.holdings.said.of(person.id)}
        readings = {identity: self.people.read(each.keys) for identity, each in said.items()}
        parts = partition(readings, self.people.together)
        groups = [[said[identity] for identity in part] for part in parts]
        return sorted(groups, key=lambda group: not _are_known(group))  # stable: the oldest first

    def _others(self, person: Person, groups: Iterable[Sequence[Said]]) -> list[Person]:
        others: list[Person] = []
        family = {each.id: each for each in self.people.family(person)}
        for group in groups:
            were = [family.pop(each) for each in self._have_been(group) & family.keys()]
            other = min(were, key=lambda each: each.age) if were else self._stranger(group)
            family.update({each.id: each for each in were if each is not other})
            other.suppressed_at = person.suppressed_at
            others.append(other)
        return others

    def _have_been(self, group: Iterable[Said]) -> set[UUID]:
        """Ids of the persons that a group may have been before they were merged."""
        made = (person_id(said.submission.submission_id) for said in group)
        names = {name for said in group for name in self.people.read(said.keys).joins}
        return {*made, *filter(None, map(self.people.owner_of, names))}

    def _stranger(self, group: Sequence[Said]) -> Person:
        first = group[0].submission
        made = person_id(event_id(self.cause, "parted", first.submission_id))
        return Person(made, first.received_at)

    def _give(self, group: Iterable[Said], person: Person) -> None:
        for said in group:
            self._whose[said.submission.submission_id] = person
            held = [lead for lead in self.holdings.now(said.leads) if lead.state is not LeadState.ERASED]
            self._held[said.submission.submission_id] = held
            self.people.give(self.people.read(said.keys).counting, person)

    def _move_leads(self, person: Person) -> dict[UUID, list[Lead]]:
        """Open ones first: what leaves an ended one may join one that has moved."""
        leads: dict[UUID, Lead] = {}
        said: dict[UUID, list[Said]] = {}
        for each in self.holdings.said.of(person.id):
            for lead in self._held[each.submission.submission_id]:
                leads[lead.id] = lead
                said.setdefault(lead.id, []).append(each)
        moved: dict[UUID, list[Lead]] = {}
        for lead in sorted(leads.values(), key=lambda lead: (lead.state is not LeadState.OPEN, lead.age)):
            holds = said[lead.id]
            holder = self._holder(holds)
            if self.people.root(lead.person_id) is not holder:
                self.holdings.book.give(lead, holder.id)
                moved.setdefault(holder.id, []).append(lead)
            self._let_go(lead, holder, holds)
        return moved

    def _give_back(self, person: Person, others: dict[UUID, Person], moved: dict[UUID, list[Lead]]) -> None:
        """A lead that no form holds, as a request for advice opens it, is whose it was opened for."""
        held = {lead.id for leads in self._held.values() for lead in leads}
        for lead in self.holdings.leads.values():
            other = others.get(lead.opened_person)
            if other is None or lead.id in held or lead.state in (LeadState.MERGED, LeadState.ERASED):
                continue
            has_one = any(each.line == lead.line for each in self.holdings.book.of(other.id))
            if self.people.root(lead.person_id) is person and not has_one:
                self.holdings.book.give(lead, other.id)
                moved.setdefault(other.id, []).append(lead)

    def _holder(self, holds: Sequence[Said]) -> Person:
        """A lead that several have sent to stays with the one who said who they are, so with its rep."""
        said = next((each for each in holds if is_known(each.keys)), holds[0])
        return self._whose[said.submission.submission_id]

    def _let_go(self, lead: Lead, holder: Person, holds: Sequence[Said]) -> None:
        """What others have sent leaves the lead for theirs of its line; so do the leads that ended in it."""
        ended = self.holdings.ended_in(lead)
        asks = {each.id: [said for said in holds if each in self.holdings.ever(said.leads)] for each in ended}
        stays, going = self._split(holds, holder)
        for said in going:
            self._join_other(lead, said)
        self._take_out(lead, stays, going)
        for each in ended:
            self._follow(each, lead, holder, asks[each.id])

    def _split(self, holds: Iterable[Said], holder: Person) -> tuple[list[Said], list[Said]]:
        """What is the holder's, and what is others'."""
        parts: tuple[list[Said], list[Said]] = ([], [])
        for said in holds:
            parts[self._whose[said.submission.submission_id] is not holder].append(said)
        return parts

    def _join_other(self, lead: Lead, said: Said) -> None:
        identity, book = said.submission.submission_id, self.holdings.book
        person = self._whose[identity]
        event = event_id(self.cause, "parted", f"{lead.id} {person.id}")
        other, _ = book.take(person.id, lead.line, act_of(said.submission), event)
        new = self._new.setdefault(identity, list(self._held[identity]))
        new[new.index(lead)] = other

    def _take_out(self, lead: Lead, stays: Sequence[Said], going: Sequence[Said]) -> None:
        if not going:
            return
        lead.submissions = max(lead.submissions - len(going), 1)
        gone, acts = ([act_of(each.submission) for each in those] for those in (going, stays))
        self.holdings.book.take_out(lead, gone, acts)

    def _follow(self, ended: Lead, lead: Lead, holder: Person, asks: Sequence[Said]) -> None:
        """A lead that ended in this one: with the holder, or along with the one person who asked in it."""
        askers = {self._whose[said.submission.submission_id].id for said in asks}
        self.holdings.book.changed[ended.id] = ended
        if len(askers) != 1 or askers == {holder.id}:
            ended.person_id = holder.id
            self._take_out(ended, *self._split(asks, holder))
            return
        identity = asks[0].submission.submission_id
        place = self._held[identity].index(lead)
        ended.person_id, ended.merged_into = askers.pop(), self._new[identity][place].id
        for said in asks:
            self._along.setdefault(said.submission.submission_id, []).append(ended)

    def _move_said(self, person: Person, groups: Sequence[Sequence[Said]], others: Sequence[Person]) -> None:
        names: dict[UUID, set[KeyName]] = {}
        for group, each in zip(groups, [person, *others], strict=True):
            names[each.id] = {name for said in group for name in self._names(said)}
            for said in group:
                self._move_one(said, person, each)
        gone = [said.told for group in groups[1:] for said in group]
        person.known.unlearn(gone, [said.told for said in groups[0]])
        for group, other in zip(groups[1:], others, strict=True):
            other.known = Known()
            for profile, received_at, word in (said.told for said in group):
                other.known.learn(profile, received_at, word=word)
        self.holdings.book.signals.part(person.id, names)

    def _move_one(self, said: Said, before: Person, now: Person) -> None:
        identity = said.submission.submission_id
        new = self._new.get(identity)
        leads = None if new is None else self._links(new, self._along.get(identity, []))
        self.holdings.moves(identity, person=now.id, leads=leads, is_parted=now is not before)
        self.holdings.said.drop(before.id, identity)
        whole = tuple(lead.id for lead in self.holdings.ever(leads)) if leads is not None else said.leads
        self.holdings.said.add(now.id, Said(said.submission, said.keys, whole))

    def _links(self, new: Sequence[Lead], along: Sequence[Lead]) -> tuple[UUID, ...]:
        """The leads that hold it, each by those that held it first and went along: they have kept it too."""
        ends = self.holdings.now([lead.id for lead in along])
        return tuple(dict.fromkeys(lead.id for lead in (*along, *(x for x in new if x not in ends))))

    def _names(self, said: Said) -> list[KeyName]:
        visitor = said.submission.visitor
        counting = list(self.people.read(said.keys).counting)
        return [*counting, (VISITOR, visitor)] if visitor else counting


def _are_known(group: Iterable[Said]) -> bool:
    return any(is_known(said.keys) for said in group)


def undone(people: People, parted: Parted, now: datetime) -> list[LeadMerged]:
    """What tells the others of it: of each who stands alone again, and of the leads that they took along."""
    events: list[LeadMerged] = []
    for other in parted.others:
        other.merges += 1
        people.touch(other)
        events.append(
            LeadMerged(
                kind="undone",
                person_id=other.id,
                other_person_id=parted.person.id,
                leads_moved=[lead.id for lead in parted.moved.get(other.id, ())],
                at=now,
                seq=other.merges,
            )
        )
    return events
