"""In whatever order and batches facts, pauses and changes of hours arrive, promises end the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events.words import Contact, ProgressKind, RoutedKind
from sla_monitor.domain.facts import Detail, Fact, in_order
from sla_monitor.domain.openings import SUPERSEDED
from sla_monitor.domain.schedule import Change, Schedule, schedule
from sla_monitor.domain.story import Reconciled, reconcile
from sla_monitor.domain.timers import Timer, TimerState, breach_said
from tests.unit.sla_monitor.samples import LEAD, START, assigned, fact
from tests.unit.sla_monitor.test_kinds import TERMS, minute
from worktime import ALWAYS_OPEN

News = Fact | Change
_MOMENTS = [0, 1, 5, 10, 15, 16, 20, 29, 30, 31, 45, 60, 90, 120, 200, 300, 301]
_KINDS = [
    *ProgressKind,
    *[ProgressKind.CONTACTED] * 3,
    ProgressKind.PAUSED,
    ProgressKind.ASKED_AGAIN,
    RoutedKind.TAKEN_BACK,
    RoutedKind.CLOSED,
]


@st.composite
def news(draw: st.DrawFn) -> list[News]:
    """One lead's facts in up to two rounds, and changes of its reps' hours."""
    found: list[News] = [assigned()]
    if draw(st.booleans()):
        found.append(assigned(2, draw(st.sampled_from(_MOMENTS)), 2))
    found.extend(_fact(draw, seq) for seq in range(3, draw(st.integers(3, 12))))
    for revision in range(2, draw(st.integers(2, 4))):
        start = draw(st.sampled_from(_MOMENTS))
        away = ALWAYS_OPEN.without([(minute(start), minute(start + draw(st.sampled_from([1, 30, 100_000]))))])
        found.append(Change(revision, minute(draw(st.sampled_from(_MOMENTS))), away))
    return found


def _fact(draw: st.DrawFn, seq: int) -> Fact:
    kind = draw(st.sampled_from(_KINDS))
    made = fact(seq, kind, draw(st.sampled_from(_MOMENTS)), draw(st.integers(1, 2)))
    if kind is ProgressKind.CONTACTED:
        return replace(made, contact=draw(st.sampled_from([*Contact, None])))
    if kind is ProgressKind.PAUSED:
        until = draw(st.none() | st.sampled_from(_MOMENTS).map(minute))
        code = draw(st.sampled_from(["holiday", "buyer_asked_to_wait", "lunch"]))
        return replace(made, detail=Detail(code=code, until=until))
    return made


def told(known: Sequence[News], stored: Sequence[Timer]) -> Reconciled:
    changes = [each for each in known if isinstance(each, Change)]

    def hours(opening: Fact) -> Schedule:
        return schedule(ALWAYS_OPEN, revision=1, opened_at=opening.at, changes=changes)

    return reconcile(
        LEAD,
        in_order([each for each in known if isinstance(each, Fact)]),
        {timer.id: timer for timer in stored},
        terms_of=lambda _: (TERMS,),
        hours_of=hours,
    )


def _truth(timer: Timer) -> tuple[str, datetime | None, str | None]:
    """What a timer comes to, whatever was said meanwhile."""
    state = timer.state.value
    if timer.state is TimerState.WITHDRAWN and timer.ending:
        state = timer.ending.counts_as.value
    elif timer.state is TimerState.BREACHED:
        state = "pending"
    return state, timer.due_at, timer.ending.kind if timer.ending else None


@settings(max_examples=400, deadline=None)
@given(news().flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))), st.data())
def test_promises_end_the_same_in_any_order_of_arrival(
    case: tuple[list[News], list[News]], data: st.DataObject
) -> None:
    everything, arrival = case
    timers: list[Timer] = []
    seen: list[News] = []
    while arrival:
        size = data.draw(st.integers(1, len(arrival)))
        seen, arrival = [*seen, *arrival[:size]], arrival[size:]
        timers = [_maybe_said(timer, data) for timer in told(seen, timers).timers]
    timers = told(seen, timers).timers
    expected = {timer.id: _truth(timer) for timer in told(everything, ()).timers}
    found = {timer.id: _truth(timer) for timer in timers}
    assert {identity: found[identity] for identity in expected} == expected
    for timer in timers:
        if timer.id not in expected:
            assert (timer.ending.kind if timer.ending else None) == SUPERSEDED
            assert timer.state in {TimerState.CANCELLED, TimerState.WITHDRAWN}
        assert timer.breaches - timer.withdrawals == (timer.state is TimerState.BREACHED)


def _maybe_said(timer: Timer, data: st.DataObject) -> Timer:
    if timer.state is TimerState.PENDING and timer.due_at is not None and data.draw(st.booleans()):
        hours = schedule(ALWAYS_OPEN, revision=1, opened_at=timer.opened_at)
        return breach_said(timer, hours, START)
    return timer


def test_a_breach_that_a_late_pause_undoes_is_withdrawn_and_may_come_again() -> None:
    opening = assigned()
    (accept, *_) = told([opening], ()).timers
    hours = schedule(ALWAYS_OPEN, revision=1, opened_at=START)
    broken = breach_said(accept, hours, minute(15))
    pause = replace(fact(2, ProgressKind.PAUSED, 10), detail=Detail(code="holiday", until=minute(30)))
    moved = told([opening, pause], [broken])
    (withdrawal,) = moved.withdrawn
    assert (withdrawal.kind, withdrawal.at, withdrawal.due_at) == ("paused", minute(10), minute(15))
    (again, *_) = moved.timers
    assert (again.state, again.due_at, again.next_at) == (TimerState.PENDING, minute(35), minute(35))
    twice = breach_said(again, hours, minute(35))
    (late, *_) = told([opening, pause, fact(3, ProgressKind.ACCEPTED, 34)], [twice]).withdrawn
    assert (late.number, late.kind, late.due_at) == (2, "accepted", minute(35))


def test_hours_that_withdraw_a_breach_are_named_also_where_the_lead_was_paused_before() -> None:
    opening = assigned()
    pause = replace(fact(2, ProgressKind.PAUSED, 1), detail=Detail(code="holiday", until=minute(2)))
    (accept, *_) = told([opening, pause], ()).timers
    hours = schedule(ALWAYS_OPEN, revision=1, opened_at=START)
    broken = breach_said(accept, hours, minute(16))
    off = ALWAYS_OPEN.without([(minute(10), minute(40))])
    changed = schedule(ALWAYS_OPEN, revision=1, opened_at=START, changes=[Change(2, minute(9), off)])
    found = reconcile(
        LEAD,
        in_order([opening, pause]),
        {broken.id: broken},
        terms_of=lambda _: (TERMS,),
        hours_of=lambda _: changed,
    )
    (withdrawal,) = found.withdrawn
    assert (withdrawal.kind, withdrawal.at, withdrawal.due_at) == ("hours_changed", minute(9), minute(16))


def test_a_resume_that_arrives_late_leaves_a_breach_and_moves_what_runs() -> None:
    opening = assigned()
    pause = replace(fact(2, ProgressKind.PAUSED, 5), detail=Detail(code="holiday"))
    (still, *_) = told([opening, pause], ()).timers
    assert (still.due_at, still.is_paused(minute(6)), still.is_paused(minute(4))) == (None, True, False)
    resumed = told([opening, pause, fact(3, ProgressKind.RESUMED, 20)], [still])
    assert [(move.why.value, move.due_before, move.timer.due_at) for move in resumed.moves] == [
        ("resumed", None, minute(30))
    ]
    hours = schedule(ALWAYS_OPEN, revision=1, opened_at=START)
    broken = breach_said(resumed.timers[0], hours, minute(30))
    earlier = told(
        [opening, pause, fact(4, ProgressKind.RESUMED, 10), fact(3, ProgressKind.RESUMED, 20)], [broken]
    )
    assert (earlier.withdrawn, earlier.timers[0].state, earlier.timers[0].due_at) == (
        [],
        TimerState.BREACHED,
        START + timedelta(minutes=20),
    )
