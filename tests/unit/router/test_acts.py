"""What a rep may do with a lead, and what is only a repeat."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lead_events.words import CloseReason, ProgressKind
from router.domain.acts import (
    Act,
    Correct,
    KeyReused,
    NotYours,
    PastAct,
    PastRound,
    Proceed,
    Repeat,
    WrongState,
    judge,
)
from router.domain.leads import Handoff, Lead, LeadState

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
LEAD = UUID(int=7)
CALL = {"channel": "phone", "result": "no_answer"}
ACCEPT, DECLINE = Act(ProgressKind.ACCEPTED), Act(ProgressKind.DECLINED, {"reason": "no"})
OPEN = (PastRound(1, None, None),)


def lead(rep: str = "ana", **given: Any) -> Lead:
    handoff = Handoff(UUID(int=8), rep, "north", 1, NOW, 1, **given)
    return Lead(LEAD, LeadState.ASSIGNED, round=1, handoff=handoff)


def past(kind: ProgressKind, content: dict[str, Any] | None = None, **given: Any) -> PastAct:
    values: dict[str, Any] = {"key": None, "round": 1, "at": NOW, "answer": {"said": kind.value}}
    return PastAct(kind, content or {}, **{**values, **given})


def test_a_new_act_on_an_open_lead_goes_on() -> None:
    for kind in (ProgressKind.ACCEPTED, ProgressKind.DECLINED, ProgressKind.REJECTED):
        assert judge(Act(kind), "ana", lead(), [], OPEN, NOW) == Proceed()


def test_a_lead_one_never_had_and_one_that_does_not_exist_look_alike() -> None:
    assert judge(ACCEPT, "bea", lead(), [], [], NOW) == NotYours()
    assert judge(ACCEPT, "bea", None, [], [], NOW) == NotYours()


@pytest.mark.parametrize(
    ("act", "before", "is_repeat"),
    [
        pytest.param(ACCEPT, past(ProgressKind.ACCEPTED), True, id="accepted before in this round"),
        pytest.param(ACCEPT, past(ProgressKind.ACCEPTED, round=0), False, id="accepted in an earlier round"),
        pytest.param(
            Act(ProgressKind.CONTACTED, CALL),
            past(ProgressKind.CONTACTED, CALL),
            True,
            id="the same contact a moment ago",
        ),
        pytest.param(
            Act(ProgressKind.CONTACTED, CALL),
            past(ProgressKind.CONTACTED, CALL, at=NOW - timedelta(minutes=6)),
            False,
            id="the same result of a later call",
        ),
        pytest.param(
            Act(ProgressKind.CONTACTED, CALL, key="k2"),
            past(ProgressKind.CONTACTED, CALL, key="k1"),
            False,
            id="another key says that it is another call",
        ),
        pytest.param(
            Act(ProgressKind.OUTCOME, {"result": "won"}),
            past(ProgressKind.OUTCOME, {"result": "meeting"}),
            False,
            id="the selling went on",
        ),
        pytest.param(
            Act(ProgressKind.OUTCOME, {"result": "won", "reason": "price"}),
            past(ProgressKind.OUTCOME, {"result": "won"}),
            True,
            id="won twice is won once",
        ),
    ],
)
def test_repeats(act: Act, before: PastAct, is_repeat: bool) -> None:
    verdict = judge(act, "ana", lead(), [before], OPEN, NOW)
    assert verdict == (Repeat(before.answer) if is_repeat else Proceed())


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        pytest.param({"result": "won", "value": {"minor": 5, "currency": "EUR"}}, Correct(), id="another"),
        pytest.param({"result": "won", "value": {"minor": 9, "currency": "USD"}}, Correct(), id="currency"),
        pytest.param({"result": "won", "value": {"minor": 9, "currency": "EUR"}}, None, id="the same"),
        pytest.param({"result": "won"}, None, id="no value says nothing of it"),
    ],
)
def test_the_value_of_a_lead_that_ended_can_be_put_right(
    sent: dict[str, Any], verdict: Correct | None
) -> None:
    before = past(ProgressKind.OUTCOME, {"result": "won", "value": {"minor": 9, "currency": "EUR"}})
    closed = Lead(LEAD, LeadState.CLOSED, close_reason=CloseReason.WON, closed_at=NOW, round=1)
    ended = [PastRound(1, "closed", NOW)]
    judged = judge(Act(ProgressKind.OUTCOME, sent), "ana", closed, [before], ended, NOW)
    assert judged == (verdict or Repeat(before.answer))
    lost = judge(Act(ProgressKind.OUTCOME, sent | {"result": "lost"}), "ana", closed, [before], ended, NOW)
    assert isinstance(lost, WrongState)


def test_a_key_gives_its_answer_whatever_happened_since() -> None:
    before = past(ProgressKind.ACCEPTED, key="k")
    closed = Lead(LEAD, LeadState.CLOSED, close_reason=CloseReason.WON, closed_at=NOW, round=1)
    ended = [PastRound(1, "closed", NOW)]
    assert judge(Act(ProgressKind.ACCEPTED, key="k"), "ana", closed, [before], ended, NOW) == Repeat(
        before.answer
    )
    assert judge(Act(ProgressKind.REJECTED, key="k"), "ana", closed, [before], ended, NOW) == KeyReused()


@pytest.mark.parametrize(
    ("given", "word"), [({"accepted_at": NOW}, "accepted"), ({"contacted_at": NOW}, "contacted")]
)
def test_after_work_has_begun_a_lead_is_not_declined(given: dict[str, Any], word: str) -> None:
    verdict = judge(DECLINE, "ana", lead(**given), [], OPEN, NOW)
    assert isinstance(verdict, WrongState)
    assert verdict.state.startswith(word)
    assert "reject, recycle or outcome" in verdict.instead


@pytest.mark.parametrize(
    ("ended_by", "word"),
    [("declined", "declined by you"), ("timed_out", "taken back"), ("closed", "no longer yours")],
)
def test_what_a_rep_had_before_says_how_it_went(ended_by: str, word: str) -> None:
    verdict = judge(ACCEPT, "ana", lead("bea"), [], [PastRound(1, ended_by, NOW)], NOW)
    assert isinstance(verdict, WrongState)
    assert word in verdict.state


@pytest.mark.parametrize(
    ("kind", "content", "closes"),
    [
        (ProgressKind.REJECTED, {}, CloseReason.REJECTED),
        (ProgressKind.RECYCLED, {}, CloseReason.RECYCLED),
        (ProgressKind.OUTCOME, {"result": "won"}, CloseReason.WON),
        (ProgressKind.OUTCOME, {"result": "lost"}, CloseReason.LOST),
        (ProgressKind.OUTCOME, {"result": "meeting"}, None),
        (ProgressKind.CONTACTED, CALL, None),
    ],
)
def test_what_ends_a_cycle(kind: ProgressKind, content: dict[str, Any], closes: CloseReason | None) -> None:
    assert Act(kind, content).closes is closes
