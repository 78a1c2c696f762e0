"""The page for management: a month in a few figures, beside the month before. Pure."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Literal

from lead_events.words import TimerKind
from sla_monitor.reports.figures.frame import CountedIn, Figure
from sla_monitor.reports.figures.funnel import FunnelStage
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.sources import ForeignMoney, SourceFigure

BEST = 3
"""So many sources are named as the best, and as the worst."""


class Measure(StrEnum):
    """What is compared with the month before, in this order."""

    RECEIVED = "received"
    SQL = "sql"
    ACCEPTED = "accepted"
    CUSTOMERS = "customers"
    REVENUE = "revenue"
    WIN_RATE = "win_rate"
    RESPONSE = "response"
    IN_TIME = "in_time"


class GoalAttained(Figure):
    """One goal of marketing in its own unit. `share` is net of goal."""

    id: str
    counted_in: CountedIn
    goal: int
    net: float
    share: float | None


class PromiseAttained(Figure):
    """One kind of promise of sales, with corrections. `broken`: charged to sales."""

    kind: TimerKind
    kept: int
    broken: int
    share: float | None


class WorksAttained(Figure):
    """How many leads sales worked, of what was agreed: a share, a number of leads, or minor units."""

    agreed: Literal["share", "number", "money", "nothing"]
    goal: float | None
    result: float | None
    attained: float | None


class SourceReturn(Figure):
    """A source that costs something. `gain`: (revenue - cost) / cost."""

    name: str
    cost_minor: int
    revenue_minor: int
    customers: int
    gain: float


class Change(Figure):
    """One measure, this month and the one before: a count, minor units, a share, or seconds."""

    measure: Measure
    now: float | None
    before: float | None


class MonthlyFigures(Figure):
    """One month for management. `best` and `worst` name no source twice; `corrections_minor`: of the revenue
    of months closed before."""

    month: str
    first_day: date
    last_day: date
    zone: str
    company: str
    currency: str
    is_closed: bool
    revenue_minor: int
    revenue_goal_minor: int | None
    corrections_minor: int = 0
    foreign: list[ForeignMoney]
    goals: list[GoalAttained]
    works: WorksAttained
    promises: list[PromiseAttained]
    marketing_leads_share: float | None
    marketing_revenue_share: float | None
    best: list[SourceReturn]
    worst: list[SourceReturn]
    changes: list[Change]


def monthly_figures(report: MonthReport, before: MonthReport) -> MonthlyFigures:
    """`before`: the report of the month before."""
    marketing = next(each for each in report.sources.origins if each.origin == "marketing")
    best, worst = best_and_worst(report)
    return MonthlyFigures(
        month=report.head.month,
        first_day=report.head.first_day,
        last_day=report.head.last_day,
        zone=report.head.time_zone,
        company=report.head.company,
        currency=report.head.currency,
        is_closed=report.head.state == "closed",
        revenue_minor=report.sources.revenue_minor,
        revenue_goal_minor=report.sources.revenue_goal_minor,
        corrections_minor=report.sources.corrections_minor,
        foreign=report.sources.foreign,
        goals=[
            GoalAttained(
                id=each.id, counted_in=each.counted_in, goal=each.goal, net=each.net, share=each.share
            )
            for each in report.marketing.goals
        ],
        works=_works(report),
        promises=list(_promises(report)),
        marketing_leads_share=marketing.leads_share,
        marketing_revenue_share=marketing.revenue_share,
        best=best,
        worst=worst,
        changes=[
            Change(measure=each, now=_measured(each, report), before=_measured(each, before))
            for each in Measure
        ],
    )


def _works(report: MonthReport) -> WorksAttained:
    works = report.sales.works
    return WorksAttained(agreed=works.agreed, goal=works.goal, result=works.result, attained=works.attained)


def _promises(report: MonthReport) -> Iterator[PromiseAttained]:
    for each in report.sales.promises:
        yield PromiseAttained(
            kind=each.kind,
            kept=each.kept + each.corrections_kept,
            broken=each.broken_by_sales + each.corrections_broken_by_sales,
            share=each.share_kept,
        )


def best_and_worst(report: MonthReport) -> tuple[list[SourceReturn], list[SourceReturn]]:
    """By return under the credit that binds. Of few sources the better half is named as best, and the one
    in the middle too; but none that brought in no more than it cost."""
    binding = report.sources.under(report.sources.binding)
    ranked = sorted(
        (each for each in map(_return, binding) if each), key=lambda each: (-each.gain, each.name)
    )
    half = min(BEST, (len(ranked) + 1) // 2)
    best = [each for each in ranked[:half] if each.gain > 0]
    return best, ranked[len(best) :][-BEST:][::-1]


def _return(source: SourceFigure) -> SourceReturn | None:
    if source.cost_minor is None or source.return_on_cost is None:
        return None
    return SourceReturn(
        name=source.name,
        cost_minor=source.cost_minor,
        revenue_minor=source.revenue_minor,
        customers=source.customers,
        gain=source.return_on_cost,
    )


def _measured(measure: Measure, report: MonthReport) -> float | None:
    match measure:
        case Measure.RECEIVED:
            return _stage(report, FunnelStage.RECEIVED)
        case Measure.SQL:
            return _stage(report, FunnelStage.SQL)
        case Measure.ACCEPTED:
            return _stage(report, FunnelStage.ACCEPTED)
        case Measure.CUSTOMERS:
            return report.speed.won
        case Measure.REVENUE:
            return report.sources.revenue_minor
        case Measure.WIN_RATE:
            return report.speed.win_rate
        case Measure.RESPONSE:
            return report.speed.follow_up[0].working.median
        case Measure.IN_TIME:
            return report.speed.follow_up[0].share_within


def _stage(report: MonthReport, stage: FunnelStage) -> int:
    return next(each.leads for each in report.funnel.stages if each.stage is stage)
