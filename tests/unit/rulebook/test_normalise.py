"""E-mail, phone, text, headcount and country as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.countries import country_code
from rulebook.normalise import clean_text, email_key, read_email, read_employees, read_phone

EMAILS = [
    ("as typed but for the domain's case", "Ana.Ruiz@Example.com ", "Ana.Ruiz@example.com", ()),
    (
        "a plus that became a space is repaired",
        "bob demo@example.com",
        "bob+demo@example.com",
        ("space_repaired",),
    ),
    ("a plus that came through stays", "bob+demo@example.com", "bob+demo@example.com", ()),
    ("an umlaut domain", "info@müller.example", "info@müller.example", ()),
    ("the same domain in ASCII", "info@xn--mller-kva.example", "info@müller.example", ()),
    ("sharp s is not ss", "max@maßwerk.example", "max@maßwerk.example", ()),
    ("a name before the address", "Ana <ana@example.com>", "ana@example.com", ("name_dropped",)),
    ("a link", "mailto:ana@example.com", "ana@example.com", ()),
    ("an invisible mark in front", "\ufeffana@example.com\u200b", "ana@example.com", ()),
    ("a test domain", "a@b.test", "a@b.test", ()),
    ("two at signs", "ana@@example", None, ("unusable",)),
    ("no domain", "ana", None, ("unusable",)),
    ("two words are no address", "call me at home", None, ("unusable",)),
    ("nothing", "  ", None, ()),
]


@pytest.mark.parametrize(
    ("text", "value", "flags"), [case[1:] for case in EMAILS], ids=[case[0] for case in EMAILS]
)
def test_an_email_is_read(text: str, value: str | None, flags: tuple[str, ...]) -> None:
    reading = read_email(text)
    assert (reading.value, reading.flags) == (value, flags)


SAME_MAILBOX = [
    ("case", "Ana.Ruiz@Example.com", "ana.ruiz@example.com"),
    ("umlaut and ASCII domain", "info@müller.example", "info@xn--mller-kva.example"),
    ("composed and decomposed", "info@mu\u0308ller.example", "info@müller.example"),
]
OTHER_MAILBOX = [
    ("dots", "a.na@company.example", "ana@company.example"),
    ("a tag", "ana+x@gmail.com", "ana@gmail.com"),
    ("sharp s", "max@maßwerk.example", "max@masswerk.example"),
]


@pytest.mark.parametrize(
    ("one", "other"), [case[1:] for case in SAME_MAILBOX], ids=[case[0] for case in SAME_MAILBOX]
)
def test_two_spellings_of_a_mailbox_have_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [case[1:] for case in OTHER_MAILBOX], ids=[case[0] for case in OTHER_MAILBOX]
)
def test_two_mailboxes_never_have_one_key(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


PHONES = [
    ("country code and national zero", "+44 0161 4960001", (), "+441614960001", ()),
    ("country code without plus, zero in brackets", "44 (0)161 4960001", ("GB",), "+441614960001", ()),
    ("a national number with its region", "(330) 458-0111", ("US",), "+13304580111", ()),
    ("a national number without a region", "(330) 458-0111", (), None, ("unusable",)),
    ("an Italian zero stays", "+39 06 0000 0001", (), "+390600000001", ()),
    ("the lead's country goes before the form's", "912 345 678", ("PT", "ES"), "+351912345678", ()),
    ("the form's region where the country does not fit", "600 000 001", ("US", "ES"), "+34600000001", ()),
    ("international prefix", "0034 600 000 001", (), "+34600000001", ()),
    ("a vendor's prefix", "p:+34600000001", (), "+34600000001", ()),
    ("a spreadsheet ate the digits", "3.46E+10", ("ES",), None, ("spreadsheet_damage",)),
    ("a spreadsheet with a comma", "3,46E+10", ("ES",), None, ("spreadsheet_damage",)),
    ("an extension", "+34 912 000 001 ext 12", (), "+34912000001", ()),
    (
        "a sentence with a number in it",
        "please call me on +34 600 000 001 or the office, ask for Ana, ext 12",
        (),
        "+34600000001",
        ("found_in_text",),
    ),
    ("a sentence without one", "please do not call", ("ES",), None, ("unusable",)),
    ("digits of another script", "٦٠٠٠٠٠٠٠١", ("ES",), "+34600000001", ()),
    ("too short", "12", ("ES",), None, ("unusable",)),
]


@pytest.mark.parametrize(
    ("text", "regions", "value", "flags"), [case[1:] for case in PHONES], ids=[case[0] for case in PHONES]
)
def test_a_phone_is_read(
    text: str, regions: tuple[str, ...], value: str | None, flags: tuple[str, ...]
) -> None:
    reading = read_phone(text, regions)
    assert (reading.value, reading.flags) == (value, flags)


HEADCOUNTS: list[tuple[str, object, str, int | None, tuple[str, ...]]] = [
    ("a number", 51, "en", 51, ()),
    ("a number as text", "51", "en", 51, ()),
    ("a range counts from its lower end", "51-200", "en", 51, ("range",)),
    ("and more", "500+", "en", 500, ("range",)),
    ("a point groups thousands in Spanish", "1.250", "es", 1250, ()),
    ("but means a fraction in English", "1.250", "en", None, ("ambiguous",)),
    ("a comma groups thousands in English", "1,250 people", "en", 1250, ()),
    ("but not in Italian", "1,250", "it", None, ("ambiguous",)),
    ("a fraction of a person", "1.5", "en", None, ("ambiguous",)),
    ("words", "many", "en", None, ("unusable",)),
    ("a negative number", -1, "en", None, ("unusable",)),
]


@pytest.mark.parametrize(
    ("value", "language", "count", "flags"),
    [case[1:] for case in HEADCOUNTS],
    ids=[case[0] for case in HEADCOUNTS],
)
def test_a_headcount_is_read(value: object, language: str, count: int | None, flags: tuple[str, ...]) -> None:
    reading = read_employees(value, language)
    assert (reading.value, reading.flags) == (count, flags)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ES", "ES"),
        ("esp", "ES"),
        ("España", "ES"),
        ("ESPANA", "ES"),
        ("Itália", "IT"),
        ("Regno Unito", "GB"),
        ("România", "RO"),
        ("United Arab Emirates", "AE"),
        ("NO", "NO"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_code_or_name(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_text_is_composed_trimmed_and_free_of_invisible_characters() -> None:
    assert clean_text("  Jose\u0301\u200b\x00 Mun\u0303oz \ufeff", 100).value == "José Muñoz"


def test_emoji_stay_whole_and_half_of_one_is_replaced() -> None:
    assert clean_text("Ana 🌸 👩\u200d💻", 100).value == "Ana 🌸 👩\u200d💻"
    half = clean_text("Ana \ud83c", 100)
    assert (half.value, half.flags) == ("Ana \ufffd", ("half_character",))


def test_a_long_text_is_cut_and_says_so() -> None:
    reading = clean_text("x" * 3_000, 2_048)
    assert reading.value == "x" * 2_048
    assert reading.flags == ("cut",)


@given(st.text())
def test_nothing_typed_into_a_field_raises(text: str) -> None:
    clean_text(text, 50)
    read_email(text)
    read_phone(text, ("ES",))
    read_employees(text, "es")
    country_code(text)
    email_key(text)


@given(st.text(max_size=60))
def test_an_email_once_read_reads_the_same_again(text: str) -> None:
    value = read_email(text).value
    if value is not None:
        assert read_email(value).value == value
        assert email_key(value) == email_key(value.upper()) or not value.isascii()
