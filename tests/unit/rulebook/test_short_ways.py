"""Plain values take a short way through normalisation; it must not lead elsewhere than the long one."""

import random

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from rulebook import mail_domains, normalise

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def long_way(number: str) -> normalise.Phone:
    parsed, flags = normalise._parsed(number, ())
    return normalise.Phone(None) if parsed is None else normalise._e164(parsed, flags)


def neighbours(region: str) -> list[str]:
    """A valid number of the region, and numbers with digits put before it, left out and replaced."""
    example = phonenumbers.example_number(region)
    if example is None:
        return []
    national, chance = str(example.national_number), random.Random(region)
    nationals = [national, national[1:]]
    nationals += [digit + rest for digit in "0123456789" for rest in (national, national[1:])]
    for _ in range(20):
        place = chance.randrange(len(national))
        nationals.append(national[:place] + chance.choice("0123456789") + national[place + 1 :])
    return [f"+{example.country_code}{each}" for each in nationals]


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_written_as_e164_reads_the_same_both_ways(region: str) -> None:
    for number in neighbours(region):
        short = normalise._as_written(number)
        assert short is None or normalise.Phone(short) == long_way(number), number


def test_a_plain_address_reads_the_same_both_ways() -> None:
    chance = random.Random(1)
    taken = 0
    for _ in range(20_000):
        local = "".join(chance.choice("abZ09_+-.") for _ in range(chance.randint(1, 12)))
        domain = "".join(chance.choice("abZ09-.") for _ in range(chance.randint(1, 12)))
        ending = chance.choice([".com", ".test", ".example", ".LOCAL", ".x", ".arpa", ""])
        address = f"{local}@{domain}{ending}"
        if normalise._PLAIN_ADDRESS.fullmatch(address) is None:
            continue
        taken += 1
        try:
            expected = validate_email(address, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            expected = None
        assert normalise.read_email(address).value == expected
    assert taken > 1_000


def spoken(digits: str, chance: random.Random) -> str:
    """The digits in groups, as people write them."""
    signs = [chance.choice(["", "", "", " ", "-", ".", " (", ") "]) for _ in digits[1:]]
    return "".join(digit + sign for digit, sign in zip(digits, [*signs, ""], strict=True))


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_as_people_write_it_reads_the_same_both_ways(region: str) -> None:
    chance = random.Random(region)
    code = str(phonenumbers.country_code_for_region(region))
    for number in neighbours(region):
        for text in (f"+{spoken(number[1:], chance)}", spoken(number[1 + len(code) :], chance)):
            short = normalise._short_way(text, (region,))
            parsed, flags = normalise._parsed(text, (region,))
            if short is not None:
                assert parsed is not None, text
                assert normalise.Phone(short) == normalise._e164(parsed, flags), text


@pytest.mark.parametrize("text", ["p:", "-", "( )", "+", "()1"])
def test_signs_without_digits_are_no_number(text: str) -> None:
    assert normalise.read_phone(text, ("ES",)).value is None


def test_numbers_of_common_markets_take_the_short_way() -> None:
    assert normalise._short_way("600 00 00 01", ("ES",)) == "+34600000001"
    assert normalise._short_way("+34 600-000-001", ()) == "+34600000001"
    assert normalise._short_way("+39 347 123 4567", ()) == "+393471234567"


def test_a_domain_of_two_words_reads_the_same_both_ways() -> None:
    suffixes = sorted(mail_domains._suffixes())
    chance = random.Random(2)
    suffixes = [suffix for suffix in suffixes if suffix.isascii()]
    names = [f"a.{suffix.rpartition('.')[2]}" for suffix in suffixes]
    names += [suffix.removeprefix("*.").removeprefix("!") for suffix in suffixes if suffix.count(".") == 1]
    names += ["a.ck", "www.ck", "example.local", "a-b.co", "co.uk", "xn--55qx5d.cn", "x.xn--p1ai"]
    names = [name for name in names if name.count(".") == 1]
    for name in {*chance.sample(names, 3_000), *names[-7:]}:
        found = mail_domains._extract()(name)
        wanted = found.top_domain_under_public_suffix or None if found.suffix else name
        assert mail_domains.registrable_domain(name) == wanted, name
