"""Every mistake in a calendar document gets an error that names its key and says what to write."""

import doctest
from datetime import date
from pathlib import Path

import pytest

from worktime import Calendar, CalendarError

GOOD = {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "17:00"]]}}


@pytest.mark.parametrize(
    ("change", "key", "advice"),
    [
        ({"tz": "Europe/Madird"}, "tz", 'did you mean "Europe/Madrid"'),
        ({"tz": "../../etc/passwd"}, "tz", "IANA name"),
        ({"tz": "Europe"}, "tz", "IANA name"),
        ({"tz": 2}, "tz", "IANA name"),
        ({"tz": ""}, "tz", "IANA name"),
        ({"week": []}, "week", "is not an object"),
        ({"week": {"monday": []}}, "week.monday", "write one of mon, tue"),
        ({"week": {1: []}}, "week.1", "write one of mon, tue"),
        ({"week": {"mon": "09:00-17:00"}}, "week.mon", "write a list of shifts"),
        ({"week": {"mon": None}}, "week.mon", "[] if closed"),
        ({"week": {"mon": ["09:00", "17:00"]}}, "week.mon[0]", "is not a start and an end"),
        ({"week": {"mon": [["09:00"]]}}, "week.mon[0]", '["09:00", "14:00"]'),
        ({"week": {"mon": [["9:00", "17:00"]]}}, "week.mon[0][0]", "HH:MM"),
        ({"week": {"mon": [["09:00", "25:00"]]}}, "week.mon[0][1]", "24:00"),
        ({"week": {"mon": [["24:00", "25:00"]]}}, "week.mon[0][0]", "23:59"),
        ({"week": {"mon": [[540, 1020]]}}, "week.mon[0][0]", "a text HH:MM"),
        ({"week": {"mon": [["٠٩:٠٠", "17:00"]]}}, "week.mon[0][0]", "HH:MM"),
        ({"week": {"mon": [["09:00\n", "17:00"]]}}, "week.mon[0][0]", "HH:MM"),
        ({"week": {"mon": [["09:00", "09:00"]]}}, "week.mon[0]", '["00:00", "24:00"]'),
        ({"week": {"mon": [["14:00", "18:00"], ["09:00", "15:00"]]}}, "week.mon", "14:00-18:00 overlap"),
        ({"week": {"mon": [["22:00", "06:00"]], "tue": [["05:00", "9:00"]]}}, "week.tue[0][1]", "HH:MM"),
        ({"week": {"mon": [["22:00", "06:00"]], "tue": [["05:00", "09:00"]]}}, "week.tue", "past midnight"),
        ({"week": {"sun": [["22:00", "06:00"]], "mon": [["05:00", "09:00"]]}}, "week.mon", "past midnight"),
        ({"breaks": {"lunch": []}}, "breaks.lunch", "unknown day"),
        ({"holidays": "2026-12-25"}, "holidays", "write a list of dates"),
        ({"holidays": ["25/12/2026"]}, "holidays[0]", "YYYY-MM-DD"),
        ({"holidays": ["2026-W53-5"]}, "holidays[0]", "YYYY-MM-DD"),
        ({"holidays": ["2026-02-29"]}, "holidays[0]", "YYYY-MM-DD"),
        ({"holidays": [["13:00", "14:00"]]}, "holidays[0]", "is not a date"),
        ({"date_overrides": {"24 Dec": []}}, "date_overrides.24 Dec", "YYYY-MM-DD"),
        ({"date_overrides": [["2026-12-24"]]}, "date_overrides", "is not an object"),
        ({"date_breaks": {"2026-12-24": [["13:00", "1400"]]}}, "date_breaks.2026-12-24[0][1]", "HH:MM"),
        ({"absences": [["2026-08-01", "2026-08-15"]]}, "absences[0][0]", "with its offset"),
        ({"absences": [["2026-08-01T00:00:00", "2026-08-15T00:00:00Z"]]}, "absences[0][0]", "offset"),
        ({"absences": [["2026-08-15T00:00:00Z", "2026-08-01T00:00:00Z"]]}, "absences[0]", "earlier instant"),
        ({"absences": ["2026-08-01T00:00:00Z"]}, "absences[0]", "is not a start and an end"),
        ({"holiday": []}, "holiday", "did you mean holidays"),
        ({"zzz": []}, "zzz", "write one of tz, week"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(change: dict[str, object], key: str, advice: str) -> None:
    with pytest.raises(CalendarError) as caught:
        Calendar.from_dict({**GOOD, **change})
    assert caught.value.key == key
    assert advice in str(caught.value)
    assert str(caught.value).startswith(f"{key}: ")


@pytest.mark.parametrize("key", ["tz", "week"])
def test_what_is_required_is_asked_for(key: str) -> None:
    with pytest.raises(CalendarError, match=f"^{key}: missing; write"):
        Calendar.from_dict({name: value for name, value in GOOD.items() if name != key})


def test_dates_that_yaml_already_read_are_taken_as_they_are() -> None:
    christmas = date(2026, 12, 25)
    read = Calendar.from_dict(
        {**GOOD, "holidays": [christmas], "date_overrides": {christmas: [["09:00", "10:00"]]}}
    )
    written = {**GOOD, "holidays": ["2026-12-25"], "date_overrides": {"2026-12-25": [["09:00", "10:00"]]}}
    assert read == Calendar.from_dict(written)


def test_the_order_of_shifts_and_dates_does_not_matter() -> None:
    one = {
        **GOOD,
        "week": {"mon": [["16:00", "19:00"], ["09:00", "14:00"]]},
        "holidays": ["2026-12-25", "2026-01-01"],
    }
    other = {
        **GOOD,
        "week": {"mon": [["09:00", "14:00"], ["16:00", "19:00"]]},
        "holidays": ["2026-01-01", "2026-12-25"],
    }
    assert Calendar.from_dict(one) == Calendar.from_dict(other)
    assert Calendar.from_dict(one).to_dict() == Calendar.from_dict(other).to_dict()


def test_the_written_document_has_the_documented_shape() -> None:
    away = {"absences": [["2026-08-01T00:00:00Z", "2026-08-15T00:00:00.000001Z"]]}
    document = {**GOOD, "breaks": {"mon": [["13:00", "13:30"]]}, "date_overrides": {"2026-12-24": []}, **away}
    assert Calendar.from_dict(document).to_dict() == {
        "tz": "Europe/Madrid",
        "week": {
            "mon": [["09:00", "17:00"]],
            "tue": [],
            "wed": [],
            "thu": [],
            "fri": [],
            "sat": [],
            "sun": [],
        },
        "breaks": {"mon": [["13:00", "13:30"]]},
        "holidays": [],
        "date_overrides": {"2026-12-24": []},
        "date_breaks": {},
        **away,
    }


def test_the_example_in_the_readme_works() -> None:
    readme = Path(__file__).resolve().parents[3] / "libs" / "worktime" / "README.md"
    failed, attempted = doctest.testfile(str(readme), module_relative=False)
    assert (failed, attempted > 0) == (0, True)
