"""What a country means for a company that begins."""

import pytest
from phonenumbers import SUPPORTED_REGIONS

from rulebook.places import _CURRENCIES, _MAINLAND, usual_currency, usual_zone, zones_of


@pytest.mark.parametrize(
    ("country", "zone", "currency"),
    [
        ("RO", "Europe/Bucharest", "RON"),
        ("IT", "Europe/Rome", "EUR"),
        ("ES", "Europe/Madrid", "EUR"),
        ("PT", "Europe/Lisbon", "EUR"),
        ("US", None, "USD"),
        ("BR", None, "BRL"),
        ("ZZ", None, None),
    ],
)
def test_a_country_has_a_usual_zone_and_currency_or_somebody_is_asked(
    country: str, zone: str | None, currency: str | None
) -> None:
    assert usual_zone(country) == zone
    assert usual_currency(country) == currency


def test_what_is_written_by_hand_names_real_zones_and_countries_once() -> None:
    assert all(zone in zones_of(country) for country, zone in _MAINLAND.items())
    users = [country for countries in _CURRENCIES.values() for country in countries.split()]
    assert len(users) == len(set(users))
    assert set(users) <= set(SUPPORTED_REGIONS)
