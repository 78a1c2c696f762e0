"""The funnel: who owns each stage, how many came that far, how many of those before, and in how many days."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from lead_events.words import Quadrant
from sla_monitor.ledger.book import LeadRow, Side
from sla_monitor.ledger.periods import period_of
from sla_monitor.reports.figures.frame import Figure, Frame, share
from sla_monitor.reports.figures.spread import Spread, days_between, known, spread


class FunnelStage(StrEnum):
    """The stages in order."""

    RECEIVED = "received"
    MQL = "mql"
    SQL = "sql"
    ACCEPTED = "accepted"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"


OWNERS: Mapping[FunnelStage, Side] = {
    FunnelStage.RECEIVED: "marketing",
    FunnelStage.MQL: "marketing",
    FunnelStage.SQL: "marketing",
    FunnelStage.ACCEPTED: "sales",
    FunnelStage.OPPORTUNITY: "sales",
    FunnelStage.CUSTOMER: "sales",
}
"""Who brings a lead there."""


class StageFigure(Figure):
    """One stage. `conversion` is of the stage before; `days` from there to here, of those that came here."""

    stage: FunnelStage
    owner: Side
    leads: int
    conversion: float | None
    days: Spread


class Cohort(Figure):
    """What became by now of the leads delivered in the month; `age_days` since their delivery. Conversions
    are of the leads delivered."""

    leads: int
    age_days: Spread
    stages: list[StageFigure]
    revenue_minor: int


class WonCohort(Figure):
    """Customers won in the month, by the month in which their lead was delivered; None: never delivered."""

    delivered: str | None
    customers: int
    revenue_minor: int
    days: Spread


class Acceptance(Figure):
    """Leads delivered in the month: accepted by now, given back, neither. `quadrant` None: all."""

    quadrant: Quadrant | None
    delivered: int
    accepted: int
    given_back: int
    undecided: int
    share: float | None


class FunnelFigures(Figure):
    """Stages by the month of the event; what became of the month's deliveries; acceptance."""

    stages: list[StageFigure]
    cohort: Cohort
    won_by_cohort: list[WonCohort]
    acceptance: list[Acceptance]


def funnel_figures(frame: Frame) -> FunnelFigures:
    """Of leads that are neither own nor of accounts that sales knows."""
    return FunnelFigures(
        stages=_by_event(frame),
        cohort=_cohort(frame),
        won_by_cohort=_won(frame),
        acceptance=_acceptances(frame),
    )


def accepted_at(lead: LeadRow) -> datetime | None:
    """When sales took it: it said so, or reached out, or more than that."""
    return _first(lead.accepted_at, lead.contacted_at, opportunity_at(lead))


def opportunity_at(lead: LeadRow) -> datetime | None:
    """When it became an opportunity: at the latest when it was won."""
    return _first(lead.opportunity_at, lead.won_at)


def _first(*moments: datetime | None) -> datetime | None:
    there = [at for at in moments if at is not None]
    return min(there) if there else None


MOMENTS: Mapping[FunnelStage, Callable[[LeadRow], datetime | None]] = {
    FunnelStage.RECEIVED: lambda lead: lead.received_at,
    FunnelStage.MQL: lambda lead: lead.scored_at,
    FunnelStage.SQL: lambda lead: lead.delivered_at,
    FunnelStage.ACCEPTED: accepted_at,
    FunnelStage.OPPORTUNITY: opportunity_at,
    FunnelStage.CUSTOMER: lambda lead: lead.won_at,
}


def _by_event(frame: Frame) -> list[StageFigure]:
    found: list[StageFigure] = []
    before: FunnelStage | None = None
    leads = list(frame.ours())
    for stage in FunnelStage:
        here = [lead for lead in leads if frame.within(MOMENTS[stage](lead))]
        part = share(len(here), found[-1].leads) if found else None
        found.append(_stage(stage, before, here, part))
        before = stage
    return found


def _stage(
    stage: FunnelStage, before: FunnelStage | None, here: Sequence[LeadRow], conversion: float | None
) -> StageFigure:
    took = [] if before is None else known(_days(lead, before, stage) for lead in here)
    return StageFigure(
        stage=stage, owner=OWNERS[stage], leads=len(here), conversion=conversion, days=spread(took)
    )


def _days(lead: LeadRow, before: FunnelStage, stage: FunnelStage) -> float | None:
    return days_between(MOMENTS[before](lead), MOMENTS[stage](lead))


def _cohort(frame: Frame) -> Cohort:
    leads = list(frame.delivered())
    stages: list[StageFigure] = []
    order = list(FunnelStage)
    for stage in order[order.index(FunnelStage.ACCEPTED) :]:
        here = [lead for lead in leads if MOMENTS[stage](lead) is not None]
        before = order[order.index(stage) - 1]
        stages.append(_stage(stage, before, here, share(len(here), len(leads))))
    return Cohort(
        leads=len(leads),
        age_days=spread(known(days_between(lead.delivered_at, frame.book.now) for lead in leads)),
        stages=stages,
        revenue_minor=sum(revenue(lead) for lead in leads),
    )


def revenue(lead: LeadRow) -> int:
    """What it brought, in minor units of the company's currency; 0 where that is not known."""
    return lead.won.minor or 0 if lead.won else 0


def _won(frame: Frame) -> list[WonCohort]:
    by_month: dict[str | None, list[LeadRow]] = defaultdict(list)
    for lead in frame.ours():
        if frame.within(lead.won_at):
            by_month[_month(frame, lead.delivered_at)].append(lead)
    return [
        WonCohort(
            delivered=month,
            customers=len(leads),
            revenue_minor=sum(revenue(lead) for lead in leads),
            days=spread(known(days_between(lead.delivered_at, lead.won_at) for lead in leads)),
        )
        for month, leads in sorted(by_month.items(), key=lambda each: each[0] or "")
    ]


def _month(frame: Frame, at: datetime | None) -> str | None:
    return period_of(at, frame.book.period.zone).name if at is not None else None


def _acceptances(frame: Frame) -> list[Acceptance]:
    leads = list(frame.delivered())
    present = [quadrant for quadrant in Quadrant if any(lead.quadrant is quadrant for lead in leads)]
    return [
        _acceptance(quadrant, [lead for lead in leads if quadrant in (None, lead.quadrant)])
        for quadrant in (None, *present)
    ]


def _acceptance(quadrant: Quadrant | None, leads: Sequence[LeadRow]) -> Acceptance:
    accepted = sum(accepted_at(lead) is not None for lead in leads)
    back = sum(accepted_at(lead) is None and lead.given_back is not None for lead in leads)
    return Acceptance(
        quadrant=quadrant,
        delivered=len(leads),
        accepted=accepted,
        given_back=back,
        undecided=len(leads) - accepted - back,
        share=share(accepted, len(leads)),
    )
