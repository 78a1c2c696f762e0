"""Funnel, sources, speed, reasons: each figure against a month worked out by hand."""

from datetime import timedelta
from typing import Any

import pytest

from lead_events.words import Quadrant
from rulebook.models import Cost
from sla_monitor.ledger.book import LeadRow, Money, Won
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.funnel import FunnelStage, funnel_figures
from sla_monitor.reports.figures.people import reason_figures
from sla_monitor.reports.figures.sources import SourceFigure, month_cost, source_figures
from sla_monitor.reports.figures.speed import speed_figures
from tests.unit.sla_monitor.reports.small import (
    at,
    back,
    book,
    frame,
    lead,
    promise,
    touch,
    with_agreement,
)

DAY = timedelta(days=1)
FULL = lead(
    "full",
    at(3),
    received_at=at(2),
    scored_at=at(2),
    handed_at=at(3),
    accepted_at=at(4),
    contacted_at=at(4, 12),
    opportunity_at=at(9),
    won=Won(at(19), 250_000),
)


def test_the_funnel_by_the_month_of_the_event() -> None:
    found = funnel_figures(
        frame(
            FULL,
            lead("no SQL", received_at=at(5), scored_at=at(5)),
            lead("of October", at(20, month=10), accepted_at=at(2)),
            lead("own", at(3), is_ours=False, is_own=True, won=Won(at(5), 1)),
        )
    ).stages
    assert {each.stage.value: each.leads for each in found} == {
        "received": 2,
        "mql": 2,
        "sql": 1,
        "accepted": 2,
        "opportunity": 1,
        "customer": 1,
    }
    assert [each.conversion for each in found] == [None, 1.0, 0.5, 2.0, 0.5, 1.0]
    assert [each.owner for each in found] == ["marketing"] * 3 + ["sales"] * 3
    days = {each.stage: each.days.median for each in found}
    assert (days[FunnelStage.SQL], days[FunnelStage.OPPORTUNITY], days[FunnelStage.CUSTOMER]) == (1, 5, 10)


@pytest.mark.parametrize(
    ("row", "stages", "why"),
    [
        (lead("a", at(3)), 0, "nobody took it"),
        (lead("a", at(3), contacted_at=at(4)), 1, "a contact says that it was accepted"),
        (lead("a", at(3), opportunity_at=at(4)), 2, "an opportunity says so, too"),
        (lead("a", at(3), won=Won(at(4), None)), 3, "a customer was an opportunity"),
    ],
)
def test_who_came_further_has_been_at_the_stages_before(row: LeadRow, stages: int, why: str) -> None:
    found = funnel_figures(frame(row)).cohort
    assert [each.leads for each in found.stages] == [1] * stages + [0] * (3 - stages), why


def test_the_cohort_is_what_became_by_now_of_the_months_deliveries() -> None:
    late = lead("late", at(4), accepted_at=at(5), won=Won(at(2, month=12), 70_000))
    older = lead("older", at(4, month=10), won=Won(at(4), 10_000))
    found = funnel_figures(frame(FULL, late, older))
    assert (found.cohort.leads, found.cohort.revenue_minor) == (2, 320_000)
    assert [each.conversion for each in found.cohort.stages] == [1.0, 1.0, 1.0]
    assert found.cohort.age_days.n == 2
    assert [(each.delivered, each.customers, each.revenue_minor) for each in found.won_by_cohort] == [
        ("2026-10", 1, 10_000),
        ("2026-11", 1, 250_000),
    ], "won in December counts in December"


def test_acceptance_is_told_by_quadrant_and_what_is_undecided_apart() -> None:
    found = funnel_figures(
        frame(
            FULL,
            lead("refused", at(3), given_back=back(at(3, 11))),
            lead("waits", at(3), quadrant=Quadrant.WARM),
            lead("taken, then refused", at(3), accepted_at=at(3), given_back=back(at(4))),
        )
    ).acceptance
    told = [(each.quadrant, each.delivered, each.accepted, each.given_back, each.undecided) for each in found]
    assert told == [(None, 4, 2, 1, 1), ("perfect", 3, 2, 1, 0), ("warm", 1, 0, 0, 1)]
    assert found[0].share == 0.5


def by_source(credit: str, *leads: LeadRow, **more: Any) -> dict[str, SourceFigure]:
    return {each.id: each for each in getattr(source_figures(frame(*leads, **more)), credit)}


def test_both_credits_are_shown_and_the_agreement_names_the_binding_one() -> None:
    row = lead("a", at(3), first_source="content", last_source="google-ads", won=Won(at(9), 360_000))
    found = source_figures(frame(row))
    assert found.binding == "last"
    first, last = by_source("first", row), by_source("last", row)
    assert (first["content"].customers, first["google-ads"].customers) == (1, 0)
    ads = last["google-ads"]
    assert (ads.sqls, ads.sqls_in_all, ads.leads, ads.revenue_minor) == ({"perfect": 1}, 1, 1, 360_000)
    assert (ads.cost_minor, ads.cost_per_sql_minor, ads.return_on_cost) == (180_000, 180_000, 1.0)
    assert "content" not in last
    other = source_figures(frame(row, rulebook=with_agreement(credit="first")))
    assert other.binding == "first"


@pytest.mark.parametrize(
    ("cost", "touches", "minor", "why"),
    [
        (Cost(amount_minor=180_000, per="month"), 7, 180_000, "a month costs what it says"),
        (Cost(amount_minor=100, per="quarter"), 7, 33, "a third of a quarter"),
        (Cost(amount_minor=1_200_000, per="year"), 7, 100_000, "a twelfth of a year"),
        (Cost(amount_minor=4_500, per="lead"), 7, 31_500, "every touch is paid for"),
    ],
)
def test_what_a_source_costs_in_the_month(cost: Cost, touches: int, minor: int, why: str) -> None:
    assert month_cost(cost, touches) == minor, why


def test_a_source_without_a_price_has_no_return_and_one_without_sqls_no_cost_of_one() -> None:
    found = by_source("last", lead("a", at(3), won=Won(at(5), 100)))
    assert (found["website"].cost_minor, found["website"].return_on_cost) == (None, None)
    assert (found["google-ads"].cost_per_sql_minor, found["google-ads"].return_on_cost) == (None, -1.0)
    assert found["google-ads"].conversion is None


def test_what_may_be_given_back_is_told_beside_the_cost() -> None:
    gone = lead("a", at(3), last_source="comparison-portal", given_back=back(at(5)))
    found = by_source(
        "last", gone, touches=(touch("a", at(3)), touch("b", at(3)), touch("b", at(4), opened=False))
    )
    portal = found["comparison-portal"]
    assert (portal.cost_minor, portal.returnable_minor, portal.taken_off) == (13_500, 9_000, 1)


def test_what_marketing_generated_and_what_sales_found() -> None:
    found = source_figures(
        frame(
            lead("a", at(3), won=Won(at(9), 600_000)),
            lead("b", at(3), last_source="comparison-portal", won=Won(at(9), 200_000)),
            lead("own", at(3), is_ours=False, is_own=True, last_source="own", won=Won(at(9), 100_000)),
            lead("known account", at(3), is_ours=False, won=Won(at(9), 100_000)),
        )
    )
    told = {each.origin: (each.leads_share, each.revenue_share) for each in found.origins}
    assert told == {"marketing": (0.25, 0.6), "sales": (0.5, 0.2), "partner": (0.25, 0.2), "referral": (0, 0)}
    assert found.revenue_minor == 1_000_000


def test_money_without_a_rate_is_shown_apart() -> None:
    foreign = lead("a", at(3), won=Won(at(9), None, Money(50_000, "JPY")))
    found = source_figures(frame(foreign, lead("b", at(3), won=Won(at(9), 100))))
    assert [(each.currency, each.minor, each.customers) for each in found.foreign] == [("JPY", 50_000, 1)]
    assert found.revenue_minor == 100


def test_follow_up_speed_and_the_share_within_target() -> None:
    rows = [
        promise("a", at(3), worked=300.0, wall=300.0),
        promise("b", at(3), worked=900.0, wall=90_000.0),
        promise("c", at(3), "breached", ended_at=at(4), ended_kind="contacted", worked=7200.0, wall=86_000.0),
        promise("d", at(3), "breached", excused="incident"),
        promise("e", at(3), "withdrawn"),
        promise("f", at(3), quadrant=Quadrant.WARM),
    ]
    found = speed_figures(Frame.of(book((), rows))).follow_up
    everything, perfect, warm = found
    assert (everything.working.n, everything.working.median, everything.working.p90) == (5, 1800, 7200)
    assert (perfect.in_time, perfect.late, perfect.share_within) == (3, 2, 3 / 5)
    assert (warm.in_time, warm.late, warm.share_within) == (1, 0, 1.0)


def test_speed_to_lead_wins_and_cycle() -> None:
    lost = lead("lost", at(3), handed_at=at(3), lost_at=at(7), lost_code="price")
    before = lead("before", at(3), contacted_at=at(3) - timedelta(seconds=5))
    found = speed_figures(frame(FULL, lost, before))
    assert (found.won, found.lost, found.win_rate) == (1, 1, 0.5)
    assert (found.lead_to_customer_days.median, found.cycle_won_days.median) == (17, 16)
    assert (found.cycle_days.median, found.cycle_days.p90) == (4, 16)
    assert (found.speed_to_lead.n, found.speed_to_lead.median, found.speed_to_lead.p90) == (2, 0, 26 * 3600)
    assert speed_figures(frame()).win_rate is None


def test_reasons_are_those_of_the_month_the_most_frequent_first() -> None:
    found = reason_figures(
        frame(
            lead("a", at(3), given_back=back(at(4))),
            lead("b", at(3), given_back=back(at(5), "duplicate")),
            lead("c", at(3), given_back=back(at(6), "duplicate")),
            lead("d", at(3), given_back=back(at(5), "not_now")),
            lead("e", at(3), lost_at=at(9), lost_code="price"),
            lead("f", at(3), given_back=back(at(1, month=12))),
        )
    )
    assert [(each.ending, each.reason, each.leads) for each in found] == [
        ("rejected", "duplicate", 2),
        ("rejected", "wrong_data", 1),
        ("recycled", "not_now", 1),
        ("lost", "price", 1),
    ]
    assert found[0].share == 2 / 3
