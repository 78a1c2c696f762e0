"""A figure that stands in two places of the report is the same, and parts add up to their whole."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from lead_events.words import ChargedTo, TimerKind
from sla_monitor.ledger.book import Booked, Closing, Correction, MonthBook, Won
from sla_monitor.ledger.entries import entries
from sla_monitor.reports.figures.funnel import FunnelStage
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.page.month import month_page
from tests.unit.sla_monitor.reports.drawn import DECEMBER_4
from tests.unit.sla_monitor.reports.month import plausible_month
from tests.unit.sla_monitor.reports.small import at, back, book, lead, promise

MIDDLE = datetime(2026, 11, 17, 11, tzinfo=UTC)
MONTHS = pytest.mark.parametrize(
    ("seed", "now"), list(product(range(6), (DECEMBER_4, MIDDLE))), ids=lambda each: str(each)[:10]
)


def stage(report: MonthReport, name: FunnelStage) -> int:
    return next(each.leads for each in report.funnel.stages if each.stage is name)


@MONTHS
def test_sources_add_up_to_the_funnel_under_either_credit(seed: int, now: datetime) -> None:
    report = month_report(plausible_month(160, seed, now=now))
    for rows in (report.sources.first, report.sources.last):
        assert sum(each.leads for each in rows) == stage(report, FunnelStage.RECEIVED)
        assert sum(each.sqls_in_all for each in rows) == stage(report, FunnelStage.SQL)
        assert sum(sum(each.sqls.values()) for each in rows) == stage(report, FunnelStage.SQL)
        assert sum(each.opportunities for each in rows) == stage(report, FunnelStage.OPPORTUNITY)
        assert sum(each.customers for each in rows) == stage(report, FunnelStage.CUSTOMER)
    first, last = (
        (sum(each.revenue_minor for each in rows), sum(each.taken_off for each in rows))
        for rows in (report.sources.first, report.sources.last)
    )
    assert first == last
    won = report.funnel.won_by_cohort
    assert sum(each.revenue_minor for each in won) == last[0]
    assert sum(each.customers for each in won) == stage(report, FunnelStage.CUSTOMER)


@MONTHS
def test_what_each_side_generated_adds_up_to_all(seed: int, now: datetime) -> None:
    report = month_report(plausible_month(160, seed, now=now))
    origins = report.sources.origins
    assert sum(each.revenue_minor for each in origins) == report.sources.revenue_minor
    assert sum(each.customers for each in origins) == report.speed.won
    shares = [each.leads_share for each in origins if each.leads_share is not None]
    assert sum(shares) == pytest.approx(1.0)


@MONTHS
def test_goals_end_where_their_pace_ends(seed: int, now: datetime) -> None:
    report = month_report(plausible_month(160, seed, now=now))
    for goal, pace in zip(report.marketing.goals, report.marketing.pace, strict=True):
        newest = [day for day in pace.days if day.delivered is not None][-1]
        assert newest.delivered == pace.delivered == goal.delivered
        assert newest.net == pytest.approx(goal.delivered - goal.taken_off)
        assert goal.given_back - goal.excused == pytest.approx(goal.taken_off)
        assert pace.days[-1].planned == pytest.approx(goal.goal)
    assert report.funnel.cohort.leads == report.funnel.acceptance[0].delivered
    assert report.funnel.cohort.leads == stage(report, FunnelStage.SQL)


@MONTHS
def test_reps_promises_and_breaches_agree(seed: int, now: datetime) -> None:
    report = month_report(plausible_month(160, seed, now=now))
    promises = report.sales.promises
    assert sum(each.kept for each in report.reps) == sum(each.kept for each in promises)
    by_rep = sum(each.broken[ChargedTo.REP] for each in promises)
    assert sum(each.broken for each in report.reps) == by_rep
    for each in promises:
        assert sum(each.broken.values()) == each.broken_in_all
    (count,) = (each for each in report.disputes.counts if each.about == "breach")
    assert count.after == sum(each.broken_in_all + each.late_above_volume for each in promises)
    assert len(report.disputes.worst) == min(10, sum(each.broken_in_all for each in promises))
    (every, *parts) = report.speed.follow_up
    assert every.working.n == sum(day.first_response.n for day in report.sales.days)
    assert every.in_time == sum(part.in_time for part in parts)
    (answers,) = [each for each in promises if each.kind is TimerKind.FIRST_RESPONSE]
    assert every.in_time == answers.kept + answers.above_volume


def closed(open_book: MonthBook) -> MonthBook:
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries(open_book):
        sums[entry.measure, entry.goal] += entry.amount  # type: ignore[assignment]
    booked = tuple(Booked(measure, goal or None, Decimal(n)) for (measure, goal), n in sums.items())
    signed = Closing(("Irene Soler", DECEMBER_4), ("Marta Ibáñez", DECEMBER_4))
    return replace(open_book, booked=booked, closing=signed)


@pytest.mark.parametrize("seed", range(4))
def test_closing_changes_no_figure(seed: int) -> None:
    month = plausible_month(160, seed)
    before, after = month_report(month), month_report(closed(month))
    parts = {"head"}
    assert before.model_dump(exclude=parts) == after.model_dump(exclude=parts)


@pytest.mark.parametrize(
    ("kept", "broken", "why"),
    [
        (0, -4, "breaches of the month before were excused: more than were broken in this"),
        (-9, 9, "answers of the month before turned out to be late: more than were kept in this"),
        (-1, 0, "nothing is left to divide by"),
        (9, -9, "both"),
    ],
)
def test_shares_with_corrections_stay_shares(kept: int, broken: int, why: str) -> None:
    later = tuple(
        Correction("2026-10", measure, UUID(int=1), Decimal(amount), "first_response")
        for measure, amount in (("kept", kept), ("broken", broken))
        if amount
    )
    (figure,) = month_report(book([], [promise("a", at(3))], corrections=later)).sales.promises
    for share in (figure.share_kept, figure.share_in_time):
        assert share is None or 0 <= share <= 1, why


def test_worked_with_corrections_stays_a_share() -> None:
    due = Correction("2026-10", "due", UUID(int=1), Decimal(-1))
    worked = [lead(name, at(3), work_due_at=at(5), worked_at=at(4)) for name in "ab"]
    works = month_report(book(worked, corrections=(due,))).sales.works
    assert works.result == 1.0


def test_a_source_of_which_only_something_came_back_is_there() -> None:
    old = lead("a", at(20, month=10), last_source="fair", first_source="fair", given_back=back(at(3)))
    report = month_report(book([old]))
    assert [(each.id, each.taken_off) for each in report.sources.last if each.id == "fair"] == [("fair", 1)]


def test_revenue_corrected_later_stands_on_the_page_and_counts_towards_the_goal() -> None:
    later = Correction("2026-10", "revenue", UUID(int=1), Decimal(100_000))
    won = lead("a", at(3), won=Won(at(9), 300_000))
    made = month_report(book([won], corrections=(later,)))
    html = month_page(made, "en")
    assert "corrections +€1,000" in html
    goal = made.sources.revenue_goal_minor
    assert goal is not None
    assert f"{400_000 / goal:.1%}" in html
