"""From a goal of revenue to customers, leads, follow-ups, hours and reps."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import Quadrant
from rulebook.agreement_plan import Plan, PlanRefused, Share, Wish, plan, reps_for_speed
from rulebook.loader import load_folder
from rulebook.models import Agreement

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")
PERFECT, WARM = Quadrant.PERFECT, Quadrant.WARM


def wish(revenue: str = "10000", deal: str = "1000", close_rate: str = "0.02", **more: Any) -> Wish:
    return Wish(Decimal(revenue), Decimal(deal), Decimal(close_rate), **more)


def planned(agreement: Agreement = BOOK.agreement, **asked: Any) -> Plan:
    return plan(BOOK, agreement, wish(**asked))


@pytest.mark.parametrize(
    ("revenue", "deal", "close_rate", "customers", "leads"),
    [
        ("10000", "1000", "0.02", 10, 500),
        ("10001", "1000", "0.02", 11, 550),
        ("500", "1000", "1", 1, 1),
        ("10000", "1000", "0.03", 10, 334),
        ("0.30", "0.10", "0.1", 3, 30),
    ],
    ids=[
        "as many as divide it",
        "a part of a customer is a whole one",
        "everybody buys",
        "a part of a lead is a whole one",
        "cents are exact",
    ],
)
def test_revenue_needs_customers_and_they_need_leads(
    revenue: str, deal: str, close_rate: str, customers: int, leads: int
) -> None:
    found = planned(revenue=revenue, deal=deal, close_rate=close_rate)
    assert (found.customers, found.leads) == (customers, leads)
    assert sum(share.leads for share in found.shares) == leads


def test_leads_are_mixed_as_marketing_promises_them_and_tried_as_often_as_sales_does() -> None:
    found = planned()
    assert [(each.quadrant, each.leads, each.tries) for each in found.shares] == [
        (PERFECT, 167, 6),
        (WARM, 333, 4),
    ]
    assert found.follow_ups == 167 * 6 + 333 * 4
    assert found.hours == timedelta(minutes=10) * found.follow_ups


def test_another_mix_and_longer_contacts_are_taken_as_said() -> None:
    found = planned(mix={PERFECT: Decimal(3), WARM: Decimal(1)}, contact_takes=timedelta(minutes=20))
    assert [each.leads for each in found.shares] == [375, 125]
    assert found.hours == timedelta(minutes=20) * (375 * 6 + 125 * 4)


def test_a_quadrant_of_no_tries_is_contacted_once() -> None:
    promises = {"perfect": {"first_response_within": "1h"}}
    agreement = Agreement.model_validate({"name": "A", "sales": {"promises": promises}})
    found = planned(agreement, mix={PERFECT: Decimal(1)})
    assert (found.follow_ups, found.shares[0].tries) == (500, 1)


def test_what_waits_after_the_weekend_is_answered_in_time() -> None:
    """The calendar closes Friday at 15:00 and opens Monday at 9:00: 66 hours, of 730 in a month."""
    found = planned()
    assert found.longest_closed == timedelta(hours=66)
    waiting = {PERFECT: 16, WARM: 31}  # 167 and 333 times 66 / 730, rounded up
    assert found.waiting == sum(waiting.values())
    assert found.reps_for_speed == 6  # 16 within 30 minutes of ten each: three for each rep
    assert found.reps_for_hours == 3
    assert found.reps == 6


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(2, 100)), min_size=1, max_size=4),
    st.integers(1, 30),
)
def test_so_many_reps_are_enough_and_no_fewer(groups: list[tuple[int, int]], contact: int) -> None:
    """Leads that wait at the opening, the most urgent first: each rep makes one contact after the other."""
    month = 730
    shares = tuple(
        Share(PERFECT, leads, 1, timedelta(minutes=max(within, contact))) for leads, within in groups
    )
    reps = reps_for_speed(shares, timedelta(hours=month), timedelta(minutes=contact))
    due = sorted(
        (share.first_response_within or timedelta()) // timedelta(minutes=1)
        for share in shares
        for _ in range(share.leads)
    )

    def in_time(number: int) -> bool:
        return all((place // number + 1) * contact <= within for place, within in enumerate(due))

    assert reps == next((number for number in range(1, len(due) + 1) if in_time(number)), 0)


def test_longer_promises_need_fewer_reps_until_the_hours_decide() -> None:
    promises = {"perfect": {"first_response_within": "8h", "attempts": {"count": 6, "within": "60h"}}}
    agreement = Agreement.model_validate({"name": "A", "calendar": "madrid", "sales": {"promises": promises}})
    found = planned(agreement, mix={PERFECT: Decimal(1)})
    assert (found.reps_for_speed, found.reps_for_hours, found.reps) == (1, 4, 4)


def test_nothing_promised_needs_nobody_for_speed() -> None:
    found = planned(Agreement.model_validate({"name": "A", "calendar": "madrid", "sales": {}}))
    assert (found.reps_for_speed, found.reps) == (0, 1)
    assert {each.quadrant for each in found.shares} == {PERFECT, WARM}


def test_a_team_is_planned_by_its_own_promises_and_hours() -> None:
    teams = {"italy": {"perfect": {"first_response_within": "10m"}}}
    agreement = Agreement.model_validate({"name": "A", "calendar": "madrid", "sales": {"teams": teams}})
    found = planned(agreement, team="italy", mix={PERFECT: Decimal(1)})
    assert (found.calendar, found.shares[0].first_response_within) == ("milan", timedelta(minutes=10))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"revenue": "0"}, "--revenue is 0; write an amount above 0"),
        ({"deal": "-5"}, "--deal is -5"),
        ({"revenue": "1e16"}, "--revenue"),
        ({"close_rate": "0"}, "--close-rate is 0"),
        ({"close_rate": "1.5"}, "up to 1"),
        ({"close_rate": "1e-15"}, "more leads than there are people"),
        ({"contact_takes": timedelta(0)}, "--contact-takes is no time at all"),
        ({"mix": {PERFECT: Decimal(0)}}, "--mix gives no quadrant any leads"),
        ({"team": "nobodys"}, "nobody is in team `nobodys`"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_nonsense_is_refused_with_what_to_write(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanRefused, match=message):
        planned(**asked)
