"""What is decided where sensible readers could differ, and what went wrong in other systems."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worktime import ALWAYS_OPEN, Calendar, CalendarError, NeverOpens

HOUR = timedelta(hours=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WEEKDAYS, "sat", "sun")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar(tz: str = "UTC", days: tuple[str, ...] = WEEKDAYS, **other: object) -> Calendar:
    hours = other.pop("hours", [["09:00", "17:00"]])
    return Calendar.from_dict({"tz": tz, "week": dict.fromkeys(days, hours), **other})


def test_a_calendar_is_open_at_its_opening_and_closed_at_its_closing() -> None:
    office = calendar()
    assert office.is_open(at("2026-03-02T09:00:00Z"))
    assert office.is_open(at("2026-03-02T16:59:59.999999Z"))
    assert not office.is_open(at("2026-03-02T17:00:00Z"))
    assert not office.is_open(at("2026-03-02T08:59:59.999999Z"))
    assert office.next_open(at("2026-03-02T17:00:00Z")) == at("2026-03-03T09:00:00Z")


def test_a_budget_ending_at_closing_is_due_at_closing() -> None:
    assert calendar().add(at("2026-03-06T16:00:00Z"), HOUR) == at("2026-03-06T17:00:00Z")
    over = HOUR + timedelta(microseconds=1)
    assert calendar().add(at("2026-03-06T16:00:00Z"), over) == at("2026-03-09T09:00:00.000001Z")


def test_a_zero_budget_is_due_now_if_open_else_at_the_next_opening() -> None:
    assert calendar().add(at("2026-03-06T16:00:00Z"), timedelta(0)) == at("2026-03-06T16:00:00Z")
    assert calendar().add(at("2026-03-06T17:00:00Z"), timedelta(0)) == at("2026-03-09T09:00:00Z")


def test_every_answer_is_in_utc_whatever_the_offset_asked_in() -> None:
    asked = datetime(2026, 3, 6, 17, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    due = calendar().add(asked, HOUR)
    assert due == at("2026-03-06T17:00:00Z")
    assert due.tzinfo is UTC
    assert calendar().next_open(asked).tzinfo is UTC


@pytest.mark.parametrize("hours", [[["22:00", "06:00"]], [["22:00", "24:00"]], [["22:00", "00:00"]]])
def test_a_shift_may_end_at_midnight_or_after_it(hours: list[list[str]]) -> None:
    night = calendar(days=("fri",), hours=hours)
    end = at("2026-03-07T06:00:00Z") if hours[0][1] == "06:00" else at("2026-03-07T00:00:00Z")
    opening = at("2026-03-06T22:00:00Z")
    assert list(night.open_intervals(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z"))) == [
        (opening, end)
    ]
    assert Calendar.from_dict(night.to_dict()) == night


def test_nothing_is_open_on_a_holiday_not_even_the_end_of_the_night_shift_before() -> None:
    night = calendar(days=EVERY_DAY, hours=[["22:00", "06:00"]], holidays=["2026-12-25"])
    opened = list(night.open_intervals(at("2026-12-24T12:00:00Z"), at("2026-12-27T12:00:00Z")))
    assert opened == [
        (at("2026-12-24T22:00:00Z"), at("2026-12-25T00:00:00Z")),
        (at("2026-12-26T22:00:00Z"), at("2026-12-27T06:00:00Z")),
    ]


def test_an_override_replaces_shifts_and_weekly_breaks_and_wins_over_a_holiday() -> None:
    office = calendar(
        breaks={"thu": [["10:00", "11:00"]]},
        holidays=["2026-12-24"],
        date_overrides={"2026-12-24": [["09:00", "13:00"]], "2026-12-31": []},
        date_breaks={"2026-12-24": [["12:00", "12:30"]]},
    )
    opened = office.elapsed(at("2026-12-24T00:00:00Z"), at("2026-12-25T00:00:00Z"))
    assert opened == timedelta(hours=3, minutes=30)
    assert not office.is_open(at("2026-12-31T12:00:00Z"))
    assert office.elapsed(at("2026-12-17T00:00:00Z"), at("2026-12-18T00:00:00Z")) == 7 * HOUR


def test_around_the_clock_has_no_seam_at_midnight_or_new_year() -> None:
    start, end = at("2019-06-01T12:00:00.000001Z"), at("2031-06-01T12:00:00Z")
    assert list(ALWAYS_OPEN.open_intervals(start, end)) == [(start, end)]
    assert ALWAYS_OPEN.elapsed(start, end) == end - start
    assert ALWAYS_OPEN.add(start, end - start) == end


@pytest.mark.parametrize(
    ("zone", "hours", "day", "opens", "closes"),
    [
        # An edge in the spring gap moves to its end; a shift inside the gap is empty.
        ("Europe/Madrid", ["02:30", "10:00"], "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T08:00:00Z"),
        ("Europe/Madrid", ["01:30", "02:30"], "2026-03-29", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"),
        ("Europe/Madrid", ["02:10", "02:50"], "2026-03-29", None, None),
        # An edge in the doubled hour of autumn is its first occurrence, at both ends.
        ("Europe/Madrid", ["02:30", "10:00"], "2026-10-25", "2026-10-25T00:30:00Z", "2026-10-25T09:00:00Z"),
        ("Europe/Madrid", ["01:00", "02:30"], "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Madrid", ["01:00", "03:00"], "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z"),
        # Half an hour of change, change at midnight, and a date that a country left out.
        (
            "Australia/Lord_Howe",
            ["02:15", "03:00"],
            "2026-10-04",
            "2026-10-03T15:30:00Z",
            "2026-10-03T16:00:00Z",
        ),
        (
            "America/Sao_Paulo",
            ["00:00", "02:00"],
            "2018-11-04",
            "2018-11-04T03:00:00Z",
            "2018-11-04T04:00:00Z",
        ),
        ("America/Havana", ["00:30", "02:00"], "2026-11-01", "2026-11-01T04:30:00Z", "2026-11-01T07:00:00Z"),
        ("Pacific/Apia", ["09:00", "17:00"], "2011-12-30", None, None),
    ],
)
def test_a_shift_on_the_day_of_a_clock_change(
    zone: str, hours: list[str], day: str, opens: str | None, closes: str | None
) -> None:
    office = Calendar.from_dict(
        {"tz": zone, "week": {}, "date_overrides": {day: [hours], "2020-06-01": [hours]}}
    )
    middle = at(f"{day}T12:00:00Z")
    opened = list(office.open_intervals(middle - timedelta(days=2), middle + timedelta(days=2)))
    assert opened == ([(at(opens), at(closes))] if opens and closes else [])


def test_the_repeated_hour_of_autumn_counts_twice() -> None:
    early = calendar("Europe/Amsterdam", EVERY_DAY, hours=[["00:00", "10:00"]])
    first = datetime(2022, 10, 30, 2, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    second = early.add(first, HOUR)
    assert second == at("2022-10-30T02:00:00+01:00")
    assert early.elapsed(first, first.replace(fold=1)) == HOUR


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (
            "2026-03-27T15:30:00Z",
            "2026-03-30T07:30:00Z",
        ),  # Friday 16:30 in winter, Monday 09:30 in summer time
        ("2026-10-23T14:30:00Z", "2026-10-26T08:30:00Z"),
        ("2014-03-28T15:30:00Z", "2014-03-31T07:30:00Z"),
    ],
)
def test_the_offset_is_that_of_the_day_not_of_today(start: str, due: str) -> None:
    assert calendar("Europe/Madrid").add(at(start), HOUR) == at(due)


def test_the_last_day_counts_when_the_end_is_earlier_in_the_day_than_the_start() -> None:
    assert calendar().elapsed(at("2026-03-02T16:00:00Z"), at("2026-03-04T10:00:00Z")) == 10 * HOUR


def test_a_day_asked_for_up_to_its_last_minute_does_not_count_the_next() -> None:
    whole = calendar(days=EVERY_DAY, hours=[["00:00", "24:00"]])
    asked = whole.elapsed(at("2026-03-02T00:00:00Z"), at("2026-03-02T23:59:00Z"))
    assert asked == timedelta(hours=23, minutes=59)
    assert whole.elapsed(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")) == 24 * HOUR


def test_lunch_is_a_break_and_not_a_holiday() -> None:
    lunch = {day: [["13:00", "14:00"]] for day in WEEKDAYS}
    office = calendar(hours=[["09:00", "18:00"]], breaks=lunch)
    assert office.add(at("2026-03-06T12:30:00Z"), HOUR) == at("2026-03-06T14:30:00Z")
    once = calendar(hours=[["09:00", "18:00"]], date_breaks={"2026-03-06": [["13:00", "14:00"]]})
    assert once.add(at("2026-03-06T12:30:00Z"), HOUR) == at("2026-03-06T14:30:00Z")
    assert Calendar.from_dict(office.to_dict()) == office


def test_a_calendar_with_some_weekdays_only_is_closed_on_the_others() -> None:
    tuesdays = calendar(days=("tue",))
    assert tuesdays.add(at("2026-03-03T16:00:00Z"), 2 * HOUR) == at("2026-03-10T10:00:00Z")


@pytest.mark.parametrize(
    "document",
    [
        {"tz": "UTC", "week": {}},
        {"tz": "UTC", "week": {"mon": []}, "date_overrides": {"2026-03-02": []}},
        {"tz": "UTC", "week": {"mon": [["13:00", "14:00"]]}, "breaks": {"mon": [["12:00", "15:00"]]}},
        {"tz": "UTC", "week": {}, "date_overrides": {"1969-03-02": [["09:00", "17:00"]]}},
        {
            "tz": "UTC",
            "week": {"mon": [["09:00", "17:00"]]},
            "absences": [["1960-01-01T00:00:00Z", "2200-01-01T00:00:00Z"]],
        },
    ],
)
def test_a_calendar_that_is_never_open_is_refused_when_loaded(document: dict[str, object]) -> None:
    with pytest.raises(CalendarError, match="at least one shift"):
        Calendar.from_dict(document)


def test_asking_beyond_the_last_opening_says_so_and_ends() -> None:
    fair = Calendar.from_dict(
        {"tz": "UTC", "week": {}, "date_overrides": {"2026-03-02": [["09:00", "17:00"]]}}
    )
    morning = at("2026-03-02T09:00:00Z")
    assert fair.add(morning, 8 * HOUR) == at("2026-03-02T17:00:00Z")
    with pytest.raises(NeverOpens, match="1:00:00 short"):
        fair.add(morning, 9 * HOUR)
    with pytest.raises(NeverOpens, match="2099"):
        fair.next_open(at("2026-03-02T17:00:00Z"))
    assert list(fair.open_intervals(at("2026-03-02T17:00:00Z"), at("2030-01-01T00:00:00Z"))) == []
    with pytest.raises(NeverOpens):
        ALWAYS_OPEN.add(morning, timedelta.max)


def test_a_rep_who_never_comes_back_never_opens() -> None:
    gone = calendar().without([(at("2026-03-02T12:00:00Z"), datetime.max.replace(tzinfo=UTC))])
    assert gone.is_open(at("2026-03-02T11:59:59Z"))
    assert not gone.is_open(at("2026-03-02T12:00:00Z"))
    assert gone.add(at("2026-03-02T11:00:00Z"), HOUR) == at("2026-03-02T12:00:00Z")
    assert gone.elapsed(at("2026-03-02T11:00:00Z"), at("2090-01-01T00:00:00Z")) == HOUR
    with pytest.raises(NeverOpens):
        gone.next_open(at("2026-03-02T12:00:00Z"))
    with pytest.raises(NeverOpens):
        gone.add(at("2026-03-02T11:00:00Z"), 2 * HOUR)
    nobody = calendar().without([(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))])
    assert not nobody.is_open(at("2026-03-02T12:00:00Z"))
    with pytest.raises(NeverOpens):
        nobody.next_open(at("2026-03-02T12:00:00Z"))


def test_absences_are_half_open_and_may_touch_overlap_or_be_empty() -> None:
    noon, one, two = (at(f"2026-03-02T{hour}:00:00Z") for hour in (12, 13, 14))
    away = calendar().without([(one, two), (noon, one), (noon, noon)])
    assert away == calendar().without([(noon, two)])
    assert away == calendar().without([(noon, one)]).without([(noon, two)])
    assert not away.is_open(noon)
    assert away.is_open(two)
    assert away.next_open(noon) == two
    assert away.add(at("2026-03-02T11:00:00Z"), HOUR) == noon
    assert away.add(at("2026-03-02T11:00:00Z"), 2 * HOUR) == at("2026-03-02T15:00:00Z")
    assert list(away.open_intervals(at("2026-03-02T11:30:00Z"), at("2026-03-02T14:30:00Z"))) == [
        (at("2026-03-02T11:30:00Z"), noon),
        (two, at("2026-03-02T14:30:00Z")),
    ]


def test_no_absences_give_the_calendar_itself() -> None:
    office = calendar()
    assert office.without([]) is office


def test_equal_content_is_equal_hashable_and_survives_copy_and_pickle() -> None:
    one, other = calendar("Europe/Rome"), calendar("Europe/Rome")
    assert one == other
    assert len({one, other, calendar("Europe/Madrid")}) == 2
    away = one.without([(at("2026-03-02T12:00:00Z"), at("2026-03-03T12:00:00Z"))])
    assert away != one
    assert pickle.loads(pickle.dumps(away)) == copy.deepcopy(away) == away  # noqa: S301 - our own bytes
    assert Calendar.from_dict(away.to_dict()) == away


def test_bad_arguments_are_errors_that_say_what_to_pass() -> None:
    office, naive = calendar(), datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - the mistake under test
    early, late = at("2026-03-02T09:00:00Z"), at("2026-03-02T10:00:00Z")
    for ask in (office.is_open, office.next_open, lambda when: office.add(when, HOUR)):
        with pytest.raises(CalendarError, match="no UTC offset; pass a timezone-aware"):
            ask(naive)
    with pytest.raises(CalendarError, match=r"end: .* before start .*swap"):
        office.elapsed(late, early)
    with pytest.raises(CalendarError, match="end: "):
        office.open_intervals(late, early)
    with pytest.raises(CalendarError, match=r"budget: .* negative"):
        office.add(early, -HOUR)
    with pytest.raises(CalendarError, match=r"absences\[0\]: .*earlier instant first"):
        office.without([(late, early)])
    with pytest.raises(CalendarError, match=r"absences\[0\]\[1\]: .*no UTC offset"):
        office.without([(early, naive)])


@pytest.mark.parametrize(
    "when", ["1969-12-31T23:59:59Z", "2100-01-01T00:00:01Z", "0001-01-01T00:00:00+14:00"]
)
def test_an_instant_outside_the_horizon_is_an_error_and_not_a_wrong_figure(when: str) -> None:
    for ask in (calendar().is_open, calendar().next_open):
        with pytest.raises(CalendarError, match="1970 to 2099"):
            ask(at(when))
    with pytest.raises(CalendarError, match="1970 to 2099"):
        ALWAYS_OPEN.elapsed(*sorted([at("2026-01-01T00:00:00Z"), at(when)]))


def test_the_whole_horizon_can_be_measured() -> None:
    first, last = at("1970-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z")
    assert ALWAYS_OPEN.elapsed(first, last) == last - first
    assert ALWAYS_OPEN.add(first, last - first) == last
    assert not ALWAYS_OPEN.is_open(last)
    with pytest.raises(NeverOpens):
        ALWAYS_OPEN.next_open(last)
