"""What a mapping changes, what is kept beside it, and what travels with a submission."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lead_events import Attribution, Consent, Profile
from rulebook.consent import consent_record
from rulebook.identity import identity_keys
from rulebook.languages import language_code
from rulebook.mail_domains import company_domain, is_disposable, is_free_mail, website_domain
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form, Matching
from rulebook.normalise import read_phone

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def form(fields: dict[str, Any] | None = None, **more: Any) -> Form:
    plain = {
        name: [name] for name in ("email", "phone", "name", "country", "language", "website", "employees")
    }
    return Form.model_validate(
        {"name": "Test", "key": "test-form-1", "source": "website", "fields": fields or plain} | more
    )


def mapped(submission: dict[str, Any], **more: Any) -> Mapped:
    return map_submission(form(**more), submission, NOON)


CHANGES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("first of a name", {"split": "first"}, "Ana Ruiz Gil", "Ana"),
    ("last of a name", {"split": "last"}, "Ana Ruiz Gil", "Ruiz Gil"),
    ("a name with a comma", {"split": "last"}, "Ruiz Gil, Ana", "Ruiz Gil"),
    ("a part", {"split": {"by": "/", "part": 2}}, "a / b / c", "b"),
    ("the last part", {"split": {"by": "/", "part": -1}}, "a/b/c", "c"),
    ("a part that is not there", {"split": {"by": "/", "part": 9}}, "a/b", None),
    ("all parts", {"split": {"by": ";"}}, "CRM; Support;", ["CRM", "Support"]),
    ("small letters", {"lower": True}, " CRM ", "crm"),
    ("replaced, then small letters", {"values": {"x": "YES"}, "lower": True}, "X", "yes"),
    ("nothing left: the default", {"split": {"by": "/", "part": 9}, "default": "none"}, "a", "none"),
]


@pytest.mark.parametrize(("how", "sent", "became"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_value_is_changed_by_configuration(how: dict[str, Any], sent: Any, became: Any) -> None:
    one = form({"attributes.it": {"from": "it", **how}}, required=[])
    assert map_submission(one, {"it": sent}).profile["attributes"].get("it") == became


def test_what_was_typed_is_kept_where_it_became_another() -> None:
    sent = {"email": "Ana.Ruiz@Example.com ", "phone": "600 000 001", "country": "España", "name": " Ana "}
    result = mapped({**sent, "language": "spagnolo"}, region="ES")
    assert result.typed == {
        "email": "Ana.Ruiz@Example.com",
        "phone": "600 000 001",
        "country": "España",
        "language": "spagnolo",
    }
    assert (result.profile["language"], result.profile["country"]) == ("es", "ES")


def test_a_bad_address_stays_readable_beside_a_good_phone() -> None:
    result = mapped({"email": "ana@@example", "phone": "+34600000001"})
    assert (result.missing, result.typed) == ([], {"email": "ana@@example"})


def test_an_extension_is_kept() -> None:
    result = mapped({"phone": "+34 912 000 001 ext 12"})
    assert (result.profile["phone"], result.profile["phone_extension"]) == ("+34912000001", "12")
    sentence = "please call me on +34 600 000 001 or the office, ask for Ana, ext 12"
    assert read_phone(sentence).extension == "12"
    Profile(**result.profile)


@pytest.mark.parametrize(
    ("text", "value"), [("34600000001.0", "+34600000001"), ("3.46E+10", None), ("3,46e10", None)]
)
def test_what_a_spreadsheet_did_to_a_number_is_undone_or_refused_never_guessed(
    text: str, value: str | None
) -> None:
    assert read_phone(text, ("ES",)).value == value


def test_click_ids_touches_and_the_visitor_are_read_and_no_attributes() -> None:
    result = mapped(
        {
            "email": "ana@example.com",
            "gclid": "G-1",
            "li_fat_id": "L-1",
            "utm_source": "ads",
            "baton_first_touch": '{"at": "2026-03-01T10:00:00Z", "utm_source": "news", "odd": null}',
            "baton_last_touch": {"referrer": "https://www.example.com/"},
            "baton_visitor": "v-1",
        }
    )
    assert result.attribution == {
        "utm_source": "ads",
        "click_ids": {"gclid": "G-1", "li_fat_id": "L-1"},
        "first_touch": {"at": "2026-03-01T10:00:00Z", "utm_source": "news"},
        "last_touch": {"referrer": "https://www.example.com/"},
    }
    assert (result.visitor, result.unmapped, result.profile["attributes"]) == ("v-1", [], {})
    Attribution(**result.attribution)


def test_a_touch_that_is_no_object_is_left_out() -> None:
    assert mapped({"email": "a@example.com", "baton_first_touch": "[1"}).attribution == {}


def test_the_whole_consent_says_text_version_time_form_and_source() -> None:
    one = form(consent_field="ok", consent_text="I agree.", consent_version="7", consent_required=True)
    yes = map_submission(one, {"email": "a@example.com", "ok": ["no", "on"]}, NOON)
    record = consent_record(yes.consent, one, "contact", at=NOON)
    assert record == {
        "given": True,
        "text": "I agree.",
        "text_version": "7",
        "at": NOON,
        "form_id": "contact",
        "source": "website",
    }
    Consent(**record)
    assert not yes.consent_missing
    assert map_submission(one, {"email": "a@example.com"}, NOON).consent_missing


def test_an_answer_that_nobody_was_asked_for_says_nothing_about_consent() -> None:
    assert mapped({"email": "a@example.com"}, consent_field="answers[id=ok].value").consent is None


@pytest.mark.parametrize(
    ("email", "is_test"),
    [("ana@aurora.example", True), ("ana@mail.aurora.example", True), ("ana@notaurora.example", False)],
)
def test_ones_own_staff_sends_tests(email: str, is_test: bool) -> None:
    result = map_submission(form(), {"email": email}, NOON, staff_domains=["aurora.example"])
    assert result.is_test is is_test


ROLES = [
    ("a mailbox of sales in Spanish", "Ventas@Example.com", "role"),
    ("one with a tag", "info+web@example.com", "role"),
    ("a person", "ana@example.com", "email"),
    ("a person whose name begins like a role", "info.ana@example.com", "email"),
]


@pytest.mark.parametrize(("what", "address", "kind"), ROLES, ids=[row[0] for row in ROLES])
def test_an_address_that_many_people_read_is_a_roles(what: str, address: str, kind: str) -> None:
    (key,) = identity_keys({"email": address}, Matching())
    assert key.kind == kind, what


def test_a_company_says_which_addresses_are_roles() -> None:
    own = Matching(role_addresses=[" Hola ", "taller"])
    assert [identity_keys({"email": f"{name}@example.com"}, own)[0].kind for name in ("hola", "info")] == [
        "role",
        "email",
    ]
    with pytest.raises(ValueError, match="what stands before the @"):
        Matching(role_addresses=["info@example.com"])


def test_gmails_dots_and_tags_are_one_mailbox_only_where_the_rulebook_says_so() -> None:
    on, off = Matching(gmail_dots_and_tags=True), Matching()
    one, other = {"email": "a.na+x@gmail.com"}, {"email": "ana@googlemail.com"}
    assert identity_keys(one, on) == identity_keys(other, on)
    assert identity_keys(one, off) != identity_keys(other, off)
    own, plain = {"email": "a.na@company.example"}, {"email": "ana@company.example"}
    assert identity_keys(own, on) != identity_keys(plain, on)


DOMAINS = [
    ("a work address", "ana@sales.example.co.uk", None, "example.co.uk"),
    ("a free provider, no website", "ana@gmail.com", None, None),
    ("a free provider and a website", "ana@gmail.com", "https://www.example.com/shop", "example.com"),
    ("a website without its scheme", None, "www.example.com:8080/a", "example.com"),
    ("an umlaut", "info@müller.example", None, "xn--mller-kva.example"),
    ("no website", None, "see above", None),
    ("a number", None, "http://192.0.2.1/", None),
]


@pytest.mark.parametrize(
    ("email", "website", "domain"), [c[1:] for c in DOMAINS], ids=[c[0] for c in DOMAINS]
)
def test_a_companys_domain(email: str | None, website: str | None, domain: str | None) -> None:
    assert company_domain(email, website) == domain


def test_throw_away_and_free_addresses_are_known() -> None:
    assert is_disposable("mailinator.com")
    assert is_disposable("x.mailinator.com")
    assert not is_disposable("example.com")
    assert is_free_mail("gmail.com")
    assert not is_free_mail("example.com")
    assert website_domain("") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("pt-BR", "pt"), ("es_ES", "es"), ("Español", "es"), ("Rumänisch", "ro"), ("spa", "es"), ("?", None)],
)
def test_a_language_is_known_by_tag_or_name(text: str, code: str | None) -> None:
    assert language_code(text) == code


def test_a_constant_needs_no_field_to_read() -> None:
    constant = mapped({"email": "ana@example.com"}, fields={"email": "email", "country": {"default": "ES"}})
    assert constant.profile["country"] == "ES"
