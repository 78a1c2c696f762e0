"""Lengths of time as people write them, and calendars as worktime reads them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rulebook.calendars import absence_span, calendar_document, open_hours, rep_hours
from rulebook.crosscheck import check_rulebook
from rulebook.durations import format_duration, format_hours, parse_duration
from rulebook.loader import load_folder
from rulebook.models import Absence, Calendar, Promise

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")


@pytest.mark.parametrize(
    ("zone", "hint"), [("CEST", "Europe/Madrid"), ("Europe/Madird", "did you mean `Europe/Madrid`?")]
)
def test_a_zone_that_is_none_is_never_taken_for_another_abbreviation(zone: str, hint: str) -> None:
    """CEST is no EST, which is on another continent."""
    (finding,) = check_rulebook(BOOK.model_copy(update={"time_zone": zone}))
    assert finding.message == f"`{zone}` is no time zone"
    assert hint in finding.hint
    assert "EST`" not in finding.hint


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        (" 2D ", timedelta(days=2)),
    ],
)
def test_a_length_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "15", "15 min", "m", "1.5h", "-5m", "1h 30m"])
def test_what_is_no_length_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="such as 15m, 1h30m or 90s"):
        parse_duration(text)


@pytest.mark.parametrize("length", [-1, -300.0, 36_500 * 86_400 + 1, "36500d1s", "999999999999d"])
def test_a_promise_below_zero_or_above_a_century_is_refused(length: object) -> None:
    with pytest.raises(ValidationError, match="from 0s to 36500d"):
        Promise.model_validate({"accept_within": length})
    with pytest.raises(ValueError, match="such as 15m"):
        parse_duration(f"1{'0' * 5000}d")


def test_a_fraction_of_a_second_is_refused_for_it_could_not_be_written_back() -> None:
    with pytest.raises(ValidationError, match="write whole seconds, such as 90s"):
        Promise.model_validate({"accept_within": 1.5})


@given(st.integers(0, 10**7))
def test_a_length_survives_being_written(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length)) == length


@given(st.integers(0, 10**7))
def test_working_time_survives_being_written_in_hours(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_hours(length)) == length
    assert "d" not in format_hours(length)


def test_a_promise_is_written_in_hours() -> None:
    promise = Promise.model_validate({"outcome_within": "2d", "attempts": {"count": 2, "within": "60h"}})
    assert promise.model_dump(mode="json", exclude_none=True) == {
        "outcome_within": "48h",
        "attempts": {"count": 2, "within": "60h"},
    }


def test_public_holidays_are_closed() -> None:
    madrid = open_hours(BOOK.calendars["madrid"])
    assert not madrid.is_open(datetime(2026, 10, 12, 10, tzinfo=UTC))
    assert madrid.is_open(datetime(2026, 10, 13, 10, tzinfo=UTC))


def test_lunch_is_no_working_time() -> None:
    lisbon = open_hours(BOOK.calendars["lisbon"])
    noon = datetime(2026, 3, 3, 12, 30, tzinfo=UTC)
    assert lisbon.add(noon, timedelta(hours=1)) == datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


def test_an_absence_is_whole_local_days() -> None:
    start, end = absence_span(
        Absence(first_day=date(2026, 3, 28), last_day=date(2026, 3, 29)), "Europe/Madrid"
    )
    assert (start.astimezone(UTC), end.astimezone(UTC)) == (
        datetime(2026, 3, 27, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),  # the clocks went forward on the 29th
    )


def test_a_rep_who_is_away_does_not_work() -> None:
    hours = rep_hours(BOOK, BOOK.roster.reps["nuria-pascual"])
    assert hours.next_open(datetime(2026, 12, 21, 9, tzinfo=UTC)) == datetime(2027, 1, 7, 8, tzinfo=UTC)


def test_own_days_off_join_the_public_ones() -> None:
    calendar = Calendar(
        tz="UTC", week={"mon": [("09:00", "17:00")]}, holidays=[date(2026, 3, 2)], holidays_of="PT"
    )
    days = calendar_document(calendar)["holidays"]
    assert "2026-03-02" in days
    assert "2026-04-25" in days
