"""What a profile says of a person's company, made comparable."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rulebook.company_names import CompanyName, company_name
from rulebook.mail_domains import company_domain

CRM_ID_ATTRIBUTES = frozenset({"account_id", "account_crm_id", "crm_account_id", "company_crm_id"})
"""Answers of a form or CRM that name an account by the CRM's id. A person's external id is none of them:
a CRM that counts persons and companies from 1 each would give customers away to strangers."""
_TAX_IDS = """
tax_id taxid tax_number vat vat_id vat_number nif cif nipc partita_iva piva p_iva codice_fiscale cui
cod_fiscal ust_id ustid numero_iva fiscal_id company_tax_id company_vat
"""
TAX_ID_ATTRIBUTES = frozenset(_TAX_IDS.split())
_PREFIXES = "AT BE BG CH CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK XI"
_COUNTRIES = frozenset(_PREFIXES.split())
"""Prefixes of tax ids in Europe."""
_TAX_ID = re.compile(r"[A-Z0-9]{5,20}")


@dataclass(frozen=True, slots=True)
class Company:
    """What a profile says of a company, made comparable."""

    crm_ids: tuple[str, ...]
    tax_ids: tuple[str, ...]
    domain: str | None
    written: str | None
    name: CompanyName | None

    def clues(self) -> frozenset[str]:
        """By which accounts are found, as `kind:value`."""
        found = {f"crm:{each}" for each in self.crm_ids} | {f"tax:{bare(each)}" for each in self.tax_ids}
        if self.domain:
            found.add(f"domain:{self.domain}")
        return frozenset(found | set(name_clues(self.name)))


def company_in(profile: Mapping[str, Any]) -> Company:
    """What a person's profile says of their company."""
    attributes = profile.get("attributes") or {}
    given = {_plain_name(name): value for name, value in attributes.items()} if attributes else {}
    domain = profile.get("company_domain") or company_domain(profile.get("email"), profile.get("website"))
    written = profile.get("company")
    return Company(
        tuple(_texts(given, CRM_ID_ATTRIBUTES)),
        tuple(each for text in _texts(given, TAX_ID_ATTRIBUTES) if (each := tax_id(text))),
        domain,
        written,
        company_name(written) if written else None,
    )


@lru_cache(maxsize=8192)
def tax_id(text: str) -> str | None:
    """A tax id in capitals without signs; None for what can be none, as the zeros that fill a field."""
    found = re.sub(r"[\s./_-]", "", text).upper()
    digits = [sign for sign in found if sign.isdigit()]
    return found if _TAX_ID.fullmatch(found) and len(digits) >= 4 and len({*digits}) > 1 else None


def bare(normalised: str) -> str:
    """A tax id without the country before it."""
    country, rest = normalised[:2], normalised[2:]
    return rest if country in _COUNTRIES and sum(sign.isdigit() for sign in rest) >= 4 else normalised


def name_clues(name: CompanyName | None) -> Iterator[str]:
    """By which accounts called so, or nearly so, are found."""
    if name is not None:
        yield f"name:{name.key}"
        if name.block is not None:
            yield f"block:{name.block}"


def _texts(given: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in sorted(given.keys() & set(names)):
        value = given[name]
        if isinstance(value, str | int) and not isinstance(value, bool) and (text := str(value).strip()):
            yield text[:200]


@lru_cache(maxsize=4096)
def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
