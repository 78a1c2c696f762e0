"""Submissions taken in order: what becomes of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events import LeadSubmitted, Profile, Receipt, Rerun
from lead_events.words import CauseKind, RerunKind
from rulebook.models import InterestRule, Scorecard
from scorecard.compiled import compile_scorecard
from scoring.domain.book import LeadBook
from scoring.domain.desk import Desk
from scoring.domain.holdings import Holdings
from scoring.domain.leads import LeadState
from scoring.domain.people import Key, KeyName, People
from scoring.domain.publications import Cards
from scoring.domain.submissions import Incoming, Kept, SubmissionState

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA: KeyName = ("email", "eva@example.com")
RETURNS = InterestRule(id="returns", when="submissions >= 2", points=60, reason="came back")
CARD = compile_scorecard(Scorecard(fit_base=60, fit=[], interest=[RETURNS]))
CARDS = Cards(1, {"main": CARD, "training": CARD}, "EUR")


def desk(names: Sequence[KeyName] = (EVA,)) -> Desk:
    return Desk(People([Key(name) for name in names], []), Holdings(LeadBook()), lambda _: CARDS, START)


def incoming(
    name: str,
    keys: Sequence[KeyName] = (EVA,),
    *,
    minute: float = 0,
    content: str | None = None,
    lines: Sequence[str] = ("main",),
    asks: bool = True,
) -> Incoming:
    received = START + timedelta(minutes=minute)
    submission = LeadSubmitted(
        submission_id=uuid5(UUID(int=0), name),
        form_id="demo",
        lines=list(lines),
        source="website",
        fingerprint=content or name,
        received_at=received,
        fields={},
        profile=Profile.model_validate(dict(keys)),
        explicit_ask=asks,
        receipt=Receipt(instance="i", number=1),
        rulebook_version=1,
    )
    return Incoming(submission, submission.submission_id, received, False, tuple(keys))


def states(taking: Desk, sent: Sequence[Incoming]) -> list[SubmissionState | None]:
    fates = [taking.take(each) for each in sent]
    return [None if fate is None else fate.state for fate in fates]


def test_going_on_clicking_does_not_slide_the_window() -> None:
    clicks = [incoming(f"{minute}", minute=minute, content="same") for minute in (0, 4, 8)]
    assert states(desk(), clicks) == [
        SubmissionState.OPENED,
        SubmissionState.DUPLICATE,
        SubmissionState.JOINED,
    ]


@pytest.mark.parametrize(
    ("minutes", "state"), [(4.99, SubmissionState.DUPLICATE), (5.0, SubmissionState.JOINED)]
)
def test_five_minutes_are_the_limit_of_a_double_click(minutes: float, state: SubmissionState) -> None:
    clicks = [incoming("a", content="same"), incoming("b", minute=minutes, content="same")]
    assert states(desk(), clicks)[1] is state


def test_the_later_click_may_be_read_first() -> None:
    clicks = [incoming("b", minute=1, content="same"), incoming("a", content="same")]
    assert states(desk(), clicks) == [SubmissionState.OPENED, SubmissionState.DUPLICATE]


def test_a_submission_twice_in_one_batch_is_taken_once() -> None:
    assert states(desk(), [incoming("a"), incoming("a")]) == [SubmissionState.OPENED, None]


def test_one_line_joined_and_one_opened_counts_as_opened_and_each_lead_is_published_once() -> None:
    taking = desk()
    taking.take(incoming("a"))
    fate = taking.take(incoming("b", lines=["main", "training"], minute=9, asks=False))
    assert fate is not None
    assert fate.state is SubmissionState.OPENED
    published = [(p.event.line, p.event.seq, p.event.cause.kind) for p in taking.book.publications]
    assert published == [
        ("main", 1, CauseKind.EXPLICIT_ASK),
        ("main", 2, CauseKind.SUBMISSION),
        ("training", 1, CauseKind.SUBMISSION),
    ]


def test_a_lead_that_goes_with_the_erased_is_not_told_for_what_changed_it_in_the_same_batch() -> None:
    taking = desk()
    old = incoming("a")
    taking.take(old)
    (lead,) = taking.book.changed.values()
    identity = old.submission.submission_id
    kept = Kept(old.submission, old.keys, START, SubmissionState.OPENED, lead.person_id, (lead.id,))
    taking.kept[identity] = kept
    taking.erased = {identity}
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=UUID(int=1), at=START, by="ana")
    again = replace(old, submission=old.submission.model_copy(update={"rerun": rerun}))
    assert states(taking, [again]) == [SubmissionState.ERASED]
    assert lead.state is LeadState.ERASED
    assert taking.book.publications == []


def test_the_act_that_made_a_lead_sales_qualified_stays_its_start() -> None:
    taking = desk()
    for minute in (0, 10, 20):
        taking.take(incoming(f"{minute}", minute=minute))
    assert [p.event.sql_at for p in taking.book.publications] == [START] * 3


def test_submissions_without_keys_are_leads_of_their_own() -> None:
    assert states(desk([]), [incoming("a", []), incoming("b", [])]) == [SubmissionState.OPENED] * 2


person_keys = st.sampled_from(
    [
        [("email", "p{}@example.com")],
        [("phone", "+3460000000{}")],
        [("email", "p{}@example.com"), ("phone", "+3460000000{}")],
    ]
)


@given(st.lists(st.tuples(st.integers(0, 3), person_keys), min_size=1, max_size=12), st.randoms())
def test_in_any_order_the_same_submissions_end_with_the_same_persons_and_leads(
    sent: list[tuple[int, list[tuple[str, str]]]], random: Random
) -> None:
    """One person for each set of keys that submissions tie together; one open lead that holds all of them."""
    submissions = [
        incoming(f"{n}", [(kind, value.format(who)) for kind, value in keys], minute=n)
        for n, (who, keys) in enumerate(sent)
    ]
    random.shuffle(submissions)
    names = sorted({name for each in submissions for name in each.keys})
    taking = desk(names)
    fates = [taking.take(each) for each in submissions]
    groups: Counter[UUID] = Counter()
    for fate in fates:
        assert fate is not None
        assert fate.person_id is not None
        groups[taking.people.root(fate.person_id).id] += 1
    tied = {who for who, keys in sent if len(keys) == 2}
    expected = Counter(str(who) if who in tied else f"{who}{keys[0][0]}" for who, keys in sent)
    assert sorted(groups.values()) == sorted(expected.values())
    still_open = [lead for lead in taking.book.changed.values() if lead.state is LeadState.OPEN]
    assert {lead.person_id: lead.submissions for lead in still_open} == dict(groups)
