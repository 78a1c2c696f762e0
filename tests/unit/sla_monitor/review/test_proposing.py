"""The next month's agreement from what the last months came to."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lead_events.words import Quadrant, TimerKind
from rulebook.agreements import Agreed
from rulebook.models import Agreement
from sla_monitor.ledger.periods import Period
from sla_monitor.review.proposing import Proposal, propose
from sla_monitor.review.rates import Kept, Rates, rates_of
from tests.unit.sla_monitor.reports.drawn import NOVEMBER
from tests.unit.sla_monitor.reports.month import plausible_month

MADRID = ZoneInfo("Europe/Madrid")
DECEMBER = Period(2026, 12, MADRID)
AGREED = Agreement.model_validate(
    {
        "name": "Ours",
        "signatures": {
            "marketing": {"name": "Irene", "on": "2026-01-01"},
            "sales": {"name": "Marta", "on": "2026-01-01"},
        },
        "revenue_goal_minor": 1_000_000,
        "marketing": {"leads": {"perfect": 60}, "goals": {"academy": {"goal": 20, "lines": ["training"]}}},
        "sales": {
            "works": {"share": 0.9},
            "volume": {"per_day": 40, "per_month": 800},
            "promises": {"perfect": {"accept_within": "10m", "first_response_within": "30m"}},
        },
    }
)
RATES = Rates(
    months=("2026-09", "2026-10", "2026-11"),
    working_days=60,
    delivered=600,
    net={"perfect": 180.0, "academy": 60.0},
    revenue_minor=3_000_000,
    worked=540,
    due=600,
    kept={},
    answered_a_day=tuple([40] * 60),
    reps=5,
)


def proposed(days: int = 20, **rates: Any) -> Proposal:
    return propose(Agreed("agreement", AGREED), replace(RATES, **rates), DECEMBER, days)


def promise(kept: int, broken: int, seconds: float, kind: TimerKind = TimerKind.FIRST_RESPONSE) -> Any:
    """All answered, each a little later than the one before, the last after `seconds`."""
    number = kept + broken
    worked = tuple(seconds * (place + 1) / number for place in range(number))
    return {(Quadrant.PERFECT, kind): Kept(kept, broken, worked)}


def test_what_went_as_agreed_is_proposed_again() -> None:
    assert proposed().changes == ()


CHANGED = [
    ("half as many leads came", {"net": {"perfect": 90.0, "academy": 60.0}}, "marketing.leads.perfect", 30),
    ("a goal by line", {"net": {"perfect": 180.0, "academy": 90.0}}, "marketing.goals.academy.goal", 30),
    ("no lead came at all", {"net": {"perfect": 0.0, "academy": 60.0}}, "marketing.leads.perfect", 1),
    ("fewer were worked", {"worked": 480}, "sales.works.share", 0.8),
    ("sales answers less a day", {"answered_a_day": (20,) * 60}, "sales.volume.per_day", 20),
    ("less was won", {"revenue_minor": 1_500_000}, "revenue_goal_minor", 500_000),
    (
        "two in ten answered late: the length in which nine in ten were",
        {"kept": promise(80, 20, 3000)},
        "sales.promises.perfect.first_response_within",
        "45m",
    ),
    (
        "nearly all answered in a third of the time",
        {"kept": promise(100, 0, 600)},
        "sales.promises.perfect.first_response_within",
        "10m",
    ),
]


@pytest.mark.parametrize(
    ("rates", "path", "after"), [row[1:] for row in CHANGED], ids=[r[0] for r in CHANGED]
)
def test_a_rate_that_differs_changes_its_value(rates: dict[str, Any], path: str, after: object) -> None:
    found = {change.path: change.after for change in proposed(**rates).changes}
    assert found[path] == after


KEPT = [
    ("too few counted", promise(5, 10, 3000)),
    ("kept often enough, and not in much less time", promise(95, 5, 1800)),
    (
        "too many were never answered",
        {(Quadrant.PERFECT, TimerKind.FIRST_RESPONSE): Kept(50, 50, (60.0,) * 60)},
    ),
]


@pytest.mark.parametrize("kept", [row[1] for row in KEPT], ids=[row[0] for row in KEPT])
def test_a_length_stays_when(kept: Any) -> None:
    assert not [change for change in proposed(kept=kept).changes if "promises" in change.path]


def test_a_response_never_becomes_shorter_than_accepting() -> None:
    kept = promise(80, 20, 5400, TimerKind.ACCEPT) | promise(90, 10, 600)
    after = proposed(kept=kept).agreement.sales.promises[Quadrant.PERFECT]
    assert after.accept_within is not None
    assert after.first_response_within is not None
    assert after.accept_within <= after.first_response_within


def test_a_shorter_month_is_asked_for_less() -> None:
    found = {change.path: change.after for change in proposed(days=10).changes}
    assert found["marketing.leads.perfect"] == 30
    assert found["marketing.goals.academy.goal"] == 10


def test_what_is_proposed_is_a_draft_of_that_month_that_nobody_signed() -> None:
    drafted = proposed().agreement
    assert (drafted.state, drafted.first_day, drafted.last_day) == (
        "draft",
        DECEMBER.first_day,
        DECEMBER.last_day,
    )
    assert drafted.signatures.sales is None


def test_more_leads_than_sales_answers_is_said_before_anybody_signs() -> None:
    (remark,) = proposed(answered_a_day=(5,) * 60).remarks
    assert "200 SQLs" in remark
    assert "5 reps answer 100" in remark


def test_rates_are_those_of_the_months_themselves() -> None:
    january = datetime(2027, 1, 2, 12, tzinfo=UTC)
    books = [plausible_month(200, seed=3, period=each, now=january) for each in (NOVEMBER, DECEMBER)]
    together, apart = rates_of(books), [rates_of([book]) for book in books]
    assert together.delivered == sum(each.delivered for each in apart) > 0
    assert together.net["perfect"] == sum(each.net["perfect"] for each in apart)
    assert together.working_days == sum(each.working_days for each in apart)
    assert together.kept[Quadrant.PERFECT, TimerKind.FIRST_RESPONSE].judged > 0


def test_goals_stay_where_the_calendar_never_opens() -> None:
    for found in (proposed(days=0), proposed(working_days=0)):
        assert found.changes == ()
        assert "no working day" in found.remarks[0]


def test_an_outcome_takes_no_less_than_the_answer_and_the_tries_before_it() -> None:
    document = AGREED.model_dump(mode="json", exclude_none=True)
    document["sales"]["promises"]["perfect"] |= {"outcome_within": "1h"}
    late = promise(80, 20, 9000)
    found = propose(
        Agreed("agreement", Agreement.model_validate(document)), replace(RATES, kept=late), DECEMBER, 20
    )
    after = {change.path: change.after for change in found.changes}
    assert after["sales.promises.perfect.first_response_within"] == "2h30m"
    assert after["sales.promises.perfect.outcome_within"] == "2h30m"
    tries = {"count": 4, "within": "8h"}
    document["sales"]["promises"]["perfect"] |= {"outcome_within": "20h", "attempts": tries}
    soon = promise(100, 0, 600, TimerKind.OUTCOME)
    found = propose(
        Agreed("agreement", Agreement.model_validate(document)), replace(RATES, kept=soon), DECEMBER, 20
    )
    assert [(change.path, change.after) for change in found.changes] == [
        ("sales.promises.perfect.outcome_within", "8h")
    ]


def test_a_goal_is_counted_in_all_months_whenever_it_was_agreed() -> None:
    """Agreed last month, it would else be divided by the days of the months in which nobody counted it."""
    january = datetime(2027, 1, 2, 12, tzinfo=UTC)
    books = [plausible_month(200, seed=3, period=each, now=january) for each in (NOVEMBER, DECEMBER)]
    late = Agreement.model_validate(
        {"name": "New", "marketing": {"goals": {"all": {"goal": 9}}}, "sales": {}}
    )
    found = rates_of(books, Agreed("new", late))
    assert set(found.net) == {"all"}
    assert 0 < found.net["all"] <= found.delivered
    assert found.net["all"] == sum(rates_of([book], Agreed("new", late)).net["all"] for book in books)
