"""Reps, breaches, objections, trials, and the head of the report."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from lead_events.words import ChargedTo, Quadrant, TimerKind
from sla_monitor.ledger.book import Closing, ObjectionRow
from sla_monitor.reports.figures.disputes import WORST, dispute_figures
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.month import month_report
from sla_monitor.reports.figures.people import rep_figures
from sla_monitor.reports.figures.trials import trial_figures
from tests.unit.sla_monitor.reports.drawn import company
from tests.unit.sla_monitor.reports.small import at, book, handoff, lead, promise, with_agreement


def test_a_rep_is_told_with_what_was_declined_and_timed_out_and_its_value() -> None:
    rounds = (
        handoff("a", at(3), accepted_at=at(3), stopped_early=True),
        handoff("b", at(3), declined_at=at(3, 11), decline_code="no_time"),
        handoff("c", at(3), declined_at=at(3, 11), decline_code="no_time", quadrant=Quadrant.WARM),
        handoff("d", at(4), timed_out=True),
        handoff("e", at(28, month=10), timed_out=True),
        handoff("f", at(4), rep_id="marta-ibanez"),
    )
    promises = [
        promise("a", at(3)),
        promise("d", at(4), "breached"),
        promise("x", at(4), "breached", charged_to=ChargedTo.SALES_TEAM),
    ]
    found = rep_figures(Frame.of(book((), promises, rounds=rounds, names={"javier-otxoa": "Javier Otxoa"})))
    javier, marta = found
    assert (javier.name, javier.handed, javier.accepted, javier.stopped_early) == ("Javier Otxoa", 4, 1, 1)
    assert (javier.declined, javier.declined_in_all) == ({"perfect": 1, "warm": 1}, 2)
    assert (javier.decline_codes, javier.declined_value_minor) == ({"no_time": 2}, 12_000)
    assert (javier.timed_out, javier.timed_out_value_minor) == ({"perfect": 1}, 9_000)
    assert (javier.kept, javier.broken, javier.share_kept) == (1, 1, 0.5)
    assert (marta.name, marta.share_kept) == ("marta-ibanez", None)


def test_the_worst_breaches_are_those_late_the_longest() -> None:
    parts = (("held", "no_capacity", 5), ("rep", "javier-otxoa", 1_800_000_000))
    rows = [
        promise(f"hour {hours}", at(3), "breached", ended_at=at(3) + timedelta(hours=hours), parts=parts)
        for hours in range(1, 13)
    ]
    rows += [
        promise("never", at(20), "breached"),
        promise("excused", at(2), "breached", excused="objection"),
        promise("trial", at(2), "breached", is_trial=True),
        promise("above", at(2), "breached", is_above_volume=True),
    ]
    found = dispute_figures(Frame.of(book((), rows))).worst
    assert len(found) == WORST
    assert (found[0].due_at, found[0].ended_at) == (at(20), None), "until now"
    assert [each.late_seconds / 3600 for each in found[1:4]] == [12, 11, 10]
    assert [(part.part, part.detail, part.microseconds) for part in found[1].parts] == list(parts)


def test_both_counts_of_what_was_objected_to_are_shown() -> None:
    rows = [promise("a", at(3), "breached", excused="objection"), promise("b", at(3), "breached")]
    said = [
        ObjectionRow(uuid4(), "breach", row.id, row.lead_id, "sales", "Marta", at(4), "line down", verdict)
        for row, verdict in zip(rows, ("excused", "upheld"), strict=True)
    ]
    found = dispute_figures(Frame.of(book((), rows, objections=tuple(said))))
    breaches, rejections = found.counts
    assert (breaches.before, breaches.excused, breaches.after, breaches.upheld) == (2, 1, 1, 1)
    assert (rejections.before, rejections.objections) == (0, 0)
    assert sorted(each.verdict or "" for each in found.objections) == ["excused", "upheld"]


def test_a_trial_is_told_beside_its_own_target_for_its_own_teams() -> None:
    tried = promise("a", at(3), is_trial=True, agreement="quicker", kind=TimerKind.ACCEPT)
    other = replace(tried, id=uuid4(), agreement="another")
    leads = [lead("a", at(3), team="italy"), lead("b", at(3), team="spain")]
    (found,) = trial_figures(Frame.of(book(leads, [tried, other], rulebook=company())))
    assert (found.id, found.teams) == ("quicker", ["italy"])
    assert {goal.id: goal.delivered for goal in found.goals}["perfect"] == 1
    assert [(each.kind, each.kept) for each in found.promises] == [("accept", 1)]


def test_the_head_says_who_signed_and_from_when_both_may() -> None:
    running = month_report(book(now=at(20))).head
    assert (running.state, running.agreement, running.agreed_by["sales"]) == (
        "running",
        "agreement",
        "Marta Ibáñez",
    )
    waits = month_report(book(closing=Closing(marketing=("Irene", at(3, month=12))))).head
    assert (waits.state, waits.signs_from) == ("open", date(2026, 12, 3))
    assert [(each.side, each.name) for each in waits.signatures] == [("marketing", "Irene"), ("sales", None)]
    both = Closing(("Irene", at(3, month=12)), ("Marta", at(4, month=12)))
    assert month_report(book(closing=both)).head.state == "closed"
    none = month_report(book(rulebook=with_agreement(last_day="2026-10-31"))).head
    assert (none.agreement, none.agreement_name) == (None, None)
