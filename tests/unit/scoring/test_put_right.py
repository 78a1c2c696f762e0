"""Whatever is mapped again, corrected or erased: a lead is what the submissions it holds have brought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events import Attribution, Consent, ImportedRow, LeadSubmitted, Profile, Receipt, Rerun
from lead_events.words import RerunKind
from rulebook.cel import compile_condition
from rulebook.context import SCORING_VARIABLES
from rulebook.models import Scorecard
from scoring.domain.acts import Act
from scoring.domain.book import Cards, LeadBook
from scoring.domain.desk import Desk
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import Key, KeyName, People
from scoring.domain.score import compile_scorecard
from scoring.domain.submissions import Fate, Incoming, Kept, SubmissionState, act_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CARD = compile_scorecard(
    Scorecard(fit=[], interest=[]), lambda source: compile_condition(source, SCORING_VARIABLES)
)
CARDS = Cards(1, {"main": CARD, "training": CARD})
EVA, LEO, PHONE = ("email", "eva@example.com"), ("email", "leo@example.com"), ("phone", "+34600111222")
SENDERS: tuple[tuple[KeyName, ...], ...] = ((EVA,), (LEO,), (PHONE,), (EVA, PHONE))
"""The last one shows that the first and the one before it are one person."""
IMPORT = UUID(int=7)


@dataclass(frozen=True)
class Mapped:
    """What a mapping made of one submission of one of SENDERS."""

    sender: int
    asks: bool
    is_test: bool
    consent: str | None
    campaign: str | None
    lines: tuple[str, ...]


mapped = st.builds(
    Mapped,
    sender=st.integers(0, len(SENDERS) - 1),
    asks=st.booleans(),
    is_test=st.booleans(),
    consent=st.sampled_from([None, "Yes, call me.", "Yes, write to me."]),
    campaign=st.sampled_from([None, "spring", "fair"]),
    lines=st.sampled_from([("main",), ("main", "training"), ("training",)]),
)


first = st.lists(st.tuples(mapped, st.booleans()), min_size=1, max_size=5)
"""With whether it is a row of an import: those ask for nothing."""


def incoming(number: int, what: Mapped, is_row: bool = False, again: int = 0) -> Incoming:
    received = START + timedelta(minutes=10 * number)
    consent = what.consent and Consent(given=True, text=what.consent, at=received)
    submission = LeadSubmitted(
        submission_id=uuid5(UUID(int=0), str(number)),
        form_id="demo",
        lines=list(what.lines),
        source="website",
        campaign=what.campaign,
        fingerprint=str(number),
        received_at=received,
        fields={},
        profile=Profile(**dict(SENDERS[what.sender])),
        attribution=Attribution(utm_campaign=what.campaign),
        consent=consent or None,
        explicit_ask=what.asks and not is_row,
        is_test=what.is_test,
        receipt=Receipt(instance="i", number=number + 1),
        rulebook_version=1,
        imported=ImportedRow(import_id=IMPORT, row=number + 1) if is_row else None,
    )
    if again:
        rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=UUID(int=again), at=START, by="ana")
        submission = submission.model_copy(update={"rerun": rerun})
    event = uuid5(UUID(int=1), f"{number} {again}")
    return Incoming(submission, event, received, False, SENDERS[what.sender])


def take(taking: Desk, sent: Incoming) -> Fate | None:
    """As scoring takes it, with what is stored of it beside."""
    fate = taking.take(sent)
    if fate is not None and fate.again is None:
        taking.kept[sent.submission.submission_id] = Kept(
            sent.submission, sent.keys, START, fate.state, fate.person_id, fate.lead_ids, fate.merged_leads
        )
    return fate


def held_by(taking: Desk, lead: Lead) -> list[Act]:
    """What the submissions that a lead holds bring, in the order in which they were received."""
    kept = [each for each in taking.kept.values() if each.state is not SubmissionState.ERASED]
    kept.sort(key=lambda each: each.submission.received_at)
    book = taking.book.changed
    return [act_of(each.submission) for each in kept if any(_end(book, i) is lead for i in each.lead_ids)]


def _end(book: dict[UUID, Lead], identity: UUID) -> Lead:
    lead = book[identity]
    return lead if lead.merged_into is None else _end(book, lead.merged_into)


def check(taking: Desk) -> None:
    for lead in taking.book.changed.values():
        if lead.state is not LeadState.OPEN:
            continue
        acts = held_by(taking, lead)
        assert acts, "nobody is to work on a lead that holds nothing"
        assert lead.submissions == len(acts)
        assert lead.asks == any(act.asks for act in acts)
        assert lead.is_test == all(act.is_test for act in acts)
        assert lead.consent == next((a.consent for a in reversed(acts) if a.consent), None)
        assert lead.invited_at == max((a.received_at for a in acts if a.invites), default=None)
        assert set(lead.origins) == {act.origin for act in acts}
        opener = next((act for act in acts if act.submission == lead.opened_by), None)
        assert opener is None or lead.origins[0] == opener.origin
        assert lead.attribution == (opener.attribution if opener else Attribution())
        is_live = opener is None or opener.handling is None or any(a.asks for a in acts if not a.handling)
        assert (lead.handling is None) == is_live


def desk() -> Desk:
    return Desk(People([Key(name) for name in (EVA, LEO, PHONE)], []), LeadBook(), lambda _: CARDS, START)


def take_all(taking: Desk, sent: Sequence[tuple[Mapped, bool]]) -> None:
    for number, (what, is_row) in enumerate(sent):
        take(taking, incoming(number, what, is_row))
    taking.leads = taking.admission.leads = dict(taking.book.changed)
    check(taking)


@settings(max_examples=250)
@given(first, st.data())
def test_a_lead_is_what_its_submissions_bring(
    sent: Sequence[tuple[Mapped, bool]], data: st.DataObject
) -> None:
    taking = desk()
    take_all(taking, sent)
    for again in range(1, data.draw(st.integers(1, 6)) + 1):
        number = data.draw(st.integers(0, len(sent) - 1))
        take(taking, incoming(number, data.draw(mapped), sent[number][1], again))
        check(taking)


@settings(max_examples=100)
@given(first, st.data())
def test_what_an_erased_person_sent_leaves_nothing_in_anybodys_lead(
    sent: Sequence[tuple[Mapped, bool]], data: st.DataObject
) -> None:
    taking = desk()
    take_all(taking, [(replace(what, sender=(0, 2, 3)[what.sender % 3]), is_row) for what, is_row in sent])
    gone = data.draw(st.integers(0, len(sent) - 1))
    again = incoming(gone, replace(data.draw(mapped), sender=1), sent[gone][1], again=1)
    taking.erased = {again.submission.submission_id}
    fate = take(taking, again)
    assert fate is not None
    assert fate.state is SubmissionState.ERASED
    check(taking)
