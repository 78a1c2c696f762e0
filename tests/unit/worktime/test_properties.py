"""Laws that hold for every calendar, and agreement with a reference that walks and never computes."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worktime import Calendar, NeverOpens

bounded = settings(deadline=None, derandomize=True, max_examples=100, database=None)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
CHANGES = {
    "UTC": ["2026-06-01"],
    "Europe/Madrid": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "Asia/Kathmandu": ["1986-01-01"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "Pacific/Apia": ["2011-12-30"],
    "America/Sao_Paulo": ["2018-02-18", "2018-11-04"],
}
"""Zones, and days on which their clocks change: the draw stays near these and near ends of years."""

Document = dict[str, Any]


def clock(quarters: int) -> str:
    return f"{quarters // 4:02}:{quarters % 4 * 15:02}"


@st.composite
def shifts(draw: st.DrawFn, least: int = 0) -> list[list[str]]:
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2 * least, max_size=6)))
    return [[clock(start), clock(end)] for start, end in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def nights(draw: st.DrawFn) -> list[list[str]]:
    """A shift past midnight that ends before any other day's shift can begin."""
    return [[clock(draw(st.integers(80, 95))), clock(draw(st.integers(0, 12)))]]


@st.composite
def situations(draw: st.DrawFn) -> tuple[Document, datetime]:
    """A calendar and an instant, close to a clock change or a year's end."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    middle = date.fromisoformat(draw(st.sampled_from([*CHANGES[zone], "2024-12-31", "2026-01-01"])))
    near = st.integers(-4, 6).map(lambda days: (middle + timedelta(days=days)).isoformat())
    if draw(st.booleans()):
        week = {day: draw(shifts()) for day in DAYS}
        week["wed"] = week["wed"] or [["09:00", "17:00"]]
    else:
        week = {day: draw(nights()) for day in DAYS}
    document: Document = {
        "tz": zone,
        "week": week,
        "breaks": {day: draw(shifts()) for day in draw(st.sets(st.sampled_from(("mon", "fri", "sun"))))},
        "holidays": sorted(draw(st.sets(near, max_size=2))),
        "date_overrides": {day: draw(shifts()) for day in draw(st.sets(near, max_size=2))},
        "date_breaks": {day: draw(shifts()) for day in draw(st.sets(near, max_size=2))},
    }
    start = datetime.combine(middle, time(), UTC) - 2 * DAY
    document["absences"] = draw(absences(start))
    return document, start + draw(st.timedeltas(timedelta(0), 4 * DAY))


@st.composite
def absences(draw: st.DrawFn, start: datetime) -> list[list[str]]:
    gaps = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200), st.booleans()), max_size=3))
    tick = timedelta(microseconds=1)
    return [
        [(start + QUARTER * first).isoformat(), (start + QUARTER * (first + size) + tick * odd).isoformat()]
        for first, size, odd in gaps
    ]


budgets = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=60)), st.integers(0, 240).map(lambda n: QUARTER * n)
)


# The reference: walks the clock in steps, and asks of every piece whether anything opens or shuts it.


@cache
def first_instant_reading(zone: str, wall: datetime) -> datetime:
    """Walks the clock from 15 h before, in quarters of an hour, until it reads `wall` or later."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        at += QUARTER
    return at


def on_the_clock(zone: str, day: date, spans: list[list[str]]) -> Iterator[tuple[datetime, datetime]]:
    midnight = datetime.combine(day, time())
    for first, last in spans:
        start, end = (
            midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (first, last)
        )
        end = end if end > start else end + DAY
        yield first_instant_reading(zone, start), first_instant_reading(zone, end)


def pieces(document: Document, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The open pieces of ten days around a date, cut at every edge of anything."""
    opens: list[tuple[datetime, datetime]] = []
    shuts = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in document["absences"]]
    for current in (day + timedelta(days=n) for n in range(-2, 9)):
        name, text = DAYS[current.weekday()], current.isoformat()
        hours, breaks = document["week"][name], document["breaks"].get(name, [])
        if text in document["date_overrides"]:
            hours, breaks = document["date_overrides"][text], []
        elif text in document["holidays"]:
            hours, breaks = [], [["00:00", "24:00"]]
        opens += on_the_clock(document["tz"], current, hours)
        shuts += on_the_clock(document["tz"], current, breaks + document["date_breaks"].get(text, []))
    edges = sorted({edge for span in opens + shuts for edge in span})
    for start, end in pairwise(edges):
        if any(a <= start < b for a, b in opens) and not any(a <= start < b for a, b in shuts):
            yield start, end


@settings(bounded, max_examples=250)
@given(situations(), budgets)
def test_every_answer_equals_that_of_a_walk(situation: tuple[Document, datetime], budget: timedelta) -> None:
    document, start = situation
    calendar = Calendar.from_dict(document)
    opened = [(max(a, start), b) for a, b in pieces(document, start.date()) if b > start]
    horizon = start + 5 * DAY
    assert calendar.is_open(start) == any(a <= start < b for a, b in opened)
    walked = sum((min(b, horizon) - a for a, b in opened if a < horizon), timedelta(0))
    assert calendar.elapsed(start, horizon) == walked
    if opened:
        assert calendar.next_open(start) == opened[0][0]
    left = budget
    for a, b in opened:
        if (left and left <= b - a) or left < b - a:
            assert calendar.add(start, budget) == a + left
            break
        left -= b - a


@bounded
@given(situations(), budgets)
def test_elapsed_is_the_inverse_of_add(situation: tuple[Document, datetime], budget: timedelta) -> None:
    calendar, start = Calendar.from_dict(situation[0]), situation[1]
    due = calendar.add(start, budget)
    assert due >= start
    assert calendar.elapsed(start, due) == budget
    tick = timedelta(microseconds=1)
    if budget:
        assert calendar.elapsed(start, due - tick) == budget - tick  # the first such instant
        assert calendar.is_open(due - tick)
    else:
        assert due == calendar.next_open(start)


@bounded
@given(situations(), budgets, budgets)
def test_add_is_monotone_in_budget_and_start(
    situation: tuple[Document, datetime], budget: timedelta, more: timedelta
) -> None:
    calendar, start = Calendar.from_dict(situation[0]), situation[1]
    due = calendar.add(start, budget)
    assert calendar.add(start, budget + more) >= due
    assert calendar.add(start + more, budget) >= due
    if more:
        assert calendar.add(due, more) == calendar.add(start, budget + more)


@bounded
@given(situations(), st.lists(st.timedeltas(timedelta(0), timedelta(days=800)), min_size=2, max_size=2))
def test_elapsed_adds_up_and_never_exceeds_real_time(
    situation: tuple[Document, datetime], spans: list[timedelta]
) -> None:
    calendar, start = Calendar.from_dict(situation[0]), situation[1]
    middle = start + spans[0]
    end = middle + spans[1]
    whole = calendar.elapsed(start, end)
    assert whole == calendar.elapsed(start, middle) + calendar.elapsed(middle, end)
    assert timedelta(0) <= whole <= end - start
    intervals = list(calendar.open_intervals(start, end))
    assert sum((b - a for a, b in intervals), timedelta(0)) == whole
    edges = [edge for interval in intervals for edge in interval]
    assert edges == sorted(set(edges)), "intervals are in order, none is empty and none touches the next"


@bounded
@given(situations())
def test_the_next_opening_is_the_first_open_instant(situation: tuple[Document, datetime]) -> None:
    calendar, start = Calendar.from_dict(situation[0]), situation[1]
    opening = calendar.next_open(start)
    assert calendar.is_open(opening)
    assert calendar.elapsed(start, opening) == timedelta(0)
    assert (opening == start) == calendar.is_open(start)
    assert calendar.next_open(opening) == opening


@bounded
@given(situations())
def test_a_document_reads_back_as_the_same_calendar(situation: tuple[Document, datetime]) -> None:
    calendar = Calendar.from_dict(situation[0])
    again = Calendar.from_dict(calendar.to_dict())
    assert again == calendar
    assert hash(again) == hash(calendar)


@settings(bounded, max_examples=10)
@given(situations(), st.lists(st.integers(1970, 2099), min_size=1, max_size=4))
def test_the_order_in_which_years_are_asked_about_does_not_matter(
    situation: tuple[Document, datetime], years: list[int]
) -> None:
    document = {**situation[0], "tz": "Europe/Madrid"}
    fresh = Calendar.from_dict({**document, "holidays": [f"{years[0]}-05-01"]})  # mostly a line of its own
    spans = [(datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, tzinfo=UTC)) for year in years]
    forwards = [fresh.elapsed(*span) for span in spans]
    assert [fresh.elapsed(*span) for span in reversed(spans)] == forwards[::-1]
    for span, elapsed in zip(spans, forwards, strict=True):
        walked = [b - a for a, b in fresh.open_intervals(*span)]
        assert sum(walked, timedelta(0)) == elapsed


def test_a_budget_can_be_found_again_at_every_quarter_of_a_clock_change() -> None:
    for zone, days in CHANGES.items():
        calendar = Calendar.from_dict({"tz": zone, "week": {day: [["01:15", "03:45"]] for day in DAYS}})
        start = datetime.combine(date.fromisoformat(days[0]), time(), UTC) - 2 * DAY
        instants = [start + QUARTER * n for n in range(4 * 24 * 4)]
        counted = [calendar.elapsed(start, instant) for instant in instants]
        assert counted == sorted(counted)
        for elapsed in set(counted) - {timedelta(0)}:
            assert calendar.add(start, elapsed) <= instants[bisect_left(counted, elapsed)]


def test_a_calendar_that_ends_raises_for_every_budget_beyond() -> None:
    document = {"tz": "UTC", "week": {}, "date_overrides": {"2099-12-31": [["20:00", "06:00"]]}}
    calendar, start = Calendar.from_dict(document), datetime(2099, 12, 31, 12, tzinfo=UTC)
    last = datetime(2100, 1, 1, tzinfo=UTC)
    assert calendar.add(start, timedelta(hours=4)) == last
    with pytest.raises(NeverOpens, match=r"0:00:00\.000001 short"):
        calendar.add(start, timedelta(hours=4, microseconds=1))
