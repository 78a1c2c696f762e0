"""Whatever is mapped again, corrected or erased: a lead is what the submissions it holds have brought."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.domain import acts
from scoring.domain.contributions import Said
from scoring.domain.desk import Desk
from scoring.domain.leads import Lead
from scoring.domain.submissions import SubmissionState
from tests.unit.scoring.stories import Mapped, check, desk, first, incoming, mapped, take


def take_all(taking: Desk, sent: Sequence[tuple[Mapped, bool]]) -> None:
    for number, (what, is_row) in enumerate(sent):
        take(taking, incoming(number, what, is_row))
    check(taking)


@settings(max_examples=250, deadline=None)
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


@settings(max_examples=100, deadline=None)
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


def test_what_was_corrected_and_is_an_erased_persons_leaves_a_closed_lead_too() -> None:
    taking = desk()
    plain = Mapped(0, asks=True, is_test=False, consent=None, campaign=None, lines=("main",))
    agreed = replace(plain, consent="Yes, call me.")
    take(taking, incoming(0, plain))
    sent = incoming(1, agreed)
    fate = take(taking, sent)
    assert fate is not None
    assert fate.person_id is not None
    (lead,) = taking.book.changed.values()
    taking.book.close(lead)
    identity = sent.submission.submission_id
    taking.kept[identity] = replace(taking.kept[identity], is_superseded=True)
    taking.holdings.said.drop(fate.person_id, identity)
    taking.erased = {identity}
    take(taking, incoming(1, agreed, again=1))
    assert lead.consent is None


@pytest.mark.parametrize("callers", [50, 100])
def test_a_phone_that_stops_identifying_costs_as_many_steps_as_were_sent_by_it(
    monkeypatch: pytest.MonkeyPatch, callers: int
) -> None:
    """Whoever fills a form a thousand times with one phone stops nobody else's leads for minutes."""
    taking, steps = desk(), 0
    plain = Mapped(2, asks=True, is_test=False, consent=None, campaign=None, lines=("main",))
    for number in range(2 * callers):
        take(taking, incoming(number, replace(plain, sender=2 + number % 2)))

    def counted(lead: Lead, act: acts.Act, bring: Callable[..., None] = acts._bring) -> None:
        nonlocal steps
        steps += 1
        bring(lead, act)

    def compared(one: Said, other: object) -> bool:
        raise AssertionError("submissions are compared whole")

    monkeypatch.setattr(acts, "_bring", counted)
    monkeypatch.setattr(Said, "__eq__", compared)
    take(taking, incoming(2 * callers, replace(plain, sender=4)))
    assert sorted(lead.submissions for lead in taking.book.changed.values()) == [1, callers, callers]
    assert steps <= 3 * callers
