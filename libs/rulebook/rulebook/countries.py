"""Countries as people and vendors write them, to ISO 3166-1 alpha-2."""

import unicodedata
from functools import lru_cache

from holidays.registry import COUNTRIES
from phonenumbers import SUPPORTED_REGIONS

_ALSO = {
    "AT": "austria österreich autriche áustria",
    "BE": "belgium bélgica belgio belgia belgique belgië",
    "BR": "brazil brasil brasile brazilia",
    "CH": "switzerland suiza suíça svizzera elveția schweiz suisse",
    "CZ": "czechia|czech republic|república checa|repubblica ceca|cehia|chequia|cechia",
    "DE": "germany alemania alemanha germania deutschland allemagne",
    "ES": "spain españa espanha spagna spania espagne spanien",
    "FR": "france francia frança franța frankreich",
    "GB": "uk|united kingdom|great britain|england|reino unido|regno unito"
    "|marea britanie|regatul unit|inglaterra",
    "GR": "greece grecia grécia",
    "IE": "ireland irlanda",
    "IN": "india índia",
    "IT": "italy italia itália italien italie",
    "MD": "moldova|republica moldova|moldavia",
    "MX": "mexico méxico messico mexic",
    "NL": "netherlands|the netherlands|holland|países bajos|holanda|paesi bassi|olanda|țările de jos",
    "PL": "poland polonia polónia",
    "PT": "portugal portogallo portugalia",
    "RO": "romania românia rumanía rumania roménia romênia roumanie rumänien",
    "US": "usa|u.s.|u.s.a.|united states|united states of america|estados unidos|eeuu|eua"
    "|stati uniti|statele unite",
}


@lru_cache(maxsize=1024)  # few countries, many leads
def country_code(text: str) -> str | None:
    """The alpha-2 code for a code (ES, ESP) or a name in English, or for common markets in es, pt, it, ro,
    de, fr."""
    return _table().get(_key(text))


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    table = {}
    for module, (name, code, *others) in COUNTRIES.items():
        if code not in SUPPORTED_REGIONS:
            continue
        table[_key(module.replace("_", " "))] = code
        table[_key(name)] = code
        table.update({_key(other): code for other in others if len(other) <= 3})
    table.update({_key(code): code for code in SUPPORTED_REGIONS})
    for code, names in _ALSO.items():
        table.update({_key(name): code for name in names.split("|" if "|" in names else " ")})
    return table


def _key(text: str) -> str:
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.replace("-", " ").split())
