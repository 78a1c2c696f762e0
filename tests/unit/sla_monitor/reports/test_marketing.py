"""Marketing's side: what counts, what is taken off, and the pace."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from lead_events.words import Quadrant
from sla_monitor.ledger.book import Booked, Closing, Correction, LeadRow, ObjectionRow
from sla_monitor.reports.figures.marketing import GoalFigure, marketing_figures
from tests.unit.sla_monitor.reports.small import at, back, book, frame, lead, with_agreement

WARM = {"quadrant": Quadrant.WARM}


def goals(*leads: LeadRow, **more: Any) -> dict[str, GoalFigure]:
    return {goal.id: goal for goal in marketing_figures(frame(*leads, **more)).goals}


def objection(row: LeadRow, verdict: str | None) -> ObjectionRow:
    assert row.given_back is not None
    return ObjectionRow(
        uuid4(), "rejection", row.given_back.fact, row.id, "marketing", "Irene", at(12), "it answers", verdict
    )


@pytest.mark.parametrize(
    ("row", "counts", "why"),
    [
        (lead("a", at(3)), 1, "delivered in the month"),
        (lead("a", at(1, 0)), 1, "its first moment, by the company's clock, is in it"),
        (lead("a", at(1, 0, month=12)), 0, "the first moment of the next month is not"),
        (lead("a", at(31, 23.99, month=10)), 0, "nor the last of the month before"),
        (lead("a", at(3), is_ours=False), 0, "of an account that sales knows"),
        (lead("a", at(3), is_ours=False, is_own=True), 0, "a rep found it"),
        (lead("a"), 0, "never became a SQL"),
        (lead("a", at(3), **WARM), 0, "of another quadrant"),
    ],
)
def test_a_lead_counts_when_it_becomes_a_sql(row: LeadRow, counts: int, why: str) -> None:
    assert goals(row)["perfect"].delivered == counts, why


def test_a_lead_counts_in_every_goal_that_it_fits_in_the_unit_of_each() -> None:
    found = goals(lead("a", at(3), line="training"), lead("b", at(4), **WARM), lead("c", at(4)))
    assert {name: goal.delivered for name, goal in found.items()} == {
        "perfect": 2,
        "warm": 1,
        "quality": 3 + 2 + 3,
        "academy": 1,
    }


def test_goals_by_segment_and_source_count_in_money() -> None:
    special = {
        "large": {"goal": 100_000, "counted_in": "money", "segments": ["large"]},
        "ads": {"goal": 10, "sources": ["google-ads"]},
    }
    rulebook = with_agreement(marketing={"goals": special})
    found = goals(
        lead("a", at(3), segments=("large", "other")),
        lead("b", at(3), last_source="google-ads", **WARM),
        lead("c", at(3), first_source="google-ads"),
        rulebook=rulebook,
    )
    assert (found["large"].delivered, found["large"].share) == (9000, 0.09)
    assert found["ads"].delivered == 1, "the source at the delivery, not the first one"


@pytest.mark.parametrize(
    ("code", "takes_off", "off", "why"),
    [
        ("wrong_data", {}, 1, "wrong data is marketing's: all of it"),
        ("not_now", {}, 0, "not now is no fault of the lead"),
        ("other", {}, 0, "what is not named takes off nothing"),
        ("out_of_profile", {"out_of_profile": 0.5}, 0.5, "as much as is agreed"),
        ("not_now", {"not_now": 0.25}, 0.25, "what is agreed for a recycling, too"),
    ],
)
def test_what_sales_gives_back_is_taken_off_by_its_reason(
    code: str, takes_off: dict[str, float], off: float, why: str
) -> None:
    rulebook = with_agreement(marketing={"takes_off": takes_off})
    found = goals(lead("a", at(3), given_back=back(at(5), code)), lead("b", at(3)), rulebook=rulebook)
    assert (found["perfect"].taken_off, found["perfect"].net) == (off, 2 - off), why
    assert found["quality"].taken_off == 3 * off


def test_a_lead_is_taken_off_in_the_month_in_which_it_is_given_back() -> None:
    found = goals(
        lead("of October", at(28, month=10), given_back=back(at(5))),
        lead("given back in December", at(28), given_back=back(at(1, month=12))),
    )["perfect"]
    assert (found.delivered, found.taken_off, found.net) == (1, 1, 0)


def test_an_excused_rejection_takes_nothing_off_and_both_counts_are_shown() -> None:
    rows = [lead(name, at(3), given_back=back(at(5, hour))) for hour, name in enumerate("abc", 9)]
    verdicts = ("excused", "upheld", None)
    found = goals(*rows, objections=tuple(map(objection, rows, verdicts)))["perfect"]
    assert (found.given_back, found.excused, found.taken_off, found.net) == (3, 1, 2, 1)


def test_corrections_count_in_the_month_in_which_they_are_booked() -> None:
    later = (
        Correction("2026-10", "delivered", uuid4(), Decimal(2), "perfect"),
        Correction("2026-10", "taken_off", uuid4(), Decimal("0.5"), "perfect"),
        Correction("2026-10", "delivered", uuid4(), Decimal(6), "quality"),
    )
    found = goals(lead("a", at(3)), corrections=later)["perfect"]
    assert (found.delivered, found.corrections, found.net) == (1, 1.5, 2.5)


def test_a_closed_month_stands_as_it_was_booked() -> None:
    closed = Closing(("Irene", at(3, month=12)), ("Marta", at(3, month=12)))
    booked = (Booked("delivered", "perfect", Decimal(5)), Booked("taken_off", "perfect", Decimal(1)))
    found = goals(lead("a", at(3)), closing=closed, booked=booked)["perfect"]
    assert (found.delivered, found.taken_off, found.net) == (5, 1, 4)


def test_without_an_agreement_nothing_was_promised() -> None:
    found = marketing_figures(frame(lead("a", at(3)), rulebook=with_agreement(state="draft")))
    assert (found.goals, found.pace) == ([], [])


def test_the_goal_is_spread_over_working_days_and_a_day_counts_when_it_is_over() -> None:
    """November 2026 has twenty working days in Madrid: the 2nd is a holiday."""
    rows = [lead("sunday", at(1)), lead("tuesday", at(3)), lead("today", at(5), given_back=back(at(5, 11)))]
    found = marketing_figures(frame(*rows, now=at(5, 12))).pace[0]
    assert (found.goal, found.due, found.delivered, found.ahead) == ("perfect", 6.0, 3.0, -3.0)
    told = {each.day.day: (each.planned, each.delivered, each.net) for each in found.days}
    assert told[1] == (0.0, 1.0, 1.0)
    assert told[2] == (0.0, 1.0, 1.0)
    assert told[3] == (3.0, 2.0, 2.0)
    assert told[5] == (9.0, 3.0, 2.0)
    assert told[6] == (12.0, None, None), "it has not begun"
    assert told[30] == (60.0, None, None)
    assert [each.day for each in found.days if not each.is_working][:3] == [
        date(2026, 11, 1),
        date(2026, 11, 2),
        date(2026, 11, 7),
    ]


def test_a_month_that_is_over_owes_the_whole_goal() -> None:
    assert marketing_figures(frame()).pace[0].due == 60
    assert book().now > book().period.end
