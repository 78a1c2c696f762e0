"""The life of an assignment: the table is what is documented and what happens, and never has two owners."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lead_events.words import CloseReason, Contact, ProgressKind, Proof, Stage
from router.domain.acts import Act, Correct, NotYours, PastAct, PastRound, Proceed, Repeat, WrongState, judge
from router.domain.contacts import ATTEMPTS, CONVERSATIONS, contact_of
from router.domain.leads import Handoff, Lead, LeadState
from router.domain.life import LIFE, LifeAct, LifeState, allows, life_state, table
from router.domain.orders import (
    ChangedHands,
    Go,
    Locked,
    Order,
    OrderKind,
    SoAlready,
    Unfit,
    judge_order,
)

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
LEAD = UUID(int=7)
REPS = ("ana", "bea", "carla")
README = Path(__file__).parents[3] / "services/router/README.md"


def offered(**more: Any) -> Lead:
    handoff = Handoff(UUID(int=8), "ana", "north", 2, NOW, 1)
    return Lead(LEAD, LeadState.ASSIGNED, stage=Stage.SQL, round=2, handoff=handoff, **more)


def test_the_table_of_the_documentation_is_the_one_that_decides() -> None:
    assert table() in README.read_text(encoding="utf-8")


def test_every_act_has_one_row_and_every_state_can_be_left_or_rated() -> None:
    assert [step.act for step in LIFE] == list(LifeAct)
    assert {state for step in LIFE for state in step.states} == set(LifeState)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        *((word, Contact.CONVERSATION) for word in sorted(CONVERSATIONS)),
        *((word, Contact.ATTEMPT) for word in sorted(ATTEMPTS)),
        ("Left message", Contact.ATTEMPT),
        ("  REACHED ", Contact.CONVERSATION),
        ("no-answer", Contact.ATTEMPT),
        ("spoke to the porter", Contact.ATTEMPT),
    ],
)
def test_a_result_is_a_conversation_only_where_it_says_so(result: str, expected: Contact) -> None:
    assert contact_of(result) is expected


@pytest.mark.parametrize(
    ("by_machine", "evidence", "expected"),
    [
        (True, "call-1", Proof.PROVED),
        (True, None, Proof.STATED),
        (False, "call-1", Proof.STATED),
        (False, None, Proof.STATED),
    ],
)
def test_an_act_is_proved_by_a_machine_that_names_it(
    by_machine: bool, evidence: str | None, expected: Proof
) -> None:
    content = {"evidence": evidence} if evidence else {}
    assert Act(ProgressKind.CONTACTED, content, by_machine=by_machine).proof is expected


@pytest.mark.parametrize(
    ("sentence", "order", "lead", "expected"),
    [
        ("to another rep", Order(OrderKind.ASSIGN, "marta", rep="bea"), offered(), Go()),
        ("to who has it", Order(OrderKind.ASSIGN, "marta", rep="ana"), offered(), SoAlready()),
        (
            "somebody was faster",
            Order(OrderKind.ASSIGN, "marta", rep="bea", round=1),
            offered(),
            ChangedHands(2, "ana", NOW),
        ),
        (
            "it was taken back meanwhile",
            Order(OrderKind.ASSIGN, "marta", rep="bea", round=1),
            Lead(LEAD, LeadState.HELD, round=2),
            ChangedHands(2),
        ),
        (
            "another's lock holds",
            Order(OrderKind.ASSIGN, "marta", rep="bea"),
            offered(locked_by="rosa", locked_at=NOW),
            Locked("rosa", NOW),
        ),
        ("one's own does not", Order(OrderKind.TO_POOL, "rosa"), offered(locked_by="rosa"), Go()),
        ("nor one that is overruled", Order(OrderKind.UNLOCK, "m", force=True), offered(locked_by="r"), Go()),
        ("nothing to unlock", Order(OrderKind.UNLOCK, "m"), offered(), SoAlready()),
        ("locked before", Order(OrderKind.LOCK, "m"), offered(locked_by="m"), SoAlready()),
        ("one that waits", Order(OrderKind.ASSIGN, "m", rep="bea"), Lead(LEAD, LeadState.HELD), Go()),
        (
            "an SQL kept for nurturing",
            Order(OrderKind.ASSIGN, "m", rep="bea"),
            Lead(LEAD, LeadState.NURTURING, stage=Stage.SQL),
            Go(),
        ),
    ],
)
def test_an_order_is_done_or_its_loser_is_told(
    sentence: str, order: Order, lead: Lead, expected: object
) -> None:
    assert judge_order(order, lead) == expected, sentence


@pytest.mark.parametrize(
    ("kind", "lead"),
    [
        (OrderKind.ASSIGN, Lead(LEAD, LeadState.CLOSED)),
        (OrderKind.ASSIGN, Lead(LEAD, LeadState.NURTURING, stage=Stage.MQL)),
        (OrderKind.ASSIGN, Lead(LEAD, LeadState.STUB, stage=Stage.SQL)),
        (OrderKind.TO_POOL, Lead(LEAD, LeadState.HELD)),
        (OrderKind.LOCK, Lead(LEAD, LeadState.HELD)),
        (OrderKind.UNLOCK, Lead(LEAD, LeadState.ERASED)),
    ],
)
def test_an_order_that_fits_no_such_lead_says_what_to_do_instead(kind: OrderKind, lead: Lead) -> None:
    verdict = judge_order(Order(kind, "marta", rep="bea"), lead)
    assert isinstance(verdict, Unfit)
    assert verdict.instead


def test_a_lead_that_is_locked_to_its_rep_is_declined_only_by_who_decides_on_declines() -> None:
    lead = offered(locked_by="rosa", locked_at=NOW)
    rounds = [PastRound(2, None, None)]
    refused = judge(Act(ProgressKind.DECLINED, {"reason": "no"}), "ana", lead, [], rounds, NOW)
    assert isinstance(refused, WrongState)
    assert "rosa" in refused.state
    confirmed = Act(ProgressKind.DECLINED, {"reason": "no"}, confirmed_by="rosa")
    assert judge(confirmed, "ana", lead, [], rounds, NOW) == Proceed()


_EUROS = {"minor": 100_00, "currency": "EUR"}
_SAID: list[tuple[ProgressKind, dict[str, Any]]] = [
    (ProgressKind.ACCEPTED, {}),
    (ProgressKind.DECLINED, {"reason": "no"}),
    (ProgressKind.CONTACTED, {"channel": "phone", "result": "sent"}),
    (ProgressKind.CONTACTED, {"channel": "phone", "result": "reached"}),
    (ProgressKind.REJECTED, {"reason": "spam"}),
    (ProgressKind.RECYCLED, {"reason": "later", "wake_at": "2027-01-01T09:00:00+00:00"}),
    (ProgressKind.OUTCOME, {"result": "meeting"}),
    (ProgressKind.OUTCOME, {"result": "opportunity", "value": _EUROS}),
    (ProgressKind.OUTCOME, {"result": "won", "value": _EUROS}),
    (ProgressKind.OUTCOME, {"result": "won", "value": _EUROS | {"minor": 200_00}}),
    (ProgressKind.OUTCOME, {"result": "lost", "reason": "price"}),
    (ProgressKind.RATED, {"rating": 1}),
    (ProgressKind.RATED, {"rating": 5}),
]
"""What reps say, each with the fields that it has."""


class Life(RuleBasedStateMachine):
    """Reps act, a team lead orders, promises run out, in any order; the machine holds one owner at most."""

    def __init__(self) -> None:
        super().__init__()
        self.lead = Lead(LEAD, LeadState.HELD, stage=Stage.SQL)
        self.now = NOW
        self.closed_as: CloseReason | None = None
        self.rounds: dict[str, list[PastRound]] = {rep: [] for rep in REPS}
        self.past: dict[str, list[PastAct]] = {rep: [] for rep in REPS}

    def _snapshot(self) -> tuple[object, ...]:
        handoff = self.lead.handoff
        return (
            self.lead.state,
            self.lead.round,
            self.lead.locked_by,
            None if handoff is None else (handoff.rep, handoff.accepted_at, handoff.contacted_at),
        )

    def _give(self, rep: str) -> None:
        self.lead.round += 1
        self.lead.state = LeadState.ASSIGNED
        self.lead.handoff = Handoff(UUID(int=self.lead.round), rep, "north", self.lead.round, self.now, 1)
        self.rounds[rep].append(PastRound(self.lead.round, None, None))

    def _take(self, how: str) -> None:
        handoff = self.lead.handoff
        assert handoff is not None
        self.rounds[handoff.rep][-1] = PastRound(handoff.round, how, self.now)
        self.lead.handoff, self.lead.state, self.lead.locked_by = None, LeadState.HELD, None

    @rule(rep=st.sampled_from(REPS))
    def drained(self, rep: str) -> None:
        if self.lead.state is LeadState.HELD:
            self._give(rep)

    @rule(minutes=st.integers(0, 30))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def ran_out(self) -> None:
        if life_state(self.lead) is LifeState.OFFERED and self.lead.locked_by is None:
            self._take("timed_out")

    @rule(
        rep=st.sampled_from(REPS),
        said=st.sampled_from(_SAID),
        key=st.sampled_from([None, "k1", "k2"]),
    )
    def act(self, rep: str, said: tuple[ProgressKind, dict[str, Any]], key: str | None) -> None:
        kind, content = said
        act, before = Act(kind, content, key), self._snapshot()
        verdict = judge(act, rep, self.lead, self.past[rep], self.rounds[rep], self.now)
        holds = self.lead.handoff is not None and self.lead.handoff.rep == rep
        if isinstance(verdict, Proceed) and kind is ProgressKind.RATED:
            assert self.rounds[rep], "who never had the lead rated it"
            assert allows(LifeAct.RATE, self.lead) or self.lead.handoff is None
            self._keep(act, rep, self.rounds[rep][-1].round)
            assert self._snapshot() == before, "a rating changed the lead"
            return
        if isinstance(verdict, Correct):
            assert self.lead.state is LeadState.CLOSED
            assert act.closes is self.closed_as, "an amount put right changed how the lead ended"
            self._keep(act, rep, self.rounds[rep][-1].round)
            assert self._snapshot() == before
            return
        if isinstance(verdict, Proceed):
            assert holds, "who does not have the lead changed something"
            assert allows(LifeAct(_ACTS[kind]), self.lead)
            self._done(act, rep)
            again = judge(act, rep, self.lead, self.past[rep], self.rounds[rep], self.now)
            assert isinstance(again, Repeat)
            assert again.answer == self.past[rep][-1].answer
            return
        if not self.rounds[rep]:
            assert verdict == NotYours()
        assert self._snapshot() == before

    def _done(self, act: Act, rep: str) -> None:
        handoff = self.lead.handoff
        assert handoff is not None
        self._keep(act, rep, handoff.round)
        match act.kind:
            case ProgressKind.ACCEPTED:
                handoff.accepted_at = self.now
            case ProgressKind.CONTACTED:
                handoff.contacted_at = handoff.contacted_at or self.now
            case ProgressKind.DECLINED:
                self._take("declined")
        if act.closes is not None:
            self._take("closed")
            self.lead.state, self.closed_as = LeadState.CLOSED, act.closes
            self.lead.close_reason = act.closes

    def _keep(self, act: Act, rep: str, round_: int) -> None:
        answer = {"number": len(self.past[rep]), "by": rep}
        self.past[rep].append(PastAct(act.kind, act.content, act.key, round_, self.now, answer))

    @rule()
    def asks_anew(self) -> None:
        """A lead that is over stays so; a new one of the same person begins a life of its own."""
        if self.lead.is_over and self.lead.round >= 3:
            self.lead, self.closed_as = Lead(LEAD, LeadState.HELD, stage=Stage.SQL), None
            self.rounds = {rep: [] for rep in REPS}
            self.past = {rep: [] for rep in REPS}

    @rule(
        by=st.sampled_from(["rosa", "marta"]),
        kind=st.sampled_from(list(OrderKind)),
        rep=st.sampled_from(REPS),
        seen=st.integers(0, 2),
        force=st.booleans(),
    )
    def order(self, by: str, kind: OrderKind, rep: str, seen: int, force: bool) -> None:
        order = Order(kind, by, rep=rep, round=max(0, self.lead.round - seen), force=force)
        verdict, before = judge_order(order, self.lead), self._snapshot()
        if seen and self.lead.round:
            assert isinstance(verdict, ChangedHands), "an order by an old look did something"
        if not isinstance(verdict, Go):
            assert self._snapshot() == before
            return
        locked = self.lead.locked_by
        assert locked in (None, by) or force, "another's lock was no lock"
        match kind:
            case OrderKind.ASSIGN:
                if self.lead.handoff is not None:
                    self._take("reassigned")
                self._give(rep)
            case OrderKind.TO_POOL:
                self._take("reassigned")
            case OrderKind.LOCK:
                self.lead.locked_by = by
            case OrderKind.UNLOCK:
                self.lead.locked_by = None

    @invariant()
    def one_owner_at_most(self) -> None:
        open_rounds = [rep for rep in REPS for each in self.rounds[rep] if each.ended_by is None]
        holder = [self.lead.handoff.rep] if self.lead.handoff is not None else []
        assert open_rounds == holder
        assert (self.lead.state is LeadState.ASSIGNED) == bool(holder)
        assert self.lead.locked_by is None or holder


_ACTS = {
    ProgressKind.ACCEPTED: "accept",
    ProgressKind.DECLINED: "decline",
    ProgressKind.CONTACTED: "contacted",
    ProgressKind.REJECTED: "reject",
    ProgressKind.RECYCLED: "recycle",
    ProgressKind.OUTCOME: "outcome",
}

TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


class LifeInTheLongForm(Life):
    """The same, many times."""


TestLifeInTheLongForm = pytest.mark.long(LifeInTheLongForm.TestCase)
TestLifeInTheLongForm.settings = settings(max_examples=2_000, stateful_step_count=60, deadline=None)
