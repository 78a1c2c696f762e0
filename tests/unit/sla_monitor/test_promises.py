"""What becomes of a promise, as a function of the facts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import ProgressKind, RoutedKind, TimerKind
from sla_monitor.domain.facts import Fact, LeadState, in_order, lead_state
from sla_monitor.domain.schedule import schedule
from sla_monitor.domain.story import Reconciled, Withdrawal, reconcile
from sla_monitor.domain.timers import Timer, TimerState, breach_said
from tests.unit.sla_monitor.samples import LEAD, START, TERMS, acted, around_the_clock, assigned, fact
from worktime import ALWAYS_OPEN


def told(facts: Sequence[Fact], stored: Sequence[Timer] = ()) -> Reconciled:
    return reconcile(
        LEAD,
        in_order(facts),
        {timer.id: timer for timer in stored},
        terms_of=lambda _: (TERMS,),
        hours_of=around_the_clock,
    )


def states(facts: Sequence[Fact]) -> dict[tuple[str, int], str]:
    return {(timer.kind.value, timer.round): timer.state.value for timer in told(facts).timers}


@pytest.mark.parametrize(
    ("sentence", "facts", "accept", "response"),
    [
        ("nothing happens: both run on", [], "pending", "pending"),
        ("accepting keeps the accept promise only", [acted(2, "accepted", 10)], "kept", "pending"),
        ("a contact keeps both", [acted(2, "contacted", 10)], "kept", "kept"),
        ("accepting at the very due time is in time", [acted(2, "accepted", 15)], "kept", "pending"),
        ("accepting after it is not", [acted(2, "accepted", 15.001)], "pending", "pending"),
        ("a rejection is an answer to both", [acted(2, "rejected", 3)], "kept", "kept"),
        ("so is sending it back to nurturing", [acted(2, "recycled", 3)], "kept", "kept"),
        ("so is an outcome", [acted(2, "outcome", 3)], "kept", "kept"),
        ("declining ends the round without breach", [acted(2, "declined", 3)], "cancelled", "cancelled"),
        ("declining too late does not", [acted(2, "declined", 20)], "pending", "cancelled"),
        (
            "taken back ends the round",
            [fact(2, RoutedKind.TAKEN_BACK, 5)],
            "cancelled",
            "cancelled",
        ),
        (
            "closing ends it, whatever its round number",
            [fact(2, RoutedKind.CLOSED, 5, 0)],
            "cancelled",
            "cancelled",
        ),
        (
            "an act of another round does not count",
            [acted(2, "contacted", 5, 2)],
            "pending",
            "pending",
        ),
        ("a late arrival of a closed lead's submission changes nothing",
            [acted(2, "arrived_after_close", 5)], "pending", "pending"),
        ("an act before the handoff by its time still answers", [acted(2, "contacted", -1)], "kept", "kept"),
    ],
)  # fmt: skip
def test_an_act_ends_a_promise(sentence: str, facts: list[Fact], accept: str, response: str) -> None:
    found = states([assigned(), *facts])
    assert found == {("accept", 1): accept, ("first_response", 1): response}, sentence


def test_another_handoff_ends_the_round_before_even_if_nobody_said_taken_back() -> None:
    found = states([assigned(), assigned(2, 5, 2)])
    assert found["accept", 1] == "cancelled"
    assert found["accept", 2] == "pending"


def test_a_breach_that_was_said_is_withdrawn_by_an_act_in_time_and_by_none_after_it() -> None:
    accept = next(t for t in told([assigned()]).timers if t.kind is TimerKind.ACCEPT)
    fired = breach_said(accept, around_the_clock(accept.opening), START)
    late = told([assigned(), acted(3, "accepted", 16)], [fired])
    assert (late.withdrawn, late.timers[0].state) == ([], TimerState.BREACHED)
    kept = told([assigned(), acted(3, "accepted", 16), acted(2, "accepted", 14)], late.timers)
    assert [each.timer.id for each in kept.withdrawn] == [accept.id]
    assert told([assigned(), acted(2, "accepted", 14)], kept.timers).withdrawn == []


def test_a_handoff_waits_for_its_agreement_version() -> None:
    waiting = reconcile(LEAD, [assigned()], {}, terms_of=lambda _: None, hours_of=around_the_clock)
    assert (waiting.timers, waiting.awaits_versions) == ([], [1])


@pytest.mark.parametrize(
    ("sentence", "facts", "state"),
    [
        ("no decision yet", [acted(1, "contacted", 0)], LeadState.NURTURING),
        ("held", [fact(1, RoutedKind.HELD, 0, 0, reason="no_capacity")], LeadState.HELD),
        ("assigned", [assigned()], LeadState.ASSIGNED),
        ("taken back, not placed again", [assigned(), fact(2, RoutedKind.TAKEN_BACK, 1)], LeadState.HELD),
        ("merged", [assigned(), fact(2, RoutedKind.CLOSED, 1, reason="merged")], LeadState.MERGED),
        ("won", [assigned(), fact(2, RoutedKind.CLOSED, 1, reason="won")], LeadState.CLOSED),
    ],
)
def test_a_lead_is_in_one_state(sentence: str, facts: list[Fact], state: LeadState) -> None:
    assert lead_state(in_order(facts)) is state, sentence


# -- any order of arrival

_KINDS = st.sampled_from([*ProgressKind, *RoutedKind])


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    rounds = draw(st.integers(1, 3))
    facts: list[Fact] = []
    for seq in range(1, draw(st.integers(1, 9)) + 1):
        kind = draw(_KINDS)
        minutes = draw(st.sampled_from([0, 1, 5, 14, 15, 15.5, 16, 29, 30, 31, 60]))
        facts.append(fact(seq, kind, minutes, draw(st.integers(1, rounds))))
    return facts


def _model(facts: list[Fact], kind: TimerKind, opening: Fact, due: datetime) -> str:
    """Written anew from the words of the guarantee: collect what could end it, take the earliest, compare."""
    answers = {"contacted", "rejected", "recycled", "outcome"} | ({"accepted"} if kind == "accept" else set())
    enders: list[tuple[tuple[datetime, int, int, int], str]] = []
    for each in facts:
        key = _place(each)
        after_opening = key > _place(opening)
        if each.round == opening.round and each.kind.value in answers:
            enders.append((key, "kept"))
        if each.round == opening.round and each.kind.value in {"declined", "taken_back"}:
            enders.append((key, "cancelled"))
        if each is not opening and after_opening and each.kind.value in {"assigned", "closed"}:
            enders.append((key, "cancelled"))
    if not enders:
        return "pending"
    key, word = min(enders)
    return word if key[0] <= due else "pending"


def _place(fact: Fact) -> tuple[datetime, int, int, int]:
    """By moment and round; in it first the handoff, then acts, then decisions, each by their numbers."""
    acts = {kind.value for kind in ProgressKind}
    place = 0 if fact.kind.value == "assigned" else 1 if fact.kind.value in acts else 2
    return fact.at, fact.round, place, fact.seq


@given(histories().flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))), st.data())
def test_the_final_state_is_the_same_whatever_order_the_news_arrives_in(
    case: tuple[list[Fact], list[Fact]], data: st.DataObject
) -> None:
    facts, arrival = case
    timers: list[Timer] = []
    seen: list[Fact] = []
    while arrival:
        size = data.draw(st.integers(1, len(arrival)))
        seen, arrival = [*seen, *arrival[:size]], arrival[size:]
        timers = told([*seen, *seen[:1]], timers).timers
    openings = {each.id: each for each in facts if each.kind is RoutedKind.ASSIGNED}
    assert len(timers) == 2 * len(openings)
    for timer in timers:
        opening = openings[timer.opened_by]
        due = opening.at + TERMS.targets[timer.kind]
        assert timer.due_at == due
        assert timer.state.value == _model(facts, timer.kind, opening, due)
    assert all(timer.warns_at[0] == timer.opened_at + timer.target * 0.5 for timer in timers)


_SAID = {"kept": "withdrawn", "cancelled": "withdrawn", "pending": "breached"}


@given(histories().flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))), st.data())
def test_a_breach_said_at_any_moment_is_withdrawn_once_exactly_if_the_promise_was_not_broken(
    case: tuple[list[Fact], list[Fact]], data: st.DataObject
) -> None:
    facts, arrival = case
    timers: list[Timer] = []
    withdrawn: list[Withdrawal] = []
    seen: list[Fact] = []
    while arrival:
        size = data.draw(st.integers(1, len(arrival)))
        seen, arrival = [*seen, *arrival[:size]], arrival[size:]
        result = told(seen, timers)
        withdrawn += result.withdrawn
        running = [timer for timer in result.timers if timer.state is TimerState.PENDING]
        said = {timer.id for timer in running if data.draw(st.booleans())}
        timers = [
            breach_said(timer, around_the_clock(timer.opening), START) if timer.id in said else timer
            for timer in result.timers
        ]
    openings = {each.id: each for each in facts if each.kind is RoutedKind.ASSIGNED}
    for timer in timers:
        assert timer.due_at is not None
        truth = _model(facts, timer.kind, openings[timer.opened_by], timer.due_at)
        assert timer.state.value == (_SAID[truth] if timer.breaches else truth)
    ended_well = [timer.id for timer in timers if timer.state is TimerState.WITHDRAWN]
    assert sorted(each.timer.id for each in withdrawn) == sorted(ended_well)


def test_what_never_falls_due_is_not_warned_of() -> None:
    ten_minutes = schedule(
        ALWAYS_OPEN.without([(START + timedelta(minutes=10), datetime(2100, 1, 1, tzinfo=UTC))]),
        revision=1,
        opened_at=START,
    )
    found = reconcile(LEAD, [assigned()], {}, terms_of=lambda _: (TERMS,), hours_of=lambda _: ten_minutes)
    assert {(timer.due_at, timer.warns_at, timer.next_at) for timer in found.timers} == {
        (None, (None, None), None)
    }


def test_every_version_that_is_missing_is_waited_for() -> None:
    def on(version: int, seq: int) -> Fact:
        opening = assigned(seq, seq, seq)
        assert opening.handoff is not None
        return replace(opening, handoff=replace(opening.handoff, rulebook_version=version))

    facts = [on(5, 1), on(4, 2), on(6, 3)]
    waiting = reconcile(LEAD, facts, {}, terms_of=lambda _: None, hours_of=around_the_clock)
    assert waiting.awaits_versions == [4, 5, 6]


def test_an_earlier_act_that_arrives_later_settles_a_promise_once() -> None:
    late = told([assigned(), acted(3, "accepted", 16)])
    assert [timer.id for timer in late.settled] == []
    both = told([assigned(), acted(3, "accepted", 16), acted(2, "accepted", 14)], late.timers)
    assert [timer.kind for timer in both.settled] == [TimerKind.ACCEPT]
    again = told([assigned(), acted(3, "accepted", 16), acted(2, "accepted", 14)], both.timers)
    assert again.settled == []


def test_a_promise_from_before_trials_ran_apart_goes_on_and_is_not_opened_again() -> None:
    """An agreement on trial promised like any other then, under ids without its name."""
    then = told([assigned()]).timers
    broken = [breach_said(each, around_the_clock(assigned()), START + timedelta(hours=1)) for each in then]
    trial = replace(TERMS, is_trial=True)
    for stored in (then, broken):
        found = reconcile(
            LEAD,
            in_order([assigned(), acted(2, "accepted", 40)]),
            {timer.id: timer for timer in stored},
            terms_of=lambda _: (trial,),
            hours_of=around_the_clock,
        )
        assert [(each.id, each.state, each.is_trial) for each in found.timers] == [
            (each.id, each.state, False) for each in stored
        ]
        assert found.withdrawn == []
