"""Plain values take a short way through normalisation; it must not lead elsewhere than the long one."""

import random

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from rulebook import normalise

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
