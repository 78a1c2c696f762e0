"""Which events of an iCalendar feed are absences, and what a feed made to harm meets."""

from datetime import UTC, datetime

import pytest

from router.domain.feed import MOST_OCCURRENCES, FeedUnusable, read_feed

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
MADRID = "Europe/Madrid"
WINDOWS_ZONE = """BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def event(*lines: str, uid: str = "one") -> str:
    return (
        "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Surgery of the knee", *lines, "END:VEVENT"]) + "\n"
    )


def feed(*parts: str) -> bytes:
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n" + "".join(parts) + "END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def spans(*parts: str, tz: str = MADRID) -> list[tuple[str, str]]:
    read = read_feed(feed(*parts), tz, NOW)
    return [(start.strftime("%m-%d %H:%M"), end.strftime("%m-%d %H:%M")) for start, end in read.spans]


ALL_DAY = ("DTSTART;VALUE=DATE:20260309", "DTEND;VALUE=DATE:20260311")
AN_HOUR = ("DTSTART:20260309T090000Z", "DTEND:20260309T100000Z")
WHOLE, HOUR = [("03-08 23:00", "03-10 23:00")], [("03-09 09:00", "03-09 10:00")]


@pytest.mark.parametrize(
    ("lines", "expected", "because"),
    [
        (ALL_DAY, WHOLE, "whole days are days of the rep's own time zone, the end not included"),
        (AN_HOUR, HOUR, "what takes up time is an absence"),
        ((*AN_HOUR, "TRANSP:TRANSPARENT"), [], "what takes up no time is none"),
        ((*ALL_DAY, "TRANSP:TRANSPARENT"), [], "nor is it when it lasts all day"),
        (
            (*ALL_DAY, "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"),
            WHOLE,
            "unless it says out of office",
        ),
        ((*AN_HOUR, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), HOUR, "out of office for an hour"),
        ((*AN_HOUR, "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), [], "a meeting is at work"),
        ((*ALL_DAY, "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), WHOLE, "busy all day is away"),
        ((*ALL_DAY, "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"), [], "at work, elsewhere"),
        ((*ALL_DAY, "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"), [], "perhaps is not away"),
        ((*ALL_DAY, "STATUS:CANCELLED"), [], "cancelled"),
        (
            ("DTSTART;VALUE=DATE:20260309",),
            [("03-08 23:00", "03-09 23:00")],
            "a day without an end is one day",
        ),
        (("DTSTART:20260309T090000Z",), [], "a moment takes no time"),
        (("DTSTART:20260309T090000Z", "DURATION:PT90M"), [("03-09 09:00", "03-09 10:30")], "a duration"),
        (("DTSTART:20260309T100000", "DTEND:20260309T110000"), HOUR, "without a zone it is local"),
        (
            ("DTSTART;TZID=Romance Standard Time:20260309T100000", "DURATION:PT1H"),
            HOUR,
            "a zone by the name Windows gives it",
        ),
        (
            ("DTSTART;TZID=Europe/Lisbon:20260309T090000", "DURATION:PT1H"),
            HOUR,
            "a zone that the file does not describe",
        ),
        (("DTSTART;VALUE=DATE:20240309", "DTEND;VALUE=DATE:20240311"), [], "long over"),
        (("DTSTART;VALUE=DATE:20280309", "DTEND;VALUE=DATE:20280311"), [], "too far ahead"),
    ],
)
def test_an_event_is_an_absence_or_not(
    lines: tuple[str, ...], expected: list[tuple[str, str]], because: str
) -> None:
    assert spans(event(*lines)) == expected, because


def test_a_series_skips_its_exceptions_and_follows_what_was_moved_or_cancelled() -> None:
    weekly = event(
        "DTSTART;TZID=Romance Standard Time:20260305T090000",
        "DTEND;TZID=Romance Standard Time:20260305T120000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Romance Standard Time:20260312T090000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=Romance Standard Time:20260319T090000",
        "DTSTART;TZID=Romance Standard Time:20260320T100000",
        "DTEND;TZID=Romance Standard Time:20260320T110000",
    )
    cancelled = event(
        "RECURRENCE-ID;TZID=Romance Standard Time:20260326T090000",
        "DTSTART;TZID=Romance Standard Time:20260326T090000",
        "DTEND;TZID=Romance Standard Time:20260326T120000",
        "STATUS:CANCELLED",
    )
    found = spans(WINDOWS_ZONE, weekly, moved, cancelled)
    summer = ("04-02 07:00", "04-02 10:00")
    assert found == [("03-05 08:00", "03-05 11:00"), ("03-20 09:00", "03-20 10:00"), summer]


@pytest.mark.parametrize(
    "end",
    ["DTEND;VALUE=DATE:99991231", "DTEND;VALUE=DATE:20991231", "DTEND;VALUE=DATE:96000229"],
)
def test_an_absence_without_an_end_is_one(end: str) -> None:
    read = read_feed(feed(event("DTSTART;VALUE=DATE:20260302", end)), MADRID, NOW)
    ((start, until),) = read.spans
    assert start == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert until > datetime(2090, 1, 1, tzinfo=UTC)
    assert read.unread == 0


def test_a_series_until_the_end_of_all_days_goes_on() -> None:
    fridays = event("DTSTART;VALUE=DATE:20260306", "RRULE:FREQ=WEEKLY;UNTIL=99991231")
    assert len(spans(fridays)) == 57


def test_absences_that_touch_are_one() -> None:
    after = event("DTSTART;VALUE=DATE:20260311", "DTEND;VALUE=DATE:20260312", uid="two")
    assert spans(event(*ALL_DAY), after) == [("03-08 23:00", "03-11 23:00")]


def test_an_event_that_cannot_be_read_is_counted_and_stops_no_other() -> None:
    read = read_feed(
        feed(event("DTSTART:soon", uid="x"), event("SUMMARY:no time", uid="y"), event(*AN_HOUR)), MADRID, NOW
    )
    assert (len(read.spans), read.unread) == (1, 2)
    odd = event(*AN_HOUR, "RRULE:FREQ=SOMETIMES", uid="z")
    backwards = event("DTSTART:20260309T110000Z", "DTEND:20260309T100000Z", uid="w")
    still = event(*AN_HOUR, "RRULE:FREQ=DAILY;INTERVAL=0", uid="v")
    read = read_feed(feed(odd, backwards, still, event(*AN_HOUR)), MADRID, NOW)
    assert (len(read.spans), read.unread) == (1, 3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>Sign in</html>", "no iCalendar file"),
        (b"", "no VCALENDAR"),
        (feed(event(*AN_HOUR))[:-40], "no VCALENDAR"),
        (feed(event(*AN_HOUR, "RRULE:FREQ=SECONDLY")), "more often than once a day"),
        (feed(event(*AN_HOUR, "RRULE:FREQ=DAILY;BYHOUR=1,2,3")), "more often than once a day"),
        (
            feed(*(event(*AN_HOUR, uid=str(each)) for each in range(MOST_OCCURRENCES + 1))),
            "more than 5000 occurrences",
        ),
        (
            feed(
                *(
                    event(
                        f"DTSTART:20260301T0{hour}0000Z",
                        "DURATION:PT5M",
                        "RRULE:FREQ=DAILY",
                        uid=str(hour),
                    )
                    for hour in range(3)
                )
            ),
            "more than 1000 separate absences",
        ),
    ],
)
def test_what_is_no_calendar_of_absences_is_refused_without_quoting_it(content: bytes, says: str) -> None:
    with pytest.raises(FeedUnusable, match=says) as raised:
        read_feed(content, MADRID, NOW)
    assert "knee" not in str(raised.value)


def test_titles_never_come_out() -> None:
    assert "knee" not in repr(read_feed(feed(event(*ALL_DAY)), MADRID, NOW))
