"""Part days on the night when an hour comes twice."""

from datetime import UTC, datetime, timedelta

import pytest

from router.domain.absences import absent_spans, away_at, ended, entry, span_of
from router.domain.feed import read_feed
from router.domain.hours import with_absences

NOW = datetime(2026, 10, 1, tzinfo=UTC)
FIRST, SECOND = "2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00"
"""Forty minutes apart in Madrid: half past two in summer time, ten past two in winter time."""


def test_an_absence_over_the_hour_that_comes_twice_is_taken() -> None:
    made = entry(
        datetime.fromisoformat(FIRST),
        datetime.fromisoformat(SECOND),
        reason="away",
        tz="Europe/Madrid",
        now=NOW,
    )
    assert (made["from"], made["until"]) == (FIRST, SECOND)


def test_one_that_ends_before_it_begins_is_refused_though_the_clock_on_the_wall_says_later() -> None:
    with pytest.raises(ValueError, match="write a later moment"):
        entry(
            datetime.fromisoformat(SECOND),
            datetime.fromisoformat(FIRST),
            reason="away",
            tz="Europe/Madrid",
            now=NOW,
        )


MADRID = "Europe/Madrid"
OVER_THE_FOLD = {"from": FIRST, "until": SECOND}
BEFORE_FOLD = {"from": "2026-10-25T01:00:00+02:00", "until": "2026-10-25T02:50:00+02:00"}


def test_it_is_taken_out_of_the_hours() -> None:
    made = with_absences({"tz": MADRID}, [span_of(OVER_THE_FOLD, MADRID)])
    assert made["absences"] == [[FIRST, SECOND]]


def test_who_is_away_over_it_is_away_until_its_end() -> None:
    spans = absent_spans([OVER_THE_FOLD, BEFORE_FOLD], [], [], MADRID)
    last = datetime(2026, 10, 25, 1, 9, tzinfo=UTC)
    away = away_at(spans, last)
    assert away == (datetime(2026, 10, 24, 23, tzinfo=UTC), last + timedelta(minutes=1)), "both are one"
    assert away_at(spans, last + timedelta(minutes=1)) is None


def test_spans_of_two_sources_that_begin_in_that_hour_are_in_the_order_of_instants() -> None:
    later = {"from": "2026-10-25T02:05:00+01:00", "until": "2026-10-25T02:20:00+01:00"}
    earlier = {"from": FIRST, "until": "2026-10-25T02:55:00+02:00"}
    spans = absent_spans([later, earlier], [], [], MADRID)
    assert [start.isoformat() for start, _ in spans] == [FIRST, later["from"]]


def test_who_is_back_within_that_hour_ends_the_absence_at_that_instant() -> None:
    now = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)
    (kept,) = ended([{**OVER_THE_FOLD, "reason": "ill"}], MADRID, now)
    assert kept == {"from": FIRST, "until": "2026-10-25T02:05:00+01:00", "reason": "ill"}


def test_an_event_over_the_hour_that_does_not_exist_disturbs_no_other() -> None:
    night = "DTSTART;TZID=Europe/Madrid:20260329T023000\r\nDTEND;TZID=Europe/Madrid:20260329T031500"
    other = "DTSTART:20260329T010000Z\r\nDTEND:20260329T020000Z"
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{each[:20]}\r\n{each}\r\nEND:VEVENT\r\n" for each in (night, other)
    )
    content = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n".encode()
    read = read_feed(content, MADRID, datetime(2026, 3, 3, tzinfo=UTC))
    assert read.spans == ((datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),)
