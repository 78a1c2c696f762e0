"""How an accepted submission reaches its person and their leads, and how another takes its place."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lead_events import Cause, LeadMerged
from lead_events.ids import event_id
from lead_events.words import CauseKind
from scoring.domain.book import LeadBook, LetGo
from scoring.domain.contributions import Said, word_of
from scoring.domain.grouping import KeyName
from scoring.domain.holdings import Holdings
from scoring.domain.interest import VISITOR
from scoring.domain.leads import Lead, LeadState, heirs_of
from scoring.domain.merging import ErasedLead, Merge
from scoring.domain.parting import Parting, undone
from scoring.domain.people import EMAIL, People, Person, Resolution
from scoring.domain.publications import CardsAt, Occasion
from scoring.domain.submissions import (
    Fate,
    Incoming,
    Kept,
    SubmissionState,
    act_of,
    act_time,
    journey_of,
)


@dataclass(slots=True)
class Admission:
    """Takes submissions in that every check has let through."""

    people: People
    holdings: Holdings
    cards_at: CardsAt
    now: datetime
    merges: list[Merge] = field(default_factory=list)
    erased_leads: list[ErasedLead] = field(default_factory=list)

    @property
    def book(self) -> LeadBook:
        """The open leads, and what changes of them."""
        return self.holdings.book

    def accept(self, incoming: Incoming) -> Fate:
        """Find or make the person, open or join the lead of each line, publish."""
        submission = incoming.submission
        identity = submission.submission_id
        self._part(incoming)
        found = self.people.resolve(incoming.keys, identity, submission.received_at)
        self._learn(found.person, incoming)
        absorbed = self._merge_leads(found, incoming)
        act = act_of(submission)
        lines = dict.fromkeys(submission.lines)
        taken = [self.book.take(found.person.id, line, act, identity) for line in lines]
        opened = any(is_new for _, is_new in taken)
        leads = [lead for lead, _ in taken]
        merged = [each for each in self.book.of(found.person.id) if each.id in absorbed and each not in leads]
        self._note_said(found.person, incoming, leads)
        self._publish(found.person, leads, merged, incoming, with_others=opened or bool(found.merged))
        state = SubmissionState.OPENED if opened else SubmissionState.JOINED
        return Fate(state, found.person.id, _ids(leads), merged_leads=_ids(merged))

    def replace(self, incoming: Incoming, old: Kept) -> Fate:
        """Take in what stands for `old` from now on: the same one mapped anew, or a vendor's correction.

        It belongs to the leads that `old` belongs to and counts once in each; what `old` alone said about the
        person goes. Open leads are published as rescored: nobody asks anew by it. A line it did not ask for
        before opens or joins a lead, and one of a line it asks for no more keeps it. An ended lead stays as
        it is, unless it turns out to be somebody else's: then what it brought is taken out. A lead in which
        another one ends by it is published as asked for, as it is by any submission.
        """
        before, ever = self._take_back(old), old.lead_ids
        held = self.holdings.now(old.lead_ids)
        found = self._resolve_again(incoming, old, before)
        self._learn(found.person, incoming)
        absorbing = self._merge_leads(found, incoming)
        held = self.holdings.now(_ids(held))
        if {*_ids(held)} != {
            *_ids(self.holdings.now(old.lead_ids))
        }:  # what it shared an ended one with went elsewhere
            old = replace(old, lead_ids=_ids(held))
        before = self.people.root(before.id)
        foreign = [lead for lead in held if self.people.root(lead.person_id) is not found.person]
        if foreign or found.person is not before:
            along, heirs = self._brought_along(foreign, found.person, incoming)
            held = [lead for lead in held if lead not in foreign] + along
            absorbing |= heirs
            for lead in self.holdings.ever([*ever, *old.lead_ids]):
                whose = self.people.root(lead.person_id)
                if lead.state is LeadState.MERGED or whose is not found.person:
                    self._take_out(lead, old, whose)
        return self._enter(incoming, found.person, held, absorbing, before, old)

    def withdraw(self, incoming: Incoming, old: Kept) -> Fate:
        """Mapped anew, `old` turned out to be from before the erasure of somebody else: nothing of it stays
        with the person and in the leads that it was taken for. A lead that held nothing else goes with it.
        """
        before = self._take_back(old)
        carried = {name for said in self.holdings.said.of(before.id) for name in said.keys}
        self._detach(set(old.keys) - carried, before)
        gone = [lead for lead in self.holdings.now(old.lead_ids) if self.book.forget(lead)]
        for lead in self.holdings.ever(old.lead_ids):
            self._take_out(lead, old, before)
        self.erased_leads += [ErasedLead(incoming.event_id, before.id, lead.id) for lead in gone]
        self._publish_beside(
            before, list(self.book.of(before.id)), self._occasion(incoming, CauseKind.RESCORE)
        )
        return Fate(SubmissionState.ERASED)

    def strip(self, old: Kept) -> None:
        """`old`, in whose place a correction stands, is an erased person's: ended leads have kept it."""
        if old.person_id is None:
            return
        person, act = self.people.root(old.person_id), act_of(old.submission)
        for lead in self.holdings.ever(old.lead_ids):
            if lead.state is not LeadState.OPEN:
                self.book.put_right(lead, act, None, self.holdings.acts(lead, person, but=act.submission))

    def _brought_along(
        self, held: Sequence[Lead], person: Person, incoming: Incoming
    ) -> tuple[list[Lead], set[UUID]]:
        """The leads that hold a submission from now on which turned out to be `person`'s, of those that have
        `held` it, and the leads in which others of those end, which is told.

        One that it asks for still is joined as any other; one that it asks for no more keeps it.
        """
        ended = dict[UUID, Lead]()
        along: list[Lead] = []
        for lead in held:
            what = self.book.let_go(lead, person.id)
            if what is LetGo.GOES_ALONG:
                along.append(lead)
            elif what is LetGo.ENDS:
                ended[lead.id] = lead
        kept = [lead.line for lead in ended.values() if lead.line not in incoming.submission.lines]
        for heir in [each for each in self.book.of(person.id) if each.line in kept]:
            heir.submissions += 1
            along.append(heir)
        if ended:
            self._tell_ended(person, list(ended.values()), incoming)
        return along, {lead.merged_into for lead in ended.values() if lead.merged_into is not None}

    def _tell_ended(self, person: Person, ended: list[Lead], incoming: Incoming) -> None:
        """Leads of one person ended in other ones of theirs: no two persons were found to be one."""
        person.merges += 1
        self.people.touch(person)
        event = LeadMerged(
            kind="merged",
            person_id=person.id,
            other_person_id=person.id,
            leads_ended=[lead.id for lead in ended],
            ended_in=heirs_of(ended),
            at=self.now,
            seq=person.merges,
        )
        self.merges.append(Merge(incoming.submission.submission_id, incoming.event_id, event))

    def _enter(
        self,
        incoming: Incoming,
        person: Person,
        held: Sequence[Lead],
        absorbing: Collection[UUID],
        before: Person,
        old: Kept,
    ) -> Fate:
        act = act_of(incoming.submission)
        stays = person is before
        ended = [
            each
            for each in self.holdings.ever(old.lead_ids if stays else ())
            if each not in held and self.people.root(each.person_id) is person
        ]
        for lead in [*held, *ended]:
            if lead.state is not LeadState.CLOSED:
                others = self.holdings.acts(lead, person, but=act.submission)
                self.book.put_right(lead, act_of(old.submission), act, others)
        known = {lead.line for lead in held}
        lines = [line for line in dict.fromkeys(incoming.submission.lines) if line not in known]
        taken = [self.book.take(person.id, line, act, incoming.event_id) for line in lines]
        leads = [lead for lead, _ in taken]
        holding = self._links(old.lead_ids if stays else (), held) + _ids(leads)
        self._note_said(person, incoming, self.holdings.ever(holding))
        merged = [each for each in self.book.of(person.id) if each.id in absorbing and each not in leads]
        if asked := leads + merged:
            self._publish(person, leads, merged, incoming, with_others=False)
        occasion = self._occasion(incoming, CauseKind.RESCORE)
        for each in {person.id: person, before.id: before}.values():
            self._publish_beside(each, [x for x in self.book.of(each.id) if x not in asked], occasion)
        state = SubmissionState.OPENED if any(is_new for _, is_new in taken) else SubmissionState.JOINED
        merges = dict.fromkeys([*old.merged_leads, *_ids(merged)])
        return Fate(state, person.id, holding, merged_leads=tuple(x for x in merges if x not in holding))

    def _links(self, before: Iterable[UUID], held: Sequence[Lead]) -> tuple[UUID, ...]:
        """The leads that hold a submission, each by the one that held it first and was merged into it."""
        kept = [each for each in before if any(lead in held for lead in self.holdings.now([each]))]
        ends = self.holdings.now(kept)
        return (*kept, *(lead.id for lead in held if lead not in ends))

    def _take_back(self, old: Kept) -> Person:
        """What `old` alone said about its person goes, and what others say of the same comes forth."""
        if old.person_id is None:
            raise ValueError("only an accepted submission can be replaced")
        person = self.people.root(old.person_id)
        dropped = self.holdings.said.drop(person.id, old.submission.submission_id)
        others = self.holdings.said.of(person.id)
        if dropped is not None:
            person.known.unlearn([dropped.told], (each.told for each in others))
        visitor = old.submission.visitor
        if visitor is not None and not any(each.submission.visitor == visitor for each in others):
            self.book.signals.forget(person.id, [(VISITOR, visitor)])
        self.people.touch(person)
        return person

    def _resolve_again(self, incoming: Incoming, old: Kept, before: Person) -> Resolution:
        """It stays with its person where that one has nobody else's submissions, where it has all the keys it
        had or one that another of theirs carries, or where it has none at all; else it goes to whoever has
        its keys now. Keys that it alone carried go with it, and those that it carries no more are nobody's.

        Of a correction the caller has made sure that it is the same person.
        """
        others = self.holdings.said.of(before.id)
        carried = {name for said in others for name in said.keys}
        has, had = set(incoming.keys), set(old.keys)
        is_correction = old.submission.submission_id != incoming.submission.submission_id
        stays = is_correction or not others or not has or had <= has or not has.isdisjoint(carried)
        if not stays or not any(_is_of_email(said, old) for said in others):
            self.people.correct_email(_email(old), incoming.keys)
        if not is_correction:
            self._detach((had if not stays else had - has) - carried, before)
        if self._part(incoming):
            joins = self.people.read(incoming.keys).joins
            carried = {name for said in self.holdings.said.of(before.id) for name in said.keys}
            stays = is_correction or not carried.isdisjoint(joins)
        found = self.people.resolve(
            incoming.keys,
            incoming.event_id,
            incoming.submission.received_at,
            stays=before if stays else None,
        )
        if found.is_new:  # whoever is left alone is so under the right name too
            found.person.suppressed_at = before.suppressed_at
        return found

    def _detach(self, names: Collection[KeyName], person: Person) -> None:
        """Keys that nothing of the person's carries any more: neither forms nor acts are theirs by these."""
        self.people.detach(names, person)
        self.book.signals.forget(person.id, names)

    def _take_out(self, lead: Lead, old: Kept, person: Person) -> None:
        """What `old` brought to a lead of the person it was taken for goes, its count in open ones apart."""
        act = act_of(old.submission)
        if lead.state is LeadState.MERGED:
            lead.submissions = max(lead.submissions - 1, 1)
        self.book.put_right(lead, act, None, self.holdings.acts(lead, person, but=act.submission))

    def _learn(self, person: Person, incoming: Incoming) -> None:
        submission = incoming.submission
        person.known.learn(
            submission.profile, submission.received_at, word=word_of(submission, incoming.keys)
        )
        self.people.touch(person)
        no_more = set(incoming.keys).difference(self.people.read(incoming.keys).counting)
        self.book.signals.know(person.id, [name for name in incoming.names if name not in no_more])

    def _note_said(self, person: Person, incoming: Incoming, leads: Iterable[Lead]) -> None:
        self.holdings.said.add(person.id, Said(incoming.submission, incoming.keys, _ids(leads)))

    def _merge_leads(self, found: Resolution, incoming: Incoming) -> set[UUID]:
        """The leads that others ended in. They carry those others' asks now and are published as asked
        for: should one be closed already without our knowing, the router answers, and nobody is forgotten.

        `seq` counts the survivor's merges: the survivor had `merges` raised once for each of them.
        """
        absorbing: set[UUID] = set()
        survivor, known = found.person, found.was_known
        first = survivor.merges - len(found.merged) + 1
        for number, other in enumerate(found.merged, start=first):
            prefers = (survivor if known else other).id if known is not other.is_known else None
            known = known or other.is_known
            ended, moved = self.book.merge(survivor.id, other.id, prefers)
            self.holdings.said.move(other.id, survivor.id)
            absorbing |= {lead.merged_into for lead in ended if lead.merged_into is not None}
            event = LeadMerged(
                kind="merged",
                person_id=survivor.id,
                other_person_id=other.id,
                leads_ended=[lead.id for lead in ended],
                ended_in=heirs_of(ended),
                leads_moved=[lead.id for lead in moved],
                at=self.now,
                seq=number,
            )
            self.merges.append(Merge(incoming.submission.submission_id, incoming.event_id, event))
        return absorbing

    def _part(self, incoming: Incoming) -> bool:
        """Take apart whom a phone held together that identifies nobody any more. Whether it held anybody.

        What is published of it has a cause of its own: the submission may publish the same leads once more.
        """
        owners = self.people.stop_identifying(incoming.keys)
        for owner in owners:
            cause = event_id(incoming.event_id, "parted", owner.id)
            parted = Parting(self.people, self.holdings, cause).part(owner)
            events = undone(self.people, parted, self.now)
            identity = incoming.submission.submission_id
            self.merges += [Merge(identity, cause, event) for event in events]
            occasion = replace(self._occasion(incoming, CauseKind.RESCORE), event_cause=cause)
            for person in (parted.person, *parted.others) if parted.others else ():
                self._publish_beside(person, list(self.book.of(person.id)), occasion)
        return bool(owners)

    def _publish(
        self,
        person: Person,
        leads: Sequence[Lead],
        merged: Sequence[Lead],
        incoming: Incoming,
        *,
        with_others: bool,
    ) -> None:
        """Publish the leads that hold the submission, and those that others ended in, as asked for by it.
        Only to the first it brought its source."""
        submission = incoming.submission
        kind = CauseKind.EXPLICIT_ASK if submission.explicit_ask else CauseKind.SUBMISSION
        occasion = self._occasion(incoming, kind)
        brought = occasion.cause.model_copy(
            update={"source": submission.source, "campaign": submission.campaign}
        )
        for lead in leads:
            self.book.publish(lead, person, replace(occasion, cause=brought))
        for lead in merged:
            self.book.publish(lead, person, occasion)
        asked = [*leads, *merged]
        others = [lead for lead in self.book.of(person.id) if lead not in asked] if with_others else []
        if others:
            self._publish_beside(person, others, self._occasion(incoming, CauseKind.RESCORE))

    def _publish_beside(self, person: Person, others: Iterable[Lead], occasion: Occasion) -> None:
        """Publish leads that were not asked for anew, so that each rep sees the other's lead.

        Their cause is a rescore: a rep who closed one meanwhile gets no new lead by a form that never asked
        for it.
        """
        for lead in others:
            self.book.publish(lead, person, occasion)

    def _occasion(self, incoming: Incoming, kind: CauseKind) -> Occasion:
        submission = incoming.submission
        return Occasion(
            cause=Cause.model_construct(id=submission.submission_id, kind=kind, at=act_time(submission)),
            event_cause=incoming.event_id,
            journey=journey_of(
                submission, incoming.durable_at, released_at=self._released_at(incoming), now=self.now
            ),
            cards=self.cards_at(incoming.judged_at),
            is_bulk=incoming.is_bulk,
        )

    def _released_at(self, incoming: Incoming) -> datetime | None:
        """Timers of what somebody let go on start then, those of a row of an import now."""
        if incoming.rerun is not None:
            return incoming.rerun.at
        return self.now if incoming.is_bulk else None


def _ids(leads: Iterable[Lead]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(lead.id for lead in leads))


def _is_of_email(said: Said, old: Kept) -> bool:
    return said.submission.profile.email == old.submission.profile.email


def _email(old: Kept) -> str | None:
    return next((value for kind, value in old.keys if kind == EMAIL), None)
