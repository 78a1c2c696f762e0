"""Sales' side: promises at their deadlines, work, and first responses by day."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from lead_events.words import ChargedTo, TimerKind
from sla_monitor.ledger.book import Booked, Closing, Correction, LeadRow, PromiseRow
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.sales import PromiseFigure, WorksFigure, sales_figures
from tests.unit.sla_monitor.reports.small import at, back, book, frame, lead, promise, with_agreement

COUNTS = {
    "kept",
    "broken_in_all",
    "broken_by_sales",
    "excused_by_incident",
    "excused_by_objection",
    "cancelled",
    "open",
    "withdrawn",
}


def of(*rows: PromiseRow, leads: tuple[LeadRow, ...] = (), **more: Any) -> PromiseFigure:
    (found,) = sales_figures(Frame.of(book(leads, rows, **more))).promises
    return found


def works(*leads: LeadRow, **more: Any) -> WorksFigure:
    return sales_figures(frame(*leads, **more)).works


@pytest.mark.parametrize(
    ("row", "counted", "why"),
    [
        (promise("a", at(3)), {"kept": 1}, "kept"),
        (promise("a", at(3), "breached"), {"broken_in_all": 1, "broken_by_sales": 1}, "broken by its rep"),
        (
            promise("a", at(3), "breached", charged_to=ChargedTo.SYSTEM),
            {"broken_in_all": 1, "broken_by_sales": 0},
            "broken, and not by sales",
        ),
        (promise("a", at(3), "breached", excused="incident"), {"excused_by_incident": 1}, "excused"),
        (promise("a", at(3), "breached", excused="objection"), {"excused_by_objection": 1}, "excused"),
        (promise("a", at(3), "cancelled", ended_kind="declined"), {"cancelled": 1}, "nobody's breach"),
        (promise("a", at(3), "pending"), {"open": 1}, "not decided yet"),
        (promise("a", at(3), "withdrawn"), {"kept": 1, "withdrawn": 1}, "the act had been in time"),
        (
            promise("a", at(3), "withdrawn", ended_kind="declined"),
            {"cancelled": 1, "withdrawn": 1},
            "said to be broken, and was over before",
        ),
        (
            promise("a", at(3), "withdrawn", ended_kind="superseded"),
            {"withdrawn": 1},
            "said to be broken, and never opened as the facts are known now",
        ),
    ],
)
def test_what_became_of_a_promise(row: PromiseRow, counted: dict[str, int], why: str) -> None:
    found = of(row).model_dump(include=COUNTS)
    assert {name: n for name, n in found.items() if n} == {k: n for k, n in counted.items() if n}, why


def test_a_promise_that_later_facts_do_not_open_is_as_if_they_had_come_first() -> None:
    never = promise("a", at(3), "cancelled", ended_kind="superseded")
    assert sales_figures(Frame.of(book((), [never]))).promises == []


def test_a_promise_counts_at_its_deadline() -> None:
    assert sales_figures(Frame.of(book((), [promise("a", at(1, month=12))]))).promises == []
    early = promise("a", at(1), ended_at=at(31, month=10))
    assert of(early).kept == 1, "kept in October, due in November"


def test_the_share_of_sales_leaves_out_what_others_broke() -> None:
    rows = [promise(str(n), at(3)) for n in range(6)]
    charged = (ChargedTo.REP, ChargedTo.SALES_TEAM, ChargedTo.SYSTEM, ChargedTo.NOBODY)
    rows += [promise(each, at(3), "breached", charged_to=each) for each in charged]
    found = of(*rows)
    assert (found.share_kept, found.share_in_time) == (6 / 8, 6 / 10)
    assert found.broken == {
        "rep": 1,
        "sales_team": 1,
        "marketing": 0,
        "system": 1,
        "nobody": 1,
    }


def test_nothing_due_has_no_share() -> None:
    found = of(promise("a", at(3), "cancelled", ended_kind="closed"))
    assert (found.share_kept, found.share_in_time) == (None, None)


def test_above_the_volume_promises_of_speed_are_in_no_share() -> None:
    found = of(
        promise("above", at(3), is_above_volume=True),
        promise("above", at(4), "breached", charged_to=ChargedTo.NOBODY, is_above_volume=True),
        promise("below", at(3)),
    )
    assert (found.kept, found.above_volume, found.late_above_volume, found.broken_in_all) == (1, 1, 1, 0)
    assert found.share_in_time == 1.0


def test_trials_bind_nobody() -> None:
    assert sales_figures(Frame.of(book((), [promise("a", at(3), is_trial=True)]))).promises == []


def test_corrections_and_bookings_of_promises() -> None:
    fixed = Correction("2026-10", "kept", uuid4(), Decimal(1), "first_response")
    undone = Correction("2026-10", "broken", uuid4(), Decimal(-1), "first_response")
    rows = [promise("a", at(3)), promise("b", at(3), "breached"), promise("c", at(3), "breached")]
    found = of(*rows, corrections=(fixed, undone))
    assert (found.kept, found.corrections_kept, found.share_kept) == (1, 1, 2 / 3)
    closed = Closing(("Irene", at(3, month=12)), ("Marta", at(3, month=12)))
    stood = of(*rows, closing=closed, booked=(Booked("kept", "first_response", Decimal(9)),))
    assert (stood.kept, stood.broken_in_all, stood.share_kept) == (9, 0, 1.0)


WORKED = {"work_due_at": at(10), "worked_at": at(9)}


@pytest.mark.parametrize(
    ("row", "due", "worked", "why"),
    [
        (lead("a", at(3), **WORKED), 1, 1, "worked by then"),
        (lead("a", at(3), work_due_at=at(10), worked_at=at(10)), 1, 1, "at the last moment"),
        (lead("a", at(3), work_due_at=at(10), worked_at=at(11)), 1, 0, "too late"),
        (lead("a", at(3), work_due_at=at(10)), 1, 0, "never"),
        (lead("a", at(28, month=10), **WORKED), 1, 1, "delivered before, its time ended in the month"),
        (lead("a", at(28), work_due_at=at(3, month=12)), 0, 0, "its time ends in another month"),
        (lead("a", at(3), is_ours=False, **WORKED), 0, 0, "no delivery"),
        (lead("a", at(3), given_back=back(at(4)), **WORKED), 0, 0, "all taken off: on neither side"),
        (lead("a", at(3), given_back=back(at(4), "not_now"), **WORKED), 1, 1, "nothing taken off"),
    ],
)
def test_a_lead_is_worked_by_the_end_of_its_time(row: LeadRow, due: int, worked: int, why: str) -> None:
    found = works(row)
    assert (found.due, found.worked) == (due, worked), why
    assert found.on_neither_side == (row.given_back is not None and due == 0)


def test_works_by_share_number_and_money() -> None:
    rows = [lead("a", at(3), **WORKED), lead("b", at(3), work_due_at=at(10))]
    by_share = works(*rows)
    assert (by_share.goal, by_share.result, by_share.attained) == (0.9, 0.5, 0.5 / 0.9)
    by_number = works(*rows, rulebook=with_agreement(sales={"works": {"number": 4}}))
    assert (by_number.result, by_number.attained) == (1, 0.25)
    in_money = works(*rows, rulebook=with_agreement(sales={"works": {"money_minor": 18_000}}))
    assert (in_money.due, in_money.worked, in_money.attained) == (18_000, 9_000, 0.5)
    nothing = works(rulebook=with_agreement(sales={"works": {"share": 0.9}}))
    assert (nothing.result, nothing.attained) == (None, None)


def test_what_is_due_later_in_a_running_month_is_no_failure_yet() -> None:
    found = works(lead("a", at(3), work_due_at=at(20)), lead("b", at(3), **WORKED), now=at(15))
    assert (found.due, found.worked, found.to_come) == (1, 1, 1)


def test_first_responses_by_day_in_working_time() -> None:
    rows = [
        promise("a", at(3, 10), worked=600.0),
        promise("b", at(3, 11), worked=1200.0),
        promise("late", at(3, 11), "breached", ended_at=at(4), ended_kind="contacted", worked=9000.0),
        promise("never", at(3, 11), "breached"),
        promise("gone", at(3, 11), "cancelled", ended_at=at(3), ended_kind="declined", worked=5.0),
        replace(promise("accepted", at(3)), kind=TimerKind.ACCEPT),
    ]
    days = sales_figures(Frame.of(book((), rows, now=at(5, 12)))).days
    told = {each.day.day: each.first_response for each in days}
    assert sorted(told) == [3, 4, 5], "working days so far, also those without any"
    assert (told[3].n, told[3].median, told[3].p90) == (2, 600, 1200)
    assert (told[4].n, told[4].median) == (1, 9000)
    assert told[5].median is None
