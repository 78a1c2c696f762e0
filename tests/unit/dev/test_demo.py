"""The demo's people and hours fit any rulebook and change from run to run."""

import copy
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from baton_dev.demo import has_other_hours, read_rulebook
from baton_dev.errors import StackError
from baton_dev.samples import Sample, fields_for, samples
from rulebook.demo_hours import with_demo_hours

_FIELDS = {
    "email": {"from": ["your-email"]},
    "phone": {"from": ["tel"]},
    "name": {"from": ["first", "last"], "join": " "},
    "first_name": {"from": ["first"]},
    "company": {"from": ["company"]},
}
_FORMS: dict[str, Any] = {
    "guide": {"key": "guide-key", "status": "active", "explicit_ask": False, "fields": _FIELDS},
    "quote": {
        "key": "quote-key",
        "status": "active",
        "explicit_ask": True,
        "fields": _FIELDS,
        "line_field": "interested_in",
        "honeypot": "website2",
    },
}
_LINES = ["machines", "service"]


def _sample(what: str, run: int = 1) -> Sample:
    return next(sample for sample in samples(run, _FORMS, _LINES) if what in sample.who)


def test_a_sample_is_written_with_the_forms_own_field_names() -> None:
    sample = _sample("asks for a quote")
    assert fields_for(sample, _FORMS["quote"]) == {
        "your-email": "lead-1-1@example.com",
        "tel": sample.profile["phone"],
        "first": sample.profile["first_name"],
        "company": sample.profile["company"],
        "interested_in": ["machines"],
    }


def test_one_sample_asks_for_every_line_and_one_bot_fills_the_trap() -> None:
    assert fields_for(_sample("asks for every line"), _FORMS["quote"])["interested_in"] == _LINES
    assert fields_for(_sample("bot"), _FORMS["quote"])["website2"]


def test_the_double_click_sends_exactly_the_same_fields() -> None:
    first, again = _sample("asks for a quote"), _sample("clicked twice")
    assert fields_for(first, _FORMS["quote"]) == fields_for(again, _FORMS["quote"])


def test_a_later_run_brings_new_people_and_one_who_returns() -> None:
    first = {sample.profile.get("email") for sample in samples(1, _FORMS, _LINES)} - {None}
    second = [sample.profile.get("email") for sample in samples(2, _FORMS, _LINES)]
    assert [email for email in second if email in first] == ["lead-1-1@example.com"]


@pytest.mark.parametrize("run", [1, 2, 77, 1999])
def test_every_phone_number_is_one_that_its_country_gives_out(run: int) -> None:
    numbers = [s.profile["phone"] for s in samples(run, _FORMS, _LINES) if "phone" in s.profile]
    assert [
        number for number in numbers if not phonenumbers.is_valid_number(phonenumbers.parse(number))
    ] == []


def test_offices_open_round_the_clock_but_romania_keeps_its_hours_and_minutes_become_seconds() -> None:
    week = {"mon": [["09:00", "18:00"]]}
    written: dict[str, Any] = {
        "calendars": {
            "madrid": {"tz": "Europe/Madrid", "week": week, "holidays": ["2026-01-01"]},
            "cluj": {"tz": "Europe/Bucharest", "week": week},
        },
        "agreement": {
            "sales": {
                "promises": {"perfect": {"accept_within": "15m", "first_response_within": "1h"}, "warm": {}},
                "lines": {"training": {"warm": {"outcome_within": "160h"}}},
                "teams": {"academy": {"warm": {"attempts": {"count": 4, "within": "60h", "apart": "15h"}}}},
                "reminders": {"every": "2h", "at_most": 3},
            }
        },
        "agreements": {
            "tried": {
                "sales": {"promises": {"cold": {"attempts": {"count": 6, "within": "6m", "apart": "1m"}}}}
            }
        },
        "routing": {"pools": {"spain": {"answer_takes": "10m"}}},
    }
    changed = with_demo_hours(written)
    assert changed["calendars"]["madrid"]["week"]["sun"] == [["00:00", "24:00"]]
    assert changed["calendars"]["madrid"]["holidays"] == []
    assert changed["calendars"]["cluj"] == written["calendars"]["cluj"]
    assert changed["agreement"]["sales"]["promises"]["perfect"] == {
        "accept_within": "15s",
        "first_response_within": "1m",
    }
    sales = changed["agreement"]["sales"]
    assert sales["lines"]["training"]["warm"] == {"outcome_within": "2h40m"}
    assert sales["teams"]["academy"]["warm"] == {"attempts": {"count": 4, "within": "1h", "apart": "15m"}}
    assert sales["reminders"] == {"every": "2m", "at_most": 3}
    assert changed["agreements"]["tried"]["sales"]["promises"]["cold"] == {
        "attempts": {"count": 6, "within": "25s", "apart": "5s"}
    }
    assert changed["routing"]["pools"]["spain"] == {"answer_takes": "10s"}
    assert written["calendars"]["madrid"]["week"] == week


_EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


def test_a_rulebook_with_errors_is_refused_with_all_of_them(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"has errors:\n.*there is no such folder"):
        read_rulebook(tmp_path / "nowhere")


def test_a_rulebook_as_written_has_other_hours_one_with_a_new_form_has_not() -> None:
    demo = read_rulebook(_EXAMPLE)
    with_form = copy.deepcopy(demo)
    with_form["forms"]["mine"] = with_form["forms"]["generic"]
    assert not has_other_hours(with_form, demo)
    assert has_other_hours(read_rulebook(_EXAMPLE, as_written=True), demo)
    another = copy.deepcopy(with_form)
    another["agreements"] = {"tried": copy.deepcopy(demo["agreement"])}
    assert not has_other_hours(another, demo)
    another["agreement"]["sales"]["promises"]["warm"]["attempts"]["within"] = "60h"
    assert has_other_hours(another, demo)
    with_form["agreement"]["sales"]["promises"]["perfect"]["accept_within"] = "10m"
    assert has_other_hours(with_form, demo)
