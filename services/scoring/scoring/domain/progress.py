"""What the router and the reps report back: leads that ended, and asks that came after an end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lead_events import Attribution, Cause, Journey, LeadProgressed, LeadRouted, LeadSubmitted
from lead_events.ids import lead_id
from lead_events.words import CauseKind, CloseReason, ProgressKind, RoutedKind
from scoring.domain.acts import Act
from scoring.domain.book import LeadBook
from scoring.domain.duplicates import Duplicate, duplicate_of
from scoring.domain.holdings import Holdings, Moved
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import People, Person
from scoring.domain.publications import CardsAt, Occasion
from scoring.domain.submissions import SubmissionState, act_of, act_time, journey_of

_PROGRESS_ENDS = {ProgressKind.REJECTED: CloseReason.REJECTED, ProgressKind.RECYCLED: CloseReason.RECYCLED}


class ProgressEffect(StrEnum):
    """What a report did to scoring's store."""

    CLOSED = "closed"
    OPENED = "opened"
    JOINED = "joined"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Ending:
    """That a lead's selling cycle ended, why and when."""

    lead_id: UUID
    reason: CloseReason
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredSubmission:
    """A submission as kept, with the leads that hold it and those that it only merged: see Fate."""

    submission: LeadSubmitted
    durable_at: datetime
    lead_ids: tuple[UUID, ...]
    state: SubmissionState
    released_at: datetime | None = None
    merged_leads: tuple[UUID, ...] = ()


def ending_of(report: LeadRouted | LeadProgressed) -> Ending | None:
    """The ending that a report tells, if it tells one."""
    reason = _routed_end(report) if isinstance(report, LeadRouted) else _progress_end(report)
    if reason is not None:
        return Ending(report.lead_id, reason, report.at)
    if isinstance(report, LeadProgressed) and report.closing is not None:
        return Ending(report.lead_id, report.closing.reason, report.closing.at)
    return None


def _routed_end(report: LeadRouted) -> CloseReason | None:
    if report.kind is not RoutedKind.CLOSED:
        return None
    return report.close_reason or CloseReason.REJECTED


def _progress_end(report: LeadProgressed) -> CloseReason | None:
    if report.kind is ProgressKind.OUTCOME and report.outcome is not None:
        return {"won": CloseReason.WON, "lost": CloseReason.LOST}.get(report.outcome.result)
    return _PROGRESS_ENDS.get(report.kind)


@dataclass(slots=True)
class ProgressDesk:
    """Takes reports in order of arrival.

    `holdings` has the leads they name and what those were merged into, `stored` what stands for the
    submissions they name: None for an erased one. `in_use`: ids of leads that late asks may not take again.
    """

    people: People
    holdings: Holdings
    stored: Mapping[UUID, StoredSubmission | None]
    cards_at: CardsAt
    now: datetime
    in_use: Collection[UUID] = ()
    endings: dict[UUID, Ending] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)

    @property
    def moved(self) -> dict[UUID, Moved]:
        """Submissions that went elsewhere."""
        return self.holdings.moved

    @property
    def book(self) -> LeadBook:
        """The open leads, and what changes of them."""
        return self.holdings.book

    def take(self, report: LeadRouted | LeadProgressed, event_id: UUID) -> ProgressEffect:
        """Apply one report. One that changes nothing here is noted."""
        lead = self.holdings.find(report.lead_id)
        if lead is None:
            return ProgressEffect.NOTED
        ended = self._end(lead, report)
        if isinstance(report, LeadProgressed) and report.kind is ProgressKind.ARRIVED_AFTER_CLOSE:
            return self._after_close(lead, report, event_id)
        self._note_duplicate(lead, report, event_id)
        return ProgressEffect.CLOSED if ended else ProgressEffect.NOTED

    def _end(self, lead: Lead, report: LeadRouted | LeadProgressed) -> bool:
        """Close the lead. Of several endings told the earliest holds, in whatever order they are told."""
        ending = ending_of(report)
        if ending is None or lead.state is LeadState.MERGED:
            return False
        is_news = lead.state is LeadState.OPEN
        if is_news:
            self.book.close(lead)
        told = self.endings.get(lead.id, ending)
        self.endings[lead.id] = min(told, ending, key=lambda each: each.at)
        self.book.changed[lead.id] = lead
        return is_news

    def _note_duplicate(self, lead: Lead, report: LeadRouted | LeadProgressed, event_id: UUID) -> None:
        """Looked at once this lead has ended here too, so that of the two it is never the one to live."""
        found = duplicate_of(event_id, report) if isinstance(report, LeadProgressed) else None
        if found is not None and lead.state is not LeadState.ERASED and not lead.is_test:
            self.duplicates.append(found)

    def _after_close(self, closed: Lead, report: LeadProgressed, event_id: UUID) -> ProgressEffect:
        """The late ask joins the open lead of that person and line or opens one; once, however often told.

        Where the closed lead was merged into one that is open, the merge has brought the ask there already,
        and where the submission is held by the open lead by now, so has that: it is not counted again, only
        published as an ask. One that merged the closed lead only asks for whoever ended in it.
        """
        cause = report.cause_id or event_id
        stored = self._as_moved(cause)
        if self._is_answered(closed, cause, stored):
            return ProgressEffect.NOTED
        moves = stored is not None and self._holds(closed, stored)
        act = act_of(stored.submission) if stored and moves else _act_unknown(closed, report, cause)
        occasion = self._occasion(cause, act, stored, report, event_id)
        if closed.line not in occasion.cards.by_line:
            return ProgressEffect.NOTED
        person = self.people.root(closed.person_id)
        lead, opened = self._asked(closed, stored), False
        if lead is None:
            wanted = lead_id(cause, closed.line)
            is_taken = wanted in self.in_use or self.holdings.find(wanted) is not None
            lead, opened = self.book.take(person.id, closed.line, act, event_id if is_taken else cause)
            self.holdings.leads[lead.id] = lead
        if stored:
            self._move(stored, closed, lead, person, opened=opened and moves)
        self.book.publish(lead, person, occasion)
        return ProgressEffect.OPENED if opened else ProgressEffect.JOINED

    def _is_answered(self, closed: Lead, cause: UUID, stored: StoredSubmission | None) -> bool:
        """Whether this late ask was told before, or is an erased person's."""
        if stored is not None:
            return closed.id not in stored.merged_leads and not self._holds(closed, stored)
        return cause in self.stored or self.holdings.find(lead_id(cause, closed.line)) is not None

    def _holds(self, closed: Lead, stored: StoredSubmission) -> bool:
        """Whether the closed lead, or the closed one that it ended in, holds the submission."""
        holder = self._holder(closed)
        is_end = holder.state is not LeadState.OPEN and holder in self.holdings.now(stored.lead_ids)
        return is_end or closed.id in stored.lead_ids

    def _asked(self, closed: Lead, stored: StoredSubmission | None) -> Lead | None:
        """The open lead that has been brought the ask: what the closed one ended in, or one of its line that
        holds the submission."""
        leads = [self._holder(closed), *self.holdings.now(stored.lead_ids if stored else ())]
        found = (lead for lead in leads if lead.state is LeadState.OPEN and lead.line == closed.line)
        return next(found, None)

    def _holder(self, lead: Lead) -> Lead:
        """The lead that has this one's submissions now: itself, or what it was merged into."""
        return next(iter(self.holdings.now([lead.id])), lead)

    def _move(
        self, stored: StoredSubmission, closed: Lead, lead: Lead, person: Person, *, opened: bool
    ) -> None:
        """Whatever held the ask on its way to the closed lead holds it no more."""
        identity, holder = stored.submission.submission_id, self._holder(closed)
        left = [each for each in stored.lead_ids if each == closed.id or holder in self.holdings.now([each])]
        held = dict.fromkeys(lead.id if each in left else each for each in stored.lead_ids)
        merged = dict.fromkeys(lead.id if each == closed.id else each for each in stored.merged_leads)
        state = SubmissionState.OPENED if opened else stored.state
        self.moved[identity] = replace(
            self.moved.get(identity, Moved(identity)),
            state=state,
            lead_ids=tuple(held),
            merged_leads=tuple(x for x in merged if x not in held),
        )
        act = act_of(stored.submission)
        for each in [each for each in self.holdings.ever(left) if each is not lead]:
            each.submissions = max(each.submissions - 1, 1)
            self.book.put_right(each, act, None, self.holdings.acts(each, person, but=identity))
        self.holdings.move(identity, person, held)

    def _occasion(
        self,
        cause: UUID,
        act: Act,
        stored: StoredSubmission | None,
        report: LeadProgressed,
        event_id: UUID,
    ) -> Occasion:
        at = act_time(stored.submission) if stored else report.at
        told = stored.submission if stored else None
        return Occasion(
            cause=Cause.model_construct(
                id=cause,
                kind=CauseKind.AFTER_CLOSE,
                at=at,
                source=told.source if told else None,
                campaign=told.campaign if told else None,
            ),
            event_cause=event_id,
            journey=self._journey(stored, report),
            cards=self.cards_at(act.received_at),
        )

    def _as_moved(self, cause: UUID) -> StoredSubmission | None:
        stored = self.stored.get(cause)
        moved = self.moved.get(stored.submission.submission_id) if stored else None
        if stored is None or moved is None:
            return stored
        return replace(
            stored,
            state=moved.state or stored.state,
            lead_ids=stored.lead_ids if moved.lead_ids is None else moved.lead_ids,
            merged_leads=stored.merged_leads if moved.merged_leads is None else moved.merged_leads,
        )

    def _journey(self, stored: StoredSubmission | None, report: LeadProgressed) -> Journey:
        if stored is not None:
            return journey_of(
                stored.submission, stored.durable_at, released_at=stored.released_at, now=self.now
            )
        return Journey.model_construct(received_at=report.at, durable_at=report.at, scored_at=self.now)


def _act_unknown(closed: Lead, report: LeadProgressed, cause: UUID) -> Act:
    """An ask that no submission of ours brings: it comes from where the closed lead came from. What persons
    have said in that one stays there: no submission would take it out of another."""
    form, source, _ = closed.origins[0]
    return Act(
        submission=cause,
        origin=(form, source, None),
        at=report.at,
        received_at=report.at,
        asks=True,
        attribution=Attribution(),
        consent=None,
        is_test=report.is_test,
    )
