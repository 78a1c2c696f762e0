"""A rep falls ill with leads in hand and says so later: whose minutes are they?"""

from datetime import timedelta

from lead_events.words import ChargedTo, Part, RoutedKind, TimerKind
from sla_monitor.domain.charge import charge
from sla_monitor.domain.facts import Fact, in_order
from sla_monitor.domain.path import split, totals
from sla_monitor.domain.schedule import Change, Schedule, schedule
from sla_monitor.domain.story import reconcile
from tests.unit.sla_monitor.samples import LEAD, START, TERMS, assigned, fact
from worktime import ALWAYS_OPEN

ENTERED = START + timedelta(minutes=10)
ILL = ALWAYS_OPEN.without([(START - timedelta(hours=1), START + timedelta(hours=8))])
"""Since before the lead came; entered ten minutes after it."""
FACTS = [assigned(1, 0), fact(2, RoutedKind.TAKEN_BACK, 10), assigned(3, 10, 2)]


def hours(opening: Fact) -> Schedule:
    changes = [Change(2, ENTERED, ILL)] if opening.round == 1 else []
    return schedule(ALWAYS_OPEN, revision=1, opened_at=opening.at, changes=changes)


def test_the_promise_of_who_was_ill_ends_unbroken() -> None:
    found = reconcile(LEAD, in_order(FACTS), {}, terms_of=lambda _: (TERMS,), hours_of=hours)
    states = {(timer.kind, timer.round): timer.state.value for timer in found.timers}
    assert states[TimerKind.ACCEPT, 1] == "cancelled"
    assert states[TimerKind.ACCEPT, 2] == "pending"


def test_the_minutes_until_it_was_said_are_the_teams() -> None:
    path = split(None, FACTS, START + timedelta(minutes=15), hours)
    assert [(part, rep, length) for part, rep, length in totals(path)] == [
        (Part.REP, "rep-1", timedelta(minutes=10)),
        (Part.REP, "rep-2", timedelta(minutes=5)),
    ]
    assert charge(timedelta(minutes=5), timedelta(minutes=15), path).to is ChargedTo.SALES_TEAM


def test_what_was_kept_from_somebody_else_after_it_was_said_counts_for_no_rep() -> None:
    path = split(None, FACTS[:1], START + timedelta(minutes=40), hours)
    assert [(part, length) for part, _, length in totals(path)] == [
        (Part.REP, timedelta(minutes=10)),
        (Part.OUT_OF_HOURS, timedelta(minutes=30)),
    ]
