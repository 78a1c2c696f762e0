"""Which pages are due at a moment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rulebook.models import Notify, Page, Pages
from sla_monitor.domain.firing import Reading
from sla_monitor.rhythm.schedule import Due, PageKind, due_pages, is_read, still_named
from sla_monitor.rhythm.weeks import parse_week
from worktime import Calendar

MADRID = ZoneInfo("Europe/Madrid")
TO = [Notify(channel="email", to="sales@example.com")]
WEEKLY = Pages(weekly=Page(to=TO))
MONTHLY = Pages(monthly=Page(to=TO, at="09:00"))


def local(text: str, zone: ZoneInfo = MADRID) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def due(pages: Pages, at: str, zone: ZoneInfo = MADRID) -> list[tuple[str, str]]:
    return [(each.kind.value, each.period) for each in due_pages(pages, zone, None, local(at, zone), {})]


WEEKS = [
    ("a microsecond before eight on Monday nothing is due", "2026-11-30T07:59:59.999999", []),
    ("at eight the week that ended on Sunday is", "2026-11-30T08:00", ["2026-W48"]),
    ("who was down on Monday sends it late", "2026-12-02T23:00", ["2026-W48"]),
    ("three days later at eight still", "2026-12-03T08:00", ["2026-W48"]),
    ("and not after that: it is no news any more", "2026-12-03T08:00:00.000001", []),
    ("on Sunday nothing is due", "2026-12-06T12:00", []),
    ("the first Monday of January is about the old year's week", "2027-01-04T08:00", ["2026-W53"]),
]


@pytest.mark.parametrize(("sentence", "at", "weeks"), WEEKS, ids=[row[0] for row in WEEKS])
def test_the_weekly_page_is_due_on_monday(sentence: str, at: str, weeks: list[str]) -> None:
    assert due(WEEKLY, at) == [("weekly", each) for each in weeks], sentence


MONTHS = [
    ("the first of the month is a Sunday: nothing", "2026-11-01T12:00", []),
    ("the first working day is, at its hour", "2026-11-02T09:00", ["2026-10"]),
    ("a week late at most", "2026-11-09T09:00", ["2026-10"]),
    ("not longer", "2026-11-09T09:01", []),
    ("of January it is about December", "2027-01-01T09:00", ["2026-12"]),
]


@pytest.mark.parametrize(("sentence", "at", "months"), MONTHS, ids=[row[0] for row in MONTHS])
def test_managements_page_is_due_on_the_first_working_day(sentence: str, at: str, months: list[str]) -> None:
    assert due(MONTHLY, at) == [("monthly", each) for each in months], sentence


def test_the_companys_calendar_says_which_day_is_the_first_to_work() -> None:
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = Calendar.from_dict({"tz": "Europe/Madrid", "week": week, "holidays": ["2027-01-01"]})
    assert due_pages(MONTHLY, MADRID, calendar, local("2027-01-01T10:00"), {}) == []
    (page,) = due_pages(MONTHLY, MADRID, calendar, local("2027-01-04T09:00"), {})
    assert page == Due(PageKind.MONTHLY, "2026-12", local("2027-01-04T09:00"))


def test_a_month_that_both_sides_closed_is_told_once_more_at_once() -> None:
    closed = {"2026-10": local("2026-11-04T16:20"), "2026-09": local("2026-10-05T10:00")}
    found = due_pages(MONTHLY, MADRID, None, local("2026-11-04T16:20"), closed)
    assert [(each.kind, each.period) for each in found] == [
        (PageKind.MONTHLY, "2026-10"),
        (PageKind.CLOSED, "2026-10"),
    ]


def test_nobody_is_sent_what_the_rulebook_does_not_ask_for() -> None:
    assert (
        due_pages(Pages(), MADRID, None, local("2026-11-30T08:00"), {"2026-10": local("2026-11-30T07:00")})
        == []
    )


CLOCKS = [
    (
        "eight is eight on both sides of the change in autumn",
        "08:00",
        "2026-10-26T08:00",
        "2026-10-26T07:00Z",
    ),
    ("and in spring", "08:00", "2026-03-30T08:00", "2026-03-30T06:00Z"),
]


@pytest.mark.parametrize(("sentence", "at", "now", "utc"), CLOCKS, ids=[row[0] for row in CLOCKS])
def test_local_time_holds_when_clocks_change(sentence: str, at: str, now: str, utc: str) -> None:
    pages = Pages(weekly=Page(to=TO, at=at))
    (page,) = due_pages(pages, MADRID, None, local(now), {})
    assert page.at == datetime.fromisoformat(utc), sentence


def test_a_monday_whose_hour_the_clock_skips_has_a_page_all_the_same() -> None:
    """In Tehran Monday, 22 March 2021, began at one: half past midnight never was."""
    zone = ZoneInfo("Asia/Tehran")
    pages = Pages(weekly=Page(to=TO, at="00:30"))
    before, after = datetime(2021, 3, 21, 20, 29, tzinfo=UTC), datetime(2021, 3, 21, 21, 0, tzinfo=UTC)
    assert due_pages(pages, zone, None, before, {}) == []
    (page,) = due_pages(pages, zone, None, after, {})
    assert page.period == "2021-W11"
    assert timedelta(0) <= after - page.at <= timedelta(hours=1)


WEEKS_THAT_ARE_NONE = [
    ("a month", "2026-48", "2026-W48"),
    ("no year", "W48", "2026-W48"),
    ("a week too many in a year of 53", "2026-W54", "01 to 53"),
    ("a week too many in a year of 52", "2027-W53", "01 to 52"),
    ("before anything", "1900-W01", "1970"),
]


@pytest.mark.parametrize(
    ("sentence", "text", "hint"), WEEKS_THAT_ARE_NONE, ids=[row[0] for row in WEEKS_THAT_ARE_NONE]
)
def test_a_week_that_is_none_is_refused_with_what_to_write(sentence: str, text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_week(text, MADRID)


def test_a_week_knows_its_days_and_months() -> None:
    week = parse_week("2026-W44", MADRID)
    assert (week.name, str(week.monday), str(week.sunday)) == ("2026-W44", "2026-10-26", "2026-11-01")
    assert [each.name for each in week.months()] == ["2026-10", "2026-11"]
    assert (week.end - week.start, week.previous.end - week.previous.start) == (
        timedelta(days=7),
        timedelta(days=7, hours=1),
    ), "the clocks went back on the Sunday before"


def test_who_was_added_later_waits_for_the_next_and_who_left_gets_none() -> None:
    assert still_named(["email:a", "email:b"], ["email:b", "email:c"]) == ["email:b"]


READ = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
READINGS = [
    ("all is read up to the moment", [READ, READ], 0, True),
    ("one partition is behind", [READ, READ - timedelta(seconds=1)], 0, False),
    ("it stands still, but not for long", [READ - timedelta(hours=1)], 9, False),
    ("for ten minutes", [READ - timedelta(hours=1)], 10, True),
    ("nothing was ever read", [], 0, False),
    ("and nothing comes", [], 10, True),
]


@pytest.mark.parametrize(("sentence", "up_to", "minutes", "may"), READINGS, ids=[row[0] for row in READINGS])
def test_a_page_waits_until_the_news_of_its_time_is_read(
    sentence: str, up_to: list[datetime], minutes: int, may: bool
) -> None:
    readings = [Reading(each, READ - timedelta(hours=1)) for each in up_to]
    now = READ + timedelta(minutes=minutes)
    assert is_read(readings, READ, READ - timedelta(days=1), now) is may, sentence


def test_who_has_just_started_reads_first() -> None:
    readings = [Reading(READ - timedelta(days=1), READ - timedelta(days=1))]
    now = READ + timedelta(hours=2)
    assert not is_read(readings, READ, now, now)
    assert is_read(readings, READ, now, now + timedelta(minutes=10))
