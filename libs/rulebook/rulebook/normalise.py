"""Single values as people type them, made comparable. Nothing here raises: what cannot be used is flagged."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber, PhoneNumberFormat

from rulebook.numbering import dials_abroad, is_valid, plain_code
from rulebook.scalars import as_text

_DROPPED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u3164\ufeff\uffa0]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS_IN_BRACKETS = re.compile(r"^[^<>]*<([^<>]+)>$")
_PLAIN_ADDRESS = re.compile(
    r"([a-zA-Z0-9_][a-zA-Z0-9_+-]{0,31}(?:\.[a-zA-Z0-9_+-]{1,31})?)"
    r"@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]?[a-zA-Z0-9]){0,20}\.){1,3})([a-zA-Z]{2,20})"
)
"""Addresses of which nothing is in doubt: most of them, and thirty times cheaper than the whole check."""
_SPECIAL_ENDINGS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
_SPREADSHEET_DAMAGE = re.compile(r"^[+-]?\d+(?:[.,]\d+)?E[+-]?\d+$", re.IGNORECASE)
_WRITTEN_AS_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_BETWEEN_DIGITS_SIGNS = " .-()"
_BETWEEN_DIGITS = str.maketrans("", "", _BETWEEN_DIGITS_SIGNS)
_VENDOR_PREFIX = re.compile(r"^(?:p|tel|phone)\s*:\s*", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"^(\+?\d{7,15})\.0+$")
"""A number that a spreadsheet keeps as a fraction: no digit of it is gone."""
_EXTENSION_IN_TEXT = re.compile(
    r"\b(?:ext(?:ension|ensión|\.)?|extn|anexo|interno|int\.|ramal|poste|durchwahl)\s*[:.#]?\s*(\d{1,7})\b",
    re.IGNORECASE,
)
_EMPLOYEES = re.compile(r"^[<>~+≥≤]?\s*(\d{1,9}(?:[.,\s\u00a0']\d{3})*)(.*)$", re.DOTALL)
_MOST_EMPLOYEES = 10**9
_GROUPED = re.compile(r"[.,\s\u00a0']")
_DOT_GROUPS_THOUSANDS = frozenset({"ca", "da", "de", "es", "eu", "gl", "it", "nl", "pt", "ro"})


class Reading(NamedTuple):
    """A value as read (None: not usable) and what had to be repaired or refused to get there."""

    value: str | None
    flags: tuple[str, ...] = ()


class Phone(NamedTuple):
    """A phone number as read: E.164 (None: not usable), the flags, and the extension behind it, digits
    only."""

    value: str | None
    flags: tuple[str, ...] = ()
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A number as read (None: not usable) and the flags of its reading."""

    value: int | None
    flags: tuple[str, ...] = ()


def is_clean(text: str, limit: int) -> bool:
    """Whether `clean_text` would only trim it: printable ASCII, as most of what people write is."""
    return len(text) <= limit and text.isascii() and text.isprintable()


def clean_text(value: object, limit: int) -> Reading:
    """Text in NFC, trimmed, without invisible and control characters, cut to `limit` characters.

    Line breaks inside stay; an unpaired surrogate (half an emoji) becomes U+FFFD, since no store keeps it.
    """
    text = as_text(value)
    if is_clean(text, limit):
        return Reading(text.strip() or None)
    text = unicodedata.normalize("NFC", text)
    flags = []
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
        flags.append("half_character")
    text = _DROPPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > limit:
        text = text[:limit].rstrip()
        flags.append("cut")
    return Reading(text or None, tuple(flags))


def clean_surrogates(text: str) -> str:
    """The text with U+FFFD for each half character, which no store keeps."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def read_email(value: object) -> Reading:
    """An address that can be written to, as typed but for the domain: lower case, in its Unicode form.

    Flags: `space_repaired` (a + lost its way through a form and came as a space), `name_dropped`
    ("Ana <ana@...>"), `unusable`. Whether the domain exists is not asked.
    """
    text = (
        value.strip() if isinstance(value, str) and is_clean(value, 1000) else clean_text(value, 1000).value
    )
    if not text:
        return Reading(None)
    plain = _PLAIN_ADDRESS.fullmatch(text)
    if plain is not None and "--" not in plain[2] and plain[3].lower() not in _SPECIAL_ENDINGS:
        return Reading(f"{plain[1]}@{(plain[2] + plain[3]).lower()}")
    flags: list[str] = []
    text = re.sub(r"^mailto:", "", text, flags=re.IGNORECASE)
    bracketed = _ADDRESS_IN_BRACKETS.match(text)
    if bracketed:
        text, flags = bracketed[1].strip(), ["name_dropped"]
    local, at, domain = text.rpartition("@")
    if at and re.search(r"\S \S", local) and not re.search(r"\s", domain.strip()):
        text = re.sub(r"(?<=\S) (?=\S)", "+", local) + "@" + domain.strip()
        flags.append("space_repaired")
    try:
        return Reading(
            validate_email(text, check_deliverability=False, test_environment=True).normalized, tuple(flags)
        )
    except (EmailNotValidError, UnicodeError):
        return Reading(None, (*flags, "unusable"))


def email_key(email: str) -> str:
    """What two spellings of one mailbox have in common: lower case, domain in its ASCII (IDNA) form.

    Dots and +tags are kept: at most providers they tell mailboxes apart.
    """
    if email.isascii():
        return email.strip().lower()
    try:
        checked = validate_email(email, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError):
        return email.strip().casefold()
    return f"{checked.local_part.lower()}@{checked.ascii_domain.lower()}"


def gmail_key(email: str) -> str:
    """As `email_key`, and at gmail.com without dots and +tags: there they all reach one mailbox.

    Source: Google, "Dots don't matter in Gmail addresses"; googlemail.com is the same service.
    """
    key = email_key(email)
    local, _, domain = key.rpartition("@")
    if domain not in ("gmail.com", "googlemail.com"):
        return key
    mailbox = local.partition("+")[0].replace(".", "")
    return f"{mailbox}@gmail.com" if mailbox else key


def read_phone(value: object, regions: tuple[str, ...] = ()) -> Phone:
    """A phone number in E.164. A national number needs one of `regions` (ISO 3166-1 alpha-2), tried in order.

    Flags: `spreadsheet_damage` (3.46E+10: the digits are gone), `found_in_text`, `not_in_numbering_plan`
    (kept: plans change), `unusable`. No digit is ever guessed.
    """
    text = clean_text(value, 200).value
    if text is None:
        return Phone(None)
    text = _WHOLE_NUMBER.sub(r"\1", _VENDOR_PREFIX.sub("", text))
    if _SPREADSHEET_DAMAGE.match(text):
        return Phone(None, ("spreadsheet_damage",))
    if text.startswith("00"):
        text = "+" + text[2:]
    if (short := _short_way(text, regions)) is not None:
        return Phone(short)
    number, flags = _parsed(text, regions)
    if number is not None:
        return _e164(number, flags)
    matches = phonenumbers.PhoneNumberMatcher(text, regions[0] if regions else None)
    for match in matches:
        found = _e164(match.number, ("found_in_text",))
        said = _EXTENSION_IN_TEXT.search(text, match.end)
        return found._replace(extension=found.extension or (said[1] if said else None))
    return Phone(None, ("unusable",))


def _short_way(text: str, regions: tuple[str, ...]) -> str | None:
    """E.164 of a number that is valid as it is written, a tenth of the cost of taking it apart; most are."""
    digits = text.translate(_BETWEEN_DIGITS)
    if not digits or text[-1] in _BETWEEN_DIGITS_SIGNS:
        return None
    if digits[0] == "+":
        return _as_written(digits)
    if not regions or not digits.isascii() or not digits.isdigit():
        return None
    code = plain_code(regions[0])
    if code is None or dials_abroad(regions[0], digits):
        return None
    return _as_written(f"+{code}{digits}")


def _as_written(text: str) -> str | None:
    """The text itself where it is a valid number in E.164 already.

    Left to `_parsed`: a national part that starts with a digit people dial before it in some country.
    """
    if not _WRITTEN_AS_E164.fullmatch(text):
        return None
    for length in (1, 2, 3):
        code = int(text[1 : 1 + length])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            break
    national = text[1 + length :]
    if national[0] in "0178":
        return None
    valid = is_valid(code, national)
    if valid is None:
        valid = phonenumbers.is_valid_number(PhoneNumber(country_code=code, national_number=int(national)))
    return text if valid else None


def _parsed(text: str, regions: tuple[str, ...]) -> tuple[PhoneNumber | None, tuple[str, ...]]:
    possible = []
    for region in regions or (None,):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number, ()
        if phonenumbers.is_possible_number(number):
            possible.append(number)
    return (possible[0], ("not_in_numbering_plan",)) if possible else (None, ())


def _e164(number: PhoneNumber, flags: tuple[str, ...]) -> Phone:
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Phone(written, flags, number.extension or None)


def read_employees(value: object, language: str) -> Count:
    """A headcount: of a range the lower end (`range`), `1.250` by how `language` writes thousands.

    Flags: `range`, `ambiguous` (a separator that the language does not use for thousands), `unusable`.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return Count(value) if 0 <= value < _MOST_EMPLOYEES else Count(None, ("unusable",))
    text = clean_text(value, 200).value
    if text is None:
        return Count(None)
    match = _EMPLOYEES.match(text)
    if match is None:
        return Count(None, ("unusable",))
    digits, rest = match[1], match[2].strip()
    if re.match(r"[.,]\d", rest):
        return Count(None, ("ambiguous",))
    wrong = "," if language in _DOT_GROUPS_THOUSANDS else "."
    if wrong in digits:
        return Count(None, ("ambiguous",))
    count = int(_GROUPED.sub("", digits)[:12])
    if count >= _MOST_EMPLOYEES:
        return Count(None, ("unusable",))
    return Count(count, ("range",) if re.match(r"^(?:\+|[-–—]|to\b|a\b|bis\b|or\b|o\b|ou\b)", rest) else ())
