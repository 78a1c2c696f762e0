"""A rep's own week, absences of parts of days, and a share that grows in the first weeks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.absences import (
    absent_spans,
    asked_return,
    away_at,
    ended,
    entry,
    joined,
    next_beginning,
    span_of,
)
from router.domain.hours import check_own_hours, hours_document, with_absences
from router.domain.ramp import effective_capacity, effective_weight, next_step, part
from rulebook.models import Calendar as CalendarSeed
from rulebook.models import RampUp
from worktime import Calendar, CalendarError, NeverOpens

MADRID = "Europe/Madrid"
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
"""Tuesday, 10:00 in Madrid."""
OFFICE = CalendarSeed.model_validate(
    {
        "tz": MADRID,
        "week": {
            day: [["09:00", "14:00"], ["15:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
        },
        "holidays_of": "ES",
        "date_overrides": {"2026-12-24": [["09:00", "13:00"]], "2026-03-07": [["10:00", "14:00"]]},
    }
)
MORNINGS = {"mon": [["10:00", "14:00"]], "thu": [["11:00", "15:00"]]}


def opens(document: dict[str, object], day: str) -> list[str]:
    start = datetime.fromisoformat(f"{day}T00:00:00+01:00")
    found = Calendar.from_dict(document).open_intervals(start, start + timedelta(days=1))
    return [f"{a.astimezone(start.tzinfo):%H:%M}-{b.astimezone(start.tzinfo):%H:%M}" for a, b in found]


@pytest.mark.parametrize(
    ("day", "expected", "because"),
    [
        ("2026-03-02", ["10:00-14:00"], "Monday as the rep works it"),
        ("2026-03-03", [], "no hours of their own on Tuesday"),
        ("2026-12-24", ["11:00-13:00"], "a short day is short for everybody"),
        ("2026-03-07", [], "an extra Saturday opens nobody's free day"),
        ("2027-01-06", [], "public holidays stay those of the calendar"),
    ],
)
def test_own_hours_keep_zone_and_holidays_of_the_calendar(
    day: str, expected: list[str], because: str
) -> None:
    assert opens(hours_document(OFFICE, year=2026, own=MORNINGS), day) == expected, because


def test_own_hours_that_cannot_be_worked_name_the_key() -> None:
    with pytest.raises(CalendarError) as raised:
        check_own_hours({"mon": [["18:00", "25:00"]]}, MADRID)
    assert raised.value.key == "own_hours.mon[0][1]"
    with pytest.raises(CalendarError, match="own_hours: no open time"):
        check_own_hours({}, MADRID)


def test_a_part_of_a_day_is_taken_out_by_the_rep_s_clock() -> None:
    made = entry(datetime(2026, 3, 3, 15, 30), date(2026, 3, 3), reason="dentist", tz=MADRID, now=NOW)  # noqa: DTZ001
    assert made == {
        "from": "2026-03-03T15:30:00+01:00",
        "until": "2026-03-04T00:00:00+01:00",
        "reason": "dentist",
    }
    document = with_absences(hours_document(OFFICE, year=2026), [span_of(made, MADRID)])
    assert opens(document, "2026-03-03") == ["09:00-14:00", "15:00-15:30"]


def test_who_is_away_for_decades_does_not_come_back_and_nobody_lays_out_their_shifts() -> None:
    hours = hours_document(OFFICE, year=2026)
    spans = [span_of(entry(NOW.date(), date(last, 12, 1), reason="gone", tz=MADRID, now=NOW), MADRID)
             for last in (2034, 2099, 2199)]  # fmt: skip
    told = [with_absences(hours, [span])["absences"][0][1] for span in spans]
    assert told == ["2034-12-02T00:00:00+01:00", *["2100-01-01T00:00:00+00:00"] * 2]
    assert Calendar.from_dict(with_absences(hours, spans[:1])).next_open(NOW).year == 2034
    with pytest.raises(NeverOpens):
        Calendar.from_dict(with_absences(hours, spans)).next_open(NOW)
    with pytest.raises(ValueError, match="more than ten years ahead; write an earlier day"):
        entry(date(2098, 1, 1), date(2098, 2, 1), reason="away", tz=MADRID, now=NOW)


def test_two_days_are_whole_days_and_none_to_begin_with_is_now() -> None:
    whole = entry(date(2026, 3, 9), date(2026, 3, 10), reason="away", tz=MADRID, now=NOW)
    assert whole == {"first_day": "2026-03-09", "last_day": "2026-03-10", "reason": "away"}
    assert span_of(whole, MADRID)[1] == datetime(2026, 3, 10, 23, tzinfo=UTC)
    at_once = entry(None, date(2026, 3, 3), reason="ill", tz=MADRID, now=NOW)
    assert span_of(at_once, MADRID) == (NOW, datetime(2026, 3, 3, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "until"),
    [
        (date(2026, 3, 9), date(2026, 3, 8)),
        (None, date(2026, 3, 2)),
        (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC)),
    ],
)
def test_an_end_before_the_start_says_what_to_write(start: date | None, until: date) -> None:
    with pytest.raises(ValueError, match=r"swap the two|write a later moment"):
        entry(start, until, reason="away", tz=MADRID, now=NOW)


def test_who_is_back_ends_what_has_begun_and_keeps_what_is_to_come() -> None:
    begun = {"first_day": "2026-03-02", "last_day": "2026-03-06", "reason": "flu"}
    coming = {"first_day": "2026-08-01", "last_day": "2026-08-15", "reason": "away"}
    kept = ended([begun, coming], MADRID, NOW)
    assert kept[1] == coming
    assert kept[0] == {
        "from": "2026-03-02T00:00:00+01:00",
        "until": "2026-03-03T10:00:00+01:00",
        "reason": "flu",
    }


SUMMER = {"first_day": "2026-08-03", "last_day": "2026-08-14", "reason": "away"}


@pytest.mark.parametrize(
    ("start", "until", "left", "because"),
    [
        (date(2026, 8, 3), date(2026, 8, 14), [], "all of it is taken back"),
        (date(2026, 8, 1), date(2026, 8, 31), [], "so is what lies within"),
        (date(2026, 8, 10), None, [("2026-08-03", "2026-08-09")], "it ends earlier"),
        (
            date(2026, 8, 6),
            date(2026, 8, 7),
            [("2026-08-03", "2026-08-05"), ("2026-08-08", "2026-08-14")],
            "two days at work between",
        ),
        (date(2026, 9, 1), date(2026, 9, 2), [("2026-08-03", "2026-08-14")], "another time changes nothing"),
    ],
)
def test_an_absence_is_taken_back_or_cut(
    start: date, until: date | None, left: list[tuple[str, str]], because: str
) -> None:
    kept = ended([SUMMER], MADRID, *asked_return(start, until, MADRID, NOW))
    assert [(each["first_day"], each["last_day"]) for each in kept] == left, because


def test_hours_cut_out_of_a_day_leave_hours() -> None:
    morning = datetime(2026, 8, 3, 9), datetime(2026, 8, 3, 14)  # noqa: DTZ001
    first, rest = ended([SUMMER], MADRID, *asked_return(*morning, MADRID, NOW))
    assert (first["from"], first["until"]) == ("2026-08-03T00:00:00+02:00", "2026-08-03T09:00:00+02:00")
    assert (rest["from"], rest["until"]) == ("2026-08-03T14:00:00+02:00", "2026-08-15T00:00:00+02:00")


def test_an_early_return_is_taken_out_of_feeds_and_leaves_what_is_said_by_hand() -> None:
    day = timedelta(days=1)
    by_hand = [{"first_day": "2026-03-05", "last_day": "2026-03-05"}]
    spans = absent_spans(by_hand, [(NOW - day, NOW + 4 * day)], [(NOW, NOW + 4 * day)], MADRID)
    assert away_at(spans, NOW) is None
    assert away_at(spans, NOW - day / 2) == (NOW - day, NOW)
    assert next_beginning(spans, NOW) == datetime(2026, 3, 4, 23, tzinfo=UTC)


hours = st.integers(0, 200).map(lambda hour: NOW + timedelta(hours=hour))
some_spans = st.lists(st.tuples(hours, hours).filter(lambda span: span[0] < span[1]), max_size=6)


@given(feeds=some_spans, returned=some_spans, at=hours)
def test_away_is_in_a_feed_and_in_no_return(
    feeds: list[tuple[datetime, datetime]], returned: list[tuple[datetime, datetime]], at: datetime
) -> None:
    left = absent_spans([], feeds, returned, MADRID)
    told = any(start <= at < end for start, end in feeds)
    back = any(start <= at < end for start, end in returned)
    assert any(start <= at < end for start, end in left) == (told and not back)
    assert joined(joined(left)) == joined(left)


MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("weeks", "start", "parts"),
    [
        (4, 0.25, [0.25, 0.5, 0.75, 1.0, 1.0]),
        (1, 0.5, [0.5, 1.0, 1.0]),
        (2, 0.5, [0.5, 1.0, 1.0]),
        (3, 0.2, [0.2, 0.6, 1.0, 1.0]),
    ],
)
def test_the_part_rises_once_a_week_by_equal_steps(weeks: int, start: float, parts: list[float]) -> None:
    ramp = RampUp(first_day=MONDAY, weeks=weeks, start=start)
    found = [
        part(ramp, MONDAY + timedelta(weeks=week, days=day)) for week in range(len(parts)) for day in (0, 6)
    ]
    assert found == pytest.approx([each for each in parts for _ in range(2)])
    assert part(ramp, MONDAY - timedelta(days=30)) == start


def test_weight_and_capacity_are_rounded_and_never_vanish() -> None:
    ramp = RampUp(first_day=MONDAY, weeks=4, start=0.25)
    assert [effective_capacity(10, ramp, MONDAY + timedelta(weeks=week)) for week in range(4)] == [
        3,
        5,
        8,
        10,
    ]
    assert effective_weight(1, ramp, MONDAY) == 1
    assert effective_weight(0, ramp, MONDAY) == 0
    assert effective_weight(7, None, MONDAY) == 7


@given(st.integers(1, 52), st.floats(0.01, 0.99), st.integers(-10, 400))
def test_the_next_step_is_when_the_part_changes(weeks: int, start: float, days: int) -> None:
    ramp = RampUp(first_day=MONDAY, weeks=weeks, start=start)
    day = MONDAY + timedelta(days=days)
    step = next_step(ramp, day)
    if step is None:
        assert part(ramp, day) == 1.0
        return
    assert step > day
    assert part(ramp, step - timedelta(days=1)) == part(ramp, day) < part(ramp, step)
