"""What a country usually means for a company in it: the time zone and the currency."""

from functools import lru_cache
from importlib.resources import files

_MAINLAND = {
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
"""Of several zones the one where nearly everybody lives, or all of which show one time today. Countries that
spread over several, such as US, BR or AU, have no usual one."""

_CURRENCIES = {
    "EUR": "AD AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC ME MT NL PT SI SK SM VA XK",
    "USD": "US EC PR SV",
    "GBP": "GB GG IM JE",
    "CHF": "CH LI",
    "ALL": "AL",
    "AED": "AE",
    "ARS": "AR",
    "AUD": "AU",
    "BAM": "BA",
    "BRL": "BR",
    "CAD": "CA",
    "CLP": "CL",
    "CNY": "CN",
    "COP": "CO",
    "CZK": "CZ",
    "DKK": "DK",
    "EGP": "EG",
    "HKD": "HK",
    "HUF": "HU",
    "IDR": "ID",
    "ILS": "IL",
    "INR": "IN",
    "ISK": "IS",
    "JPY": "JP",
    "KRW": "KR",
    "MAD": "MA",
    "MDL": "MD",
    "MKD": "MK",
    "MXN": "MX",
    "MYR": "MY",
    "NGN": "NG",
    "NOK": "NO",
    "NZD": "NZ",
    "PEN": "PE",
    "PHP": "PH",
    "PLN": "PL",
    "RON": "RO",
    "RSD": "RS",
    "SAR": "SA",
    "SEK": "SE",
    "SGD": "SG",
    "THB": "TH",
    "TRY": "TR",
    "TWD": "TW",
    "UAH": "UA",
    "UYU": "UY",
    "VND": "VN",
    "ZAR": "ZA",
}
"""ISO 4217 by ISO 3166-1 alpha-2. A country that is not here is asked about."""


def zones_of(country: str) -> list[str]:
    """The IANA zones of a country (alpha-2), in the order of tzdata; none for an unknown one."""
    return _zones().get(country, [])


def usual_zone(country: str) -> str | None:
    """The zone of a country that has one, or one that nearly all of it uses; else None."""
    zones = zones_of(country)
    return zones[0] if len(zones) == 1 else _MAINLAND.get(country)


def usual_currency(country: str) -> str | None:
    """The currency (ISO 4217) of a country; None where it is not known here."""
    return next((code for code, users in _CURRENCIES.items() if country in users.split()), None)


@lru_cache(maxsize=1)
def _zones() -> dict[str, list[str]]:
    """From tzdata's zone.tab: country, coordinates, zone, remark, separated by tabs."""
    found: dict[str, list[str]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, []).append(zone)
    return found
