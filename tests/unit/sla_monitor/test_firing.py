"""When a warning or a breach is said."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lead_events.words import TimerKind
from sla_monitor.domain.firing import News, Outcome, Reading, news_up_to, steps
from sla_monitor.domain.schedule import Change, schedule
from sla_monitor.domain.timers import Timer, TimerState, opened, timed
from tests.unit.sla_monitor.samples import LEAD, MADRID, START, TERMS, around_the_clock, assigned
from worktime import ALWAYS_OPEN, Calendar

NO_MARGIN = timedelta(0)


def march(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}+00:00")


def accept_timer() -> Timer:
    opening = assigned()
    return timed(opened(LEAD, TimerKind.ACCEPT, opening, opening, TERMS), around_the_clock(opening))


def read_to(minutes: float) -> list[Reading]:
    moment = START + timedelta(minutes=minutes)
    return [Reading(moment, moment)] * 2


def levels(timer: Timer, minutes: float, readings: list[Reading]) -> list[tuple[str, str]]:
    found = steps(timer, readings, now=START + timedelta(minutes=minutes), started=START, margin=NO_MARGIN)
    return [(step.name, step.outcome.value) for step in found]


@pytest.mark.parametrize(
    ("sentence", "now", "read", "said"),
    [
        ("before its share: nothing", 7.4, 7.4, []),
        ("at its share: a warning", 7.5, 7.5, [("warning:0.5", "fired")]),
        ("news not read up to it: wait", 7.5, 7.4, []),
        ("both passed while nobody looked", 13, 13, [("warning:0.5", "fired"), ("warning:0.8", "fired")]),
        (
            "due: the breach, and the warnings nobody needs any more",
            15,
            15,
            [("warning:0.5", "skipped_breached"), ("warning:0.8", "skipped_breached"), ("breach", "fired")],
        ),
        ("due and news read only up to the warning: wait with all of it", 15, 14.9, []),
    ],
)  # fmt: skip
def test_levels_are_said_when_read(
    sentence: str, now: float, read: float, said: list[tuple[str, str]]
) -> None:
    assert levels(accept_timer(), now, read_to(read)) == said, sentence


def test_levels_done_and_promises_ended_say_nothing() -> None:
    assert levels(replace(accept_timer(), next_level=1), 8, read_to(8)) == []
    assert levels(replace(accept_timer(), state=TimerState.KEPT), 20, read_to(20)) == []


@pytest.mark.parametrize(
    ("sentence", "waited", "moved", "started", "news"),
    [
        ("patience counts from the due time", 29.9, -600, -600, News.WAIT),
        ("and ends after 30 s", 30, -600, -600, News.UNREAD),
        ("a monitor that has just started waits", 30, -600, 1, News.WAIT),
        ("progress renews patience", 45, 20, -600, News.WAIT),
        ("until it stands still again", 50, 20, -600, News.UNREAD),
    ],
)
def test_standing_still_is_measured_from_the_latest_of_three(
    sentence: str, waited: float, moved: float, started: float, news: News
) -> None:
    def moment(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    readings = [Reading(moment(600), moment(600)), Reading(moment(-1), moment(moved))]
    found = news_up_to(START, readings, now=moment(waited), started=moment(started), margin=NO_MARGIN)
    assert found is news, sentence


def test_a_partition_never_read_stands_still_too() -> None:
    now = START + timedelta(seconds=30)
    assert news_up_to(START, [Reading()] * 2, now=now, started=START, margin=NO_MARGIN) is News.UNREAD


def test_an_unread_breach_says_so() -> None:
    now = START + timedelta(minutes=15, seconds=30)
    found = steps(accept_timer(), [Reading()] * 2, now=now, started=START, margin=NO_MARGIN)
    assert (found[-1].outcome, found[-1].unread) == (Outcome.FIRED, True)


@pytest.mark.parametrize(
    ("sentence", "handed", "due", "warns"),
    [
        ("within the morning", "02T08:30:00", "02T08:45:00", "02T08:37:30"),
        ("over lunch in Madrid", "02T12:50:00", "02T14:05:00", "02T12:57:30"),
        ("during lunch it waits", "02T13:30:00", "02T14:15:00", "02T14:07:30"),
        ("over the weekend", "06T16:55:00", "09T08:10:00", "09T08:02:30"),
        ("over the start of summer time", "27T16:55:00", "30T07:10:00", "30T07:02:30"),
        ("ending exactly at closing", "02T16:45:00", "02T17:00:00", "02T16:52:30"),
    ],
)  # fmt: skip
def test_moments_are_in_the_working_time_of_the_rep(sentence: str, handed: str, due: str, warns: str) -> None:
    opening = replace(assigned(), at=march(handed))
    timer = opened(LEAD, TimerKind.ACCEPT, opening, opening, TERMS)
    found = timed(timer, schedule(MADRID, revision=1, opened_at=opening.at))
    assert found.due_at == march(due), sentence
    assert found.warns_at[0] == march(warns), sentence


def test_a_change_of_hours_counts_from_its_moment_and_older_revisions_not_at_all() -> None:
    nine = START
    away = ALWAYS_OPEN.without([(nine - timedelta(hours=1), nine + timedelta(hours=2))])
    changes = [
        Change(1, nine, Calendar.from_dict({"tz": "UTC", "week": {"sun": [["00:00", "01:00"]]}})),
        Change(2, nine + timedelta(minutes=10), away),
    ]
    hours = schedule(ALWAYS_OPEN, revision=1, opened_at=nine, changes=changes)
    assert hours.revision == 2
    assert hours.add(nine, timedelta(minutes=10)) == nine + timedelta(minutes=10)
    assert hours.add(nine, timedelta(minutes=15)) == nine + timedelta(hours=2, minutes=5)
    assert hours.elapsed(nine, nine + timedelta(hours=3)) == timedelta(minutes=70)


def test_a_rep_who_never_comes_back_has_no_due_time() -> None:
    gone = ALWAYS_OPEN.without([(START, datetime.fromisoformat("2099-12-31T23:59:59+00:00"))])
    hours = schedule(gone, revision=1, opened_at=START)
    assert hours.add(START, timedelta(minutes=15)) is None
