"""Leads that the router closes while news is on its way: whoever asks meanwhile has an open lead, once."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events import Closing, LeadProgressed
from lead_events.words import CauseKind, CloseReason, ProgressKind
from scoring.domain.desk import Desk
from scoring.domain.progress import ProgressDesk, ProgressEffect, StoredSubmission
from tests.unit.scoring.stories import CARDS, START, Mapped, check, desk, incoming, mapped, take

ASKS = (CauseKind.SUBMISSION, CauseKind.EXPLICIT_ASK, CauseKind.AFTER_CLOSE)
LATER = START + timedelta(days=1)


@dataclass
class Router:
    """Closes leads, hears of asks and answers those for closed ones.

    `answered`: leads opened or joined for whoever ended in a closed one. `waiting`: asks since the last
    closing, by closed lead and submission, and whether that lead held the submission.
    """

    scoring: Desk
    closed: list[UUID] = field(default_factory=list)
    told: list[LeadProgressed] = field(default_factory=list)
    heard: int = 0
    answered: set[UUID] = field(default_factory=set)
    waiting: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)

    def close(self, lead: UUID) -> None:
        """A rep gives a lead back; scoring hears of it later."""
        merged = {ended for merge in self.scoring.merges for ended in merge.event.leads_ended}
        if lead not in self.closed and lead not in merged:
            self.closed.append(lead)
            self.waiting.clear()
            self.told.append(self._report(lead, ProgressKind.REJECTED))

    def hear(self) -> None:
        """Read what scoring has published since."""
        for publication in self.scoring.book.publications[self.heard :]:
            event = publication.event
            if event.lead_id in self.closed and event.cause.kind in ASKS:
                late = self._report(event.lead_id, ProgressKind.ARRIVED_AFTER_CLOSE)
                closing = Closing(reason=CloseReason.REJECTED, at=LATER, seq=1)
                held = self.scoring.holdings.now(self.scoring.kept[event.cause.id].lead_ids)
                self.waiting[event.lead_id, event.cause.id] = event.lead_id in [lead.id for lead in held]
                given = {"cause_id": event.cause.id, "is_test": event.is_test, "closing": closing}
                self.told.append(late.model_copy(update=given))
        self.heard = len(self.scoring.book.publications)

    def tell(self, place: int) -> None:
        """Scoring reads one report."""
        report = self.told.pop(place % len(self.told))
        taking = self.scoring
        stored = {
            identity: StoredSubmission(
                kept.submission, START, kept.lead_ids, kept.state, None, kept.merged_leads
            )
            for identity, kept in taking.kept.items()
        }
        progress = ProgressDesk(taking.people, taking.holdings, stored, lambda _: CARDS, LATER)
        before = {lead.id: lead.submissions for lead in taking.book.changed.values()}
        event = uuid5(UUID(int=2), f"{report.lead_id} {report.cause_id} {report.kind}")
        effect = progress.take(report, event)
        for moved in progress.moved.values():
            taking.kept[moved.submission] = moved.of(taking.kept[moved.submission])
        if effect in (ProgressEffect.OPENED, ProgressEffect.JOINED):
            was = report.cause_id is not None and stored[report.cause_id]
            if was and report.lead_id not in was.lead_ids:
                self.answered |= {
                    lead.id
                    for lead in taking.book.changed.values()
                    if lead.submissions > before.get(lead.id, 0)
                }

    def unknown(self) -> set[UUID]:
        """Open leads that hold an ask which no submission brings."""
        return {lead.id for lead in self.scoring.holdings.now(self.answered)}

    def _report(self, lead: UUID, kind: ProgressKind) -> LeadProgressed:
        line = self.scoring.book.changed[lead].line
        return LeadProgressed(lead_id=lead, line=line, seq=1, kind=kind, at=LATER, round=1)


steps = st.lists(st.tuples(st.sampled_from("nnnrcctt"), st.integers(0, 7), mapped), max_size=14)
"""A new submission, one mapped again, a closing at the router, a report that scoring reads; which and how."""


@settings(max_examples=250, deadline=None)
@given(steps)
def test_whoever_asks_while_a_lead_is_being_closed_is_in_an_open_one_once(
    story: list[tuple[str, int, Mapped]],
) -> None:
    taking = desk()
    router = Router(taking)
    sent = 0
    for number, (step, which, what) in enumerate(story):
        if step == "n":
            take(taking, incoming(sent, what))
            sent += 1
        elif step == "r" and sent:
            take(taking, incoming(which % sent, what, again=number + 1))
        elif step == "c" and taking.book.changed:
            router.close(sorted(taking.book.changed)[which % len(taking.book.changed)])
        elif step == "t" and router.told:
            router.tell(which)
        router.hear()
        check(taking, but=router.unknown())
    while router.told:
        router.tell(0)
        router.hear()
    check(taking, but=router.unknown())
    for (lead, submission), was_held in router.waiting.items():
        closed, kept = taking.book.changed[lead], taking.kept[submission]
        assert kept.person_id is not None
        asker = taking.people.root(kept.person_id if was_held else closed.person_id)
        assert closed.line in {lead.line for lead in taking.book.of(asker.id)} or (
            was_held and closed.line not in kept.submission.lines
        )
