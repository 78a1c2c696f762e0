"""Which facts open each kind of promise, keep it, end it and stop its clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lead_events.words import Contact, ProgressKind, RoutedKind, TimerKind
from sla_monitor.domain.facts import Detail, Fact, in_order
from sla_monitor.domain.pauses import pauses_of
from sla_monitor.domain.schedule import schedule
from sla_monitor.domain.story import reconcile
from sla_monitor.domain.terms import Terms
from sla_monitor.domain.timers import Timer
from tests.unit.sla_monitor.samples import (
    LEAD,
    MADRID,
    START,
    around_the_clock,
    assigned,
    fact,
    numbered_apart,
)

TERMS = Terms(
    {
        TimerKind.ACCEPT: timedelta(minutes=15),
        TimerKind.FIRST_RESPONSE: timedelta(minutes=30),
        TimerKind.NEXT_RESPONSE: timedelta(minutes=20),
        TimerKind.NEXT_ATTEMPT: timedelta(minutes=60),
        TimerKind.OUTCOME: timedelta(minutes=300),
    },
    (0.5,),
    tries=3,
    pauses={
        "buyer_asked_to_wait": frozenset({TimerKind.NEXT_RESPONSE, TimerKind.OUTCOME}),
        "holiday": frozenset(TimerKind),
    },
)
TALKS = replace(TERMS, only_talks_count=True)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def told(facts: Sequence[Fact], terms: Sequence[Terms] = (TERMS,)) -> list[Timer]:
    found = reconcile(
        LEAD, in_order([assigned(), *facts]), {}, terms_of=lambda _: terms, hours_of=around_the_clock
    )
    return found.timers


def act(seq: int, kind: str, minutes: float, round_: int = 1, **detail: object) -> Fact:
    return fact(seq, ProgressKind(kind), minutes, round_, detail=Detail(**detail))  # type: ignore[arg-type]


def tried(seq: int, minutes: float, round_: int = 1) -> Fact:
    return fact(seq, ProgressKind.CONTACTED, minutes, round_, contact=Contact.ATTEMPT)


def talked(seq: int, minutes: float, round_: int = 1) -> Fact:
    return fact(seq, ProgressKind.CONTACTED, minutes, round_, contact=Contact.CONVERSATION)


def asked(seq: int, minutes: float, round_: int = 1) -> Fact:
    return act(seq, "asked_again", minutes, round_)


def of_kind(kind: TimerKind, facts: Sequence[Fact], terms: Terms = TERMS) -> list[tuple[float, str]]:
    """Promises of a kind: opened so many minutes after START, and what became of each."""
    return [
        ((timer.opened_at - START) / timedelta(minutes=1), timer.state.value)
        for timer in told(facts, (terms,))
        if timer.kind is kind
    ]


@pytest.mark.parametrize(
    ("sentence", "terms", "facts", "promised"),
    [
        ("nobody asked again: none", TERMS, [talked(2, 5)], []),
        ("who was answered and asks again waits anew", TERMS, [talked(2, 5), asked(3, 9)], [(9, "pending")]),
        ("who was never answered is waiting already", TERMS, [asked(2, 5)], []),
        ("one silence is one promise", TERMS, [talked(2, 5), asked(3, 9), asked(4, 12)], [(9, "pending")]),
        (
            "a second ask while the first waits opens none, even once that is answered",
            TERMS, [talked(2, 5), asked(3, 9), asked(4, 12), talked(5, 14)], [(9, "kept")],
        ),
        (
            "an ask after the answer opens another",
            TERMS, [talked(2, 5), asked(3, 9), talked(4, 12), asked(5, 14)], [(9, "kept"), (14, "pending")],
        ),
        ("an ask before the first answer counts as waiting until it", TERMS,
            [asked(2, 3), talked(3, 5), asked(4, 9)], [(9, "pending")]),
        ("a try is an answer where any contact is", TERMS, [tried(2, 5), asked(3, 9)], [(9, "pending")]),
        ("and none where only a talk counts: the buyer still waits", TALKS, [tried(2, 5), asked(3, 9)], []),
        ("nor does it keep the promise there", TALKS,
            [talked(2, 5), asked(3, 9), tried(4, 12)], [(9, "pending")]),
        ("an act before the ask is no answer to it", TERMS,
            [talked(2, 5), talked(3, 8), asked(4, 9)], [(9, "pending")]),
        ("an answer at the due time itself is in time", TERMS,
            [talked(2, 5), asked(3, 9), talked(4, 29)], [(9, "kept")]),
        ("an outcome answers too", TERMS, [talked(2, 5), asked(3, 9), act(4, "outcome", 12)], [(9, "kept")]),
        ("taken back: cancelled", TERMS,
            [talked(2, 5), asked(3, 9), fact(4, RoutedKind.TAKEN_BACK, 12)], [(9, "cancelled")]),
        ("nothing is promised of an ask after the round", TERMS,
            [talked(2, 5), fact(3, RoutedKind.TAKEN_BACK, 8), asked(4, 9)], []),
        ("nor of one after the lead was closed", TERMS,
            [talked(2, 5), fact(3, RoutedKind.CLOSED, 8, 0), asked(4, 9)], []),
    ],
)  # fmt: skip
def test_a_buyer_who_asks_again_is_promised_an_answer(
    sentence: str, terms: Terms, facts: list[Fact], promised: list[tuple[float, str]]
) -> None:
    assert of_kind(TimerKind.NEXT_RESPONSE, facts, terms) == promised, sentence


@pytest.mark.parametrize(
    ("sentence", "facts", "promised"),
    [
        ("no try, no next one", [act(2, "accepted", 3)], []),
        ("each try opens the next", [tried(2, 5)], [(5, "pending")]),
        ("which keeps it", [tried(2, 5), tried(3, 65)], [(5, "kept"), (65, "pending")]),
        ("too late is too late", [tried(2, 5), tried(3, 66)], [(5, "pending"), (66, "pending")]),
        ("after the last agreed try nothing more is promised",
            [tried(2, 5), tried(3, 10), tried(4, 20)], [(5, "kept"), (10, "kept")]),
        ("a conversation ends it", [tried(2, 5), talked(3, 10)], [(5, "kept")]),
        ("after a conversation a try opens none", [talked(2, 5), tried(3, 10)], []),
        ("a contact told before tries were told apart is one", [act(2, "contacted", 5), tried(3, 10)], []),
        ("giving the lead back keeps it", [tried(2, 5), act(3, "recycled", 10)], [(5, "kept")]),
        ("declining cancels it", [tried(2, 5), act(3, "declined", 10)], [(5, "cancelled")]),
        ("a try in another round is another matter", [tried(2, 5), tried(3, 10, 2)], [(5, "pending")]),
    ],
)  # fmt: skip
def test_a_try_that_reached_nobody_promises_the_next(
    sentence: str, facts: list[Fact], promised: list[tuple[float, str]]
) -> None:
    assert of_kind(TimerKind.NEXT_ATTEMPT, facts) == promised, sentence


@pytest.mark.parametrize(
    ("sentence", "facts", "state"),
    [
        ("nothing yet", [], "pending"),
        ("a talk is no outcome", [talked(2, 5)], "pending"),
        ("an outcome is", [act(2, "outcome", 5, result="meeting")], "kept"),
        ("so is giving it back for good", [act(2, "rejected", 5)], "kept"),
        ("or for later", [act(2, "recycled", 5)], "kept"),
        ("declining is none: cancelled", [act(2, "declined", 5)], "cancelled"),
        ("merged: cancelled", [fact(2, RoutedKind.CLOSED, 5, 0, reason="merged")], "cancelled"),
        ("an outcome too late", [act(2, "outcome", 301)], "pending"),
    ],
)
def test_sales_says_how_it_went(sentence: str, facts: list[Fact], state: str) -> None:
    assert of_kind(TimerKind.OUTCOME, facts) == [(0, state)], sentence


def paused(seq: int, minutes: float, until: float | None = None, code: str = "holiday") -> Fact:
    return act(seq, "paused", minutes, code=code, until=None if until is None else minute(until))


def resumed(seq: int, minutes: float) -> Fact:
    return act(seq, "resumed", minutes)


@pytest.mark.parametrize("kind", ["rejected", "recycled", "outcome"])
@pytest.mark.parametrize("acts_before", range(4))
def test_what_closes_a_lead_keeps_its_promises_whatever_number_the_closing_has(
    kind: str, acts_before: int
) -> None:
    """The router closes in the transaction of the act, at the same moment, and numbers both topics apart."""
    before = [act(number + 1, "paused", number, code="nothing") for number in range(acts_before)]
    facts = [numbered_apart(each) for each in (*before, act(acts_before + 1, kind, 9))]
    closed = fact(2, RoutedKind.CLOSED, 9)
    states = {
        timer.kind: (timer.state.value, timer.ending and timer.ending.kind)
        for timer in told([*facts, closed])
    }
    assert states == dict.fromkeys(
        (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE, TimerKind.OUTCOME), ("kept", kind)
    )


def test_of_one_moment_a_handoff_goes_before_its_rounds_acts_and_these_before_what_follows() -> None:
    handed, again = assigned(3), assigned(5, 0, 2)
    tried, declined = (
        numbered_apart(act(number, kind, 0)) for number, kind in ((7, "contacted"), (8, "declined"))
    )
    taken_back, held = fact(4, RoutedKind.TAKEN_BACK, 0), fact(2, RoutedKind.HELD, 0, 0)
    answered = numbered_apart(act(1, "contacted", 0, 2))
    story = [held, handed, tried, declined, taken_back, again, answered]
    assert in_order(reversed(story)) == story


@pytest.mark.parametrize(
    ("sentence", "facts", "due"),
    [
        ("never paused", [], 300),
        ("until its own end", [paused(2, 10, 40)], 330),
        ("until it is resumed", [paused(2, 10), resumed(3, 25)], 315),
        ("resumed before its end", [paused(2, 10, 40), resumed(3, 25)], 315),
        ("without an end it is due at no time", [paused(2, 10)], None),
        ("any number of times", [paused(2, 10, 20), paused(3, 30), resumed(4, 45), paused(5, 100, 110)], 335),
        ("pauses that overlap count once", [paused(2, 10, 40), paused(3, 30, 50)], 340),
        ("one inside another", [paused(2, 10, 60), paused(3, 20, 30)], 350),
        ("a resume ends every running one", [paused(2, 10, 60), paused(3, 20), resumed(4, 25)], 315),
        ("and none that begins later", [resumed(2, 5), paused(3, 10, 20)], 310),
        ("a pause that ends before it begins is none", [paused(2, 10, 5)], 300),
        ("one for a reason that stops other promises", [paused(2, 10, 40, code="lunch")], 300),
        (
            "one for a reason that stops this one too",
            [paused(2, 10, 40, "buyer_asked_to_wait")],
            330,
        ),
        ("after the due time it changes nothing", [paused(2, 301)], 300),
        ("at the due time itself neither", [paused(2, 300)], 300),
        ("in another round neither", [act(2, "paused", 10, 2, code="holiday")], 300),
    ],
)
def test_what_was_left_before_a_pause_is_left_after(
    sentence: str, facts: list[Fact], due: float | None
) -> None:
    timer = next(timer for timer in told(facts) if timer.kind is TimerKind.OUTCOME)
    assert timer.due_at == (None if due is None else minute(due)), sentence


def test_a_reason_stops_only_the_promises_it_is_listed_with() -> None:
    facts = [paused(2, 5, 20, "buyer_asked_to_wait")]
    due = {timer.kind: timer.due_at for timer in told(facts)}
    assert due[TimerKind.ACCEPT] == minute(15)
    assert due[TimerKind.OUTCOME] == minute(315)


def test_an_act_within_a_pause_keeps_the_promise() -> None:
    states = {timer.kind: timer.state.value for timer in told([paused(2, 10), talked(3, 500)])}
    assert states[TimerKind.FIRST_RESPONSE] == "kept"


def test_a_trial_runs_beside_what_binds_under_ids_of_its_own() -> None:
    trial = Terms({TimerKind.ACCEPT: timedelta(minutes=5)}, (), agreement="faster", is_trial=True)
    found = told([act(2, "accepted", 10)], (Terms({TimerKind.ACCEPT: timedelta(minutes=15)}, ()), trial))
    assert [(t.agreement, t.is_trial, t.state.value) for t in found] == [
        ("agreement", False, "kept"),
        ("faster", True, "pending"),
    ]
    assert len({timer.id for timer in found}) == 2


def test_a_pause_without_an_end_asks_no_calendar_about_the_years_to_come() -> None:
    """Seventy years of shifts are built in seconds, in which nothing is read and nothing said."""
    hours = schedule(MADRID, revision=1, opened_at=START)
    paused_at = START + timedelta(hours=1)
    found = hours.without([(paused_at, None)])
    assert [(spell.end, spell.calendar) for spell in found.spells] == [(paused_at, MADRID)]
    assert found.add(START, timedelta(hours=1)) == paused_at
    assert found.add(START, timedelta(hours=1, microseconds=1)) is None
    assert found.elapsed(START, START + timedelta(days=9)) == timedelta(hours=1)
    assert not found.is_open(paused_at)
    never = hours.without([(START - timedelta(days=1), None), (paused_at, paused_at + timedelta(days=1))])
    assert (never.add(START, timedelta(minutes=1)), never.is_open(START)) == (None, False)


def test_a_thousand_pauses_end_at_the_first_resume_after_each() -> None:
    facts = [paused(number, number) for number in range(2, 1002)]
    facts += [resumed(1002, 500.5), resumed(1003, 2000)]
    found = pauses_of(in_order(facts), 1, lambda _: True)
    assert [each.start for each in found] == [minute(number) for number in range(2, 1002)]
    assert {each.end for each in found[:499]} == {minute(500.5)}
    assert {each.end for each in found[499:]} == {minute(2000)}
