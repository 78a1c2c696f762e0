"""What each source brought and cost, credited to the first or the last source of a lead."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from lead_events.words import Quadrant
from rulebook.models import Cost, Source
from sla_monitor.ledger.book import LeadRow
from sla_monitor.reports.figures.frame import OWN, Figure, Frame, share
from sla_monitor.reports.figures.funnel import opportunity_at, revenue
from sla_monitor.reports.figures.touches import judged_touches

Credit = Literal["first", "last"]
Origin = Literal["marketing", "sales", "partner", "referral"]
MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
"""How many months a price is for."""


class SourceFigure(Figure):
    """One source in the month: leads received, those that became SQLs, and customers won, each counted in
    the month it happened. Money is in minor units. `conversion` is SQLs of leads; `cost_minor` None: not
    told; `returnable_minor` is what may be given back of it; `return_on_cost` is (revenue - cost) / cost."""

    id: str
    name: str
    origin: Origin
    leads: int
    sqls: dict[Quadrant, int]
    sqls_in_all: int
    taken_off: int
    conversion: float | None
    opportunities: int
    customers: int
    revenue_minor: int
    cost_minor: int | None
    returnable_minor: int
    cost_per_sql_minor: float | None
    return_on_cost: float | None


class OriginFigure(Figure):
    """What one side generated. Own leads, and those of accounts that sales knows, are sales'."""

    origin: Origin
    leads: int
    leads_share: float | None
    sqls: int
    customers: int
    revenue_minor: int
    revenue_share: float | None


class ForeignMoney(Figure):
    """Revenue in a currency without a rate: not added to the rest."""

    currency: str
    minor: int
    customers: int


class SourceFigures(Figure):
    """Every source under both credits; `binding` is the one of the agreement, by which `origins` count.
    `revenue_minor` of a closed month is as it was booked; `corrections_minor` are of months closed before."""

    binding: Credit
    first: list[SourceFigure]
    last: list[SourceFigure]
    origins: list[OriginFigure]
    revenue_minor: int
    corrections_minor: int
    revenue_goal_minor: int | None
    foreign: list[ForeignMoney]

    def under(self, credit: Credit) -> list[SourceFigure]:
        """The sources under one of the credits."""
        return self.first if credit == "first" else self.last


def source_figures(frame: Frame) -> SourceFigures:
    """Of the month."""
    binding, returnable = frame.agreed.agreement.credit, _returnables(frame)
    won = list(frame.won())
    return SourceFigures(
        binding=binding,
        first=_by_source(frame, "first", returnable),
        last=_by_source(frame, "last", returnable),
        origins=_origins(frame, binding),
        revenue_minor=int(frame.stands("revenue", "", Decimal(sum(revenue(lead) for lead in won)))),
        corrections_minor=int(frame.corrected("revenue")),
        revenue_goal_minor=frame.agreed.agreement.revenue_goal_minor,
        foreign=_foreign(won),
    )


def source_of(lead: LeadRow, credit: Credit) -> str:
    """The source that is credited with a lead."""
    return lead.first_source if credit == "first" else lead.last_source


def _by_source(frame: Frame, credit: Credit, returnable: Mapping[str, int]) -> list[SourceFigure]:
    leads: dict[str, list[LeadRow]] = defaultdict(list)
    for lead in frame.ours():
        leads[source_of(lead, credit)].append(lead)
    touches = Counter(touch.source for touch in frame.book.touches if frame.within(touch.at))
    costly = {name for name, source in frame.book.rulebook.sources.items() if source.cost is not None}
    found = [
        _source(frame, name, leads[name], touches[name], returnable.get(name, 0))
        for name in sorted(costly | leads.keys())
    ]
    return [each for each in found if _has_any(each)]


def _has_any(found: SourceFigure) -> bool:
    """Whether anything happened: so the sources add up to the month."""
    came = found.leads or found.sqls_in_all or found.opportunities or found.customers
    return bool(came or found.taken_off or found.cost_minor)


def _source(frame: Frame, name: str, leads: list[LeadRow], touches: int, returnable: int) -> SourceFigure:
    declared = frame.book.rulebook.sources.get(name)
    received = sum(frame.within(lead.received_at) for lead in leads)
    sqls = Counter(lead.quadrant for lead in leads if frame.within(lead.delivered_at))
    won = [lead for lead in leads if frame.within(lead.won_at)]
    brought = sum(revenue(lead) for lead in won)
    cost = month_cost(declared.cost, touches) if declared and declared.cost else None
    return SourceFigure(
        id=name,
        name=frame.source_name(name),
        origin=origin_of(declared),
        leads=received,
        sqls={quadrant: sqls[quadrant] for quadrant in Quadrant if sqls[quadrant]},
        sqls_in_all=sqls.total(),
        taken_off=sum(_is_taken_off(frame, lead) for lead in leads),
        conversion=share(sqls.total(), received),
        opportunities=sum(frame.within(opportunity_at(lead)) for lead in leads),
        customers=len(won),
        revenue_minor=brought,
        cost_minor=cost,
        returnable_minor=returnable,
        cost_per_sql_minor=share(cost, sqls.total()) if cost is not None else None,
        return_on_cost=share(brought - cost, cost) if cost is not None else None,
    )


def month_cost(cost: Cost, touches: int) -> int:
    """What a source costs in the month, in minor units, rounded to even: of a price for longer the part of
    a month, of a price a lead every touch."""
    if cost.per == "lead":
        return cost.amount_minor * touches
    return round(Fraction(cost.amount_minor, MONTHS[cost.per]))


def origin_of(source: Source | None) -> Origin:
    """Whose a source is; of one that the rulebook does not name, marketing's."""
    return source.origin if source is not None else "marketing"


def _is_taken_off(frame: Frame, lead: LeadRow) -> bool:
    back = lead.given_back
    is_ours_back = back is not None and lead.delivered_at is not None and frame.within(back.at)
    return is_ours_back and frame.counts_nowhere(lead)


def _returnables(frame: Frame) -> dict[str, int]:
    """What may be given back, of sources whose price is for a lead."""
    found = {}
    for name, source in frame.book.rulebook.sources.items():
        if source.returns is not None and source.cost is not None and source.cost.per == "lead":
            count = sum(touch.is_returnable for touch in judged_touches(frame, name))
            found[name] = count * source.cost.amount_minor
    return found


def _origins(frame: Frame, credit: Credit) -> list[OriginFigure]:
    leads: Counter[Origin] = Counter()
    sqls: Counter[Origin] = Counter()
    customers: Counter[Origin] = Counter()
    brought: Counter[Origin] = Counter()
    for lead in frame.book.leads:
        origin = _generated_by(frame, lead, credit)
        leads[origin] += frame.within(lead.received_at or lead.handed_at)
        sqls[origin] += frame.within(lead.delivered_at)
        if frame.within(lead.won_at):
            customers[origin] += 1
            brought[origin] += revenue(lead)
    every: tuple[Origin, ...] = ("marketing", "sales", "partner", "referral")
    return [
        OriginFigure(
            origin=origin,
            leads=leads[origin],
            leads_share=share(leads[origin], leads.total()),
            sqls=sqls[origin],
            customers=customers[origin],
            revenue_minor=brought[origin],
            revenue_share=share(brought[origin], brought.total()),
        )
        for origin in every
    ]


def _generated_by(frame: Frame, lead: LeadRow, credit: Credit) -> Origin:
    source = source_of(lead, credit)
    if not lead.is_ours or source == OWN:
        return "sales"
    return origin_of(frame.book.rulebook.sources.get(source))


def _foreign(won: list[LeadRow]) -> list[ForeignMoney]:
    sums: Counter[str] = Counter()
    customers: Counter[str] = Counter()
    for lead in won:
        if lead.won is not None and lead.won.minor is None and lead.won.as_told is not None:
            sums[lead.won.as_told.currency] += lead.won.as_told.minor
            customers[lead.won.as_told.currency] += 1
    return [
        ForeignMoney(currency=currency, minor=sums[currency], customers=customers[currency])
        for currency in sorted(customers)
    ]
