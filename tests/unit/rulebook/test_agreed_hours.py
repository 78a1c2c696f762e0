"""How much working time promises have, by calendars and reps."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from rulebook.agreed_hours import Hours, Scope, promised_by, twelve_months
from rulebook.loader import load_folder
from rulebook.models import Agreement, Calendar, Rulebook

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
NIGHT = {"mon": [["22:00", "06:00"]]}


def hours(week: dict[str, Any], tz: str = "Europe/Madrid", **more: Any) -> Hours:
    calendar = Calendar.model_validate({"tz": tz, "week": week, **more})
    return Hours(BOOK.model_copy(update={"calendars": {"it": calendar}}))


@pytest.mark.parametrize(
    ("week", "days"),
    [(ALWAYS, 31), ({"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}, 5), (NIGHT, 10), ({}, 0)],
    ids=[
        "round the clock is a day a day, though it never closes",
        "two shifts are one day",
        "a night touches two",
        "never",
    ],
)
def test_working_days_are_local_days_with_anything_open(week: dict[str, Any], days: int) -> None:
    assert hours(week).working_days("it", date(2026, 3, 1), date(2026, 3, 31)) == days


def test_a_month_in_which_the_clock_changes_has_its_real_hours() -> None:
    assert hours(ALWAYS).between("it", date(2026, 3, 1), date(2026, 3, 31)) == timedelta(hours=743)
    assert hours(ALWAYS).between("it", date(2026, 10, 1), date(2026, 10, 31)) == timedelta(hours=745)


def test_the_days_are_the_companys_wherever_the_calendar_is() -> None:
    """A Monday of Madrid lasts until 13:00 of the Tuesday in Kiritimati."""
    monday = date(2026, 3, 2), date(2026, 3, 2)
    far = hours({"tue": [["09:00", "17:00"]]}, tz="Pacific/Kiritimati")
    assert far.between("it", *monday) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("week", "closed"),
    [
        (BOOK.calendars["madrid"].week, timedelta(hours=66)),
        (ALWAYS, timedelta(0)),
        ({"wed": [["09:00", "10:00"]]}, timedelta(hours=167)),
        ({}, timedelta(0)),
    ],
    ids=["Friday at 15 to Monday at 9", "never closed", "all the week but an hour", "never open"],
)
def test_the_longest_closed_time_is_that_of_a_week_without_holidays(
    week: dict[str, Any], closed: timedelta
) -> None:
    assert hours(week, holidays_of="ES").longest_closed("it") == closed


def test_a_week_and_a_mean_day_are_read_from_the_calendar() -> None:
    assert Hours(BOOK).week("madrid") == timedelta(hours=38)
    assert hours({"mon": [["09:00", "17:00"]], "tue": [["09:00", "11:00"]]}).day_mean("it") == timedelta(
        hours=5
    )
    assert hours({}).day_mean("it") == timedelta(0)


def test_a_year_has_twelve_months_from_the_one_of_the_day() -> None:
    months = list(twelve_months(date(2026, 11, 17)))
    assert months[0] == (date(2026, 11, 1), date(2026, 11, 30))
    assert months[3] == (date(2027, 2, 1), date(2027, 2, 28))
    assert (len(months), months[-1]) == (12, (date(2027, 10, 1), date(2027, 10, 31)))


@pytest.mark.parametrize(
    ("scope", "sales", "reps"),
    [
        (Scope(), {}, 12),
        (Scope(), {"teams": {"italy": {}}}, 10),
        (Scope(), {"lines": {"training": {}}}, 9),
        (Scope(line="training"), {"lines": {"training": {}}}, 3),
        (Scope(line="training"), {"lines": {"training": {}}, "teams": {"academy": {}}}, 0),
        (Scope(team="italy"), {"teams": {"italy": {}}}, 2),
    ],
    ids=[
        "all who take leads",
        "less a team with its own promises",
        "less who sells only a line with its own",
        "who sells the line",
        "a team goes before the line",
        "the team",
    ],
)
def test_promises_are_kept_by_whom_they_are_for(scope: Scope, sales: dict[str, Any], reps: int) -> None:
    agreement = Agreement.model_validate({"name": "A", "sales": sales})
    book: Rulebook = BOOK
    assert len(promised_by(book, agreement, scope)) == reps
