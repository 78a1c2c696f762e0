"""What a form's mapping makes of a submission."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events import Attribution, Consent, Profile
from rulebook import mapping
from rulebook.attributes import MOST_ATTRIBUTES, attribute_name
from rulebook.mapping import LIMITS, Mapped, map_submission
from rulebook.models import Form

RECEIVED = datetime(2026, 3, 2, 12, tzinfo=UTC)


def form(fields: dict[str, Any] | None = None, **more: Any) -> Form:
    plain = {name: {"from": [name]} for name in ("email", "phone", "name", "company", "country", "employees")}
    return Form.model_validate(
        {"name": "Test", "key": "test-form-1", "source": "website", "fields": fields or plain} | more
    )


def mapped(submission: dict[str, Any], **more: Any) -> Mapped:
    return map_submission(form(**more), submission, RECEIVED)


def test_a_plain_form_becomes_a_profile_that_fits_the_event() -> None:
    result = mapped(
        {"email": "ana@example.com", "name": "Ana Ruiz", "company": "R&D S.A.", "employees": "12"}
    )
    profile = Profile(**result.profile)
    assert (profile.email, profile.name, profile.company, profile.employees) == (
        "ana@example.com",
        "Ana Ruiz",
        "R&D S.A.",
        12,
    )
    assert (profile.first_name, profile.last_name) == ("Ana", "Ruiz")
    assert (result.missing, result.flags, result.lines) == ([], [], ["main"])


def test_a_full_name_is_put_together_from_its_parts() -> None:
    fields = {"email": {"from": "email"}, "first_name": {"from": "fn"}, "last_name": {"from": "ln"}}
    result = map_submission(form(fields), {"email": "a@example.com", "fn": "Niccolò", "ln": "D'Angelo"})
    assert result.profile["name"] == "Niccolò D'Angelo"


def test_a_bad_email_beside_a_good_phone_is_kept_as_a_lead_and_flagged() -> None:
    result = mapped({"email": "ana@@example", "phone": "+34600000001"})
    assert result.missing == []
    assert "email" not in result.profile
    assert result.flags == ["email:unusable"]


def test_a_phone_in_a_sentence_keeps_what_was_written() -> None:
    written = "please call me on +34 600 000 001 or the office, ask for Ana, ext 12"
    result = mapped({"email": "ana@example.com", "phone": written})
    assert result.profile["phone_raw"] == written
    assert result.profile["phone"] == "+34600000001"
    assert "phone:found_in_text" in result.flags


def test_an_unusable_phone_keeps_every_digit_it_came_with() -> None:
    result = mapped({"email": "ana@example.com", "phone": "(330) 458-0111"})
    assert "phone" not in result.profile
    assert result.profile["phone_raw"] == "(330) 458-0111"
    assert result.flags == ["phone:unusable"]


def test_the_country_of_the_lead_reads_its_phone() -> None:
    result = mapped({"phone": "912 345 678", "country": "Portugal"}, region="ES")
    assert (result.profile["country"], result.profile["phone"]) == ("PT", "+351912345678")


def test_long_addresses_and_campaign_texts_are_cut_with_a_flag_and_never_refused() -> None:
    result = mapped(
        {
            "email": "ana@example.com",
            "referrer": "https://example.com/?q=" + "a" * 3_000,
            "utm_content": "b" * 600,
        }
    )
    assert len(result.attribution["referrer"]) == LIMITS["referrer"]
    assert len(result.attribution["utm_content"]) == LIMITS["utm_content"]
    assert result.flags == ["referrer:cut", "utm_content:cut"]
    Attribution(**result.attribution)


def test_an_emoji_in_a_name_is_kept_and_half_of_one_is_flagged() -> None:
    assert mapped({"email": "ana@example.com", "name": "Ana 🌸"}).profile["name"] == "Ana 🌸"
    assert "name:half_character" in mapped({"email": "ana@example.com", "name": "Ana \ud83c"}).flags


def test_an_empty_submission_says_what_is_missing() -> None:
    result = mapped({"form_id": "demo"}, required=["email|phone", "name"])
    assert result.missing == ["email|phone", "name"]


def test_what_no_mapping_reads_is_listed_and_kept_for_rules() -> None:
    result = mapped(
        {
            "email": "a@example.com",
            "Team size": "7",
            "TotalVisits": 3,
            "in": "x",
            "nested": {"a": 1},
            "_hidden": "y",
        }
    )
    assert result.unmapped == ["Team size", "TotalVisits", "in", "nested", "_hidden"]
    assert result.profile["attributes"] == {"team_size": "7", "total_visits": 3, "in_": "x"}


def test_volatile_fields_and_the_honeypot_are_no_attributes() -> None:
    result = mapped(
        {"email": "a@example.com", "token": "1", "fax": "spam"}, volatile=["token"], honeypot="fax"
    )
    assert result.profile["attributes"] == {}
    assert result.honeypot_filled


def test_an_attribute_is_read_as_the_form_says() -> None:
    fields = {
        "email": {"from": ["email"]},
        "attributes.visits": {"from": ["visits"], "as": "number"},
        "attributes.wants_call": {"from": ["call"], "as": "boolean"},
        "attributes.products": {"from": ["products[]"]},
    }
    good = map_submission(form(fields), {"visits": "12", "call": "Sì", "products": ["CRM", "Soporte"]})
    assert good.profile["attributes"] == {"visits": 12.0, "wants_call": True, "products": ["CRM", "Soporte"]}
    bad = map_submission(form(fields), {"visits": "a few", "call": "maybe"})
    assert bad.profile["attributes"] == {}
    assert bad.flags == ["attributes.visits:not_a_number", "attributes.wants_call:not_yes_or_no"]


def test_answers_stand_in_the_order_in_which_the_form_sent_them_mapped_or_not() -> None:
    fields = {
        "email": {"from": ["email"]},
        "attributes.a": {"from": ["last"]},
        "attributes.b": {"from": ["tree.inside"]},
        "attributes.c": {"from": ["absent"], "default": "none"},
    }
    sent = {"Why now": "x", "tree": {"inside": "y"}, "email": "a@example.com", "budget": "z", "last": "w"}
    assert list(map_submission(form(fields), sent).profile["attributes"]) == [
        "why_now",
        "b",
        "budget",
        "a",
        "c",
    ]


def test_of_a_body_full_of_fields_no_more_are_put_in_order_than_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named: list[str] = []

    def counted(name: str) -> str:
        named.append(name)
        return attribute_name(name)

    monkeypatch.setattr(mapping, "attribute_name", counted)
    fields = {"email": {"from": ["email"]}, "attributes.last": {"from": ["last"]}}
    sent = {"email": "a@example.com"} | {f"field {n}": n for n in range(5000)} | {"last": "w"}
    attributes = map_submission(form(fields), sent).profile["attributes"]
    assert list(attributes) == [*(f"field_{n}" for n in range(MOST_ATTRIBUTES - 1)), "last"]
    assert len(named) < MOST_ATTRIBUTES


def test_values_are_replaced_without_regard_to_case_and_to_nothing_on_request() -> None:
    fields = {
        "email": {"from": "email"},
        "industry": {"from": "sector", "values": {"fab": "manufacturing", "Select": None}},
    }
    assert map_submission(form(fields), {"sector": "FAB"}).profile["industry"] == "manufacturing"
    assert "industry" not in map_submission(form(fields), {"sector": "select"}).profile


def test_a_default_stands_in_for_no_value_and_join_puts_all_together() -> None:
    fields = {
        "country": {"from": "country", "default": "ES"},
        "message": {"from": ["need", "notes[]"], "join": "; "},
    }
    result = map_submission(form(fields, required=[]), {"need": "a quote", "notes": ["soon", "by phone"]})
    assert result.profile["country"] == "ES"
    assert result.profile["message"] == "a quote; soon; by phone"


def test_two_values_for_one_field_take_the_first_and_say_so() -> None:
    result = mapped({"email": ["a@example.com", "b@example.com"]})
    assert result.profile["email"] == "a@example.com"
    assert result.flags == ["email:several_values"]


LINES: list[tuple[str, Any, list[str], list[str]]] = [
    ("one", "training", ["training"], []),
    ("both", ["main", "Training"], ["main", "training"], []),
    ("by another word", "Courses", ["training"], []),
    ("none: the first of the form", None, ["main"], []),
    ("a word nobody knows", "hardware", ["main"], ["lines:unknown_value"]),
    ("one known and one not", ["training", "hardware"], ["training"], ["lines:unknown_value"]),
]


@pytest.mark.parametrize(
    ("value", "lines", "flags"), [case[1:] for case in LINES], ids=[case[0] for case in LINES]
)
def test_a_field_chooses_the_lines(value: Any, lines: list[str], flags: list[str]) -> None:
    result = mapped(
        {"email": "a@example.com", "about": value},
        lines=["main", "training"],
        line_field="about",
        line_values={"courses": "training"},
    )
    assert (result.lines, result.flags) == (lines, flags)


def test_without_a_choosing_field_a_form_opens_all_its_lines() -> None:
    assert mapped({"email": "a@example.com"}, lines=["main", "training"]).lines == ["main", "training"]


@pytest.mark.parametrize(
    ("value", "given_"), [("on", True), ("Sí", True), (True, True), ("no", False), (None, False)]
)
def test_consent_is_what_the_box_says_with_the_version_of_its_text(value: Any, given_: bool) -> None:
    result = mapped({"email": "a@example.com", "ok": value}, consent_field="ok", consent_version="7")
    assert result.consent == {"given": given_, "text_version": "7"}
    Consent(**result.consent)


TIMES: list[tuple[str, Any, datetime | None, list[str]]] = [
    ("ISO with Z", "2026-03-02T11:59:00Z", datetime(2026, 3, 2, 11, 59, tzinfo=UTC), []),
    ("an offset without a colon", "2026-03-02T12:59:00+0100", datetime(2026, 3, 2, 11, 59, tzinfo=UTC), []),
    ("seconds", 1772452740, datetime(2026, 3, 2, 11, 59, tzinfo=UTC), []),
    ("milliseconds as text", "1772452740000", datetime(2026, 3, 2, 11, 59, tzinfo=UTC), []),
    ("no offset", "2026-03-02T11:59:00", None, ["occurred_at:without_offset"]),
    ("after it was received", "2026-03-02T12:00:01Z", None, ["occurred_at:outside_window"]),
    ("more than a day before", "2026-03-01T11:59:59Z", None, ["occurred_at:outside_window"]),
    ("words", "yesterday", None, ["occurred_at:unreadable"]),
    ("absent", None, None, []),
]


@pytest.mark.parametrize(
    ("value", "at", "flags"), [case[1:] for case in TIMES], ids=[case[0] for case in TIMES]
)
def test_a_vendors_time_counts_within_the_day_before(
    value: Any, at: datetime | None, flags: list[str]
) -> None:
    result = mapped({"email": "a@example.com", "time": value}, vendor_time="time")
    assert (result.occurred_at, result.flags) == (at, flags)


def test_a_vendors_id_and_its_mark_of_a_test_are_read() -> None:
    result = mapped(
        {"email": "a@example.com", "id": 123, "is_test": True}, vendor_id="id", test_flag="is_test"
    )
    assert (result.vendor_id, result.is_test) == ("123", True)


def test_what_is_nested_or_large_beyond_sense_is_left_out() -> None:
    deep: Any = "ana@example.com"
    for _ in range(990):
        deep = [deep]
    result = mapped({"email": deep, "name": 10**5_000, "employees": "1" + ".000" * 40, "other": deep})
    assert result.missing == ["email|phone"]
    assert set(result.profile) == {"attributes"}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
NAMES = st.sampled_from(
    ["email", "phone", "name", "country", "employees", "time", "about", "ok", "visits"]
) | st.text(max_size=8)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_whatever_is_sent_is_mapped_and_fits_the_events(submission: dict[str, Any]) -> None:
    result = mapped(
        submission,
        vendor_time="time",
        line_field="about",
        consent_field="ok",
        vendor_id="id",
        honeypot="visits",
    )
    Profile(**result.profile).to_json()
    Attribution(**result.attribution).to_json()
    assert result.lines


def test_a_field_without_a_name_is_no_part_of_the_profile() -> None:
    form = Form.model_validate(
        {
            "name": "Joined",
            "key": "pk_joined_1",
            "source": "website",
            "fields": {"company": {"from": ["a", "b"]}},
        }
    )
    assert "company" not in map_submission(form, {"": "Nameless"}).profile
