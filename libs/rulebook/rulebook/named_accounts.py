"""Tables of named accounts: which row a lead's company is, by CRM id, domain or name, in this order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rulebook.company_names import company_name
from rulebook.mail_domains import company_domain, website_domain
from rulebook.models import NamedAccount


class AccountTable:
    """The rows of one table, by what they are known by. Built once a version."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[NamedAccount]) -> None:
        self._rows: dict[tuple[str, str], NamedAccount] = {}
        for row in rows:
            for key in keys_of(row):
                self._rows.setdefault(key, row)

    def find(self, profile: Mapping[str, Any], account: Mapping[str, Any] | None) -> NamedAccount | None:
        """The row of a lead's company; `account`: its account where the CRM has one."""
        keys = _lead_keys(profile, account or {})
        return next((row for key in keys if (row := self._rows.get(key)) is not None), None)


def keys_of(row: NamedAccount) -> list[tuple[str, str]]:
    """What a row is known by; what cannot be read is left out."""
    named = company_name(row.name) if row.name else None
    found = {
        "crm_id": row.crm_id.strip().casefold() if row.crm_id else None,
        "domain": _host(row.domain) if row.domain else None,
        "name": named.key if named is not None else None,
    }
    return [(kind, key) for kind, key in found.items() if key]


def _lead_keys(profile: Mapping[str, Any], account: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if account.get("crm_id"):
        yield "crm_id", str(account["crm_id"]).strip().casefold()
    for domain in _domains(profile):
        yield "domain", domain
    for text in (account.get("name"), profile.get("company")):
        named = company_name(text) if text else None
        if named is not None:
            yield "name", named.key


def _domains(profile: Mapping[str, Any]) -> Iterator[str]:
    """A company's own domains: of the address with all above it (es.acme.com, acme.com), of the website."""
    email, website = profile.get("email"), profile.get("website")
    of_email = company_domain(email, None)
    if of_email is not None and email is not None:
        host = email.rpartition("@")[2].lower()
        while host.endswith(f".{of_email}"):
            yield host
            host = host.partition(".")[2]
        yield of_email
    of_website = company_domain(None, website)
    if of_website is not None:
        yield of_website
    if profile.get("company_domain"):
        yield str(profile["company_domain"]).lower()


def _host(domain: str) -> str | None:
    """A domain as written, perhaps as an address of the web or as `@acme.com`."""
    host = domain.strip().lower().removeprefix("@")
    registrable = website_domain(host)
    return host if registrable is not None and host.endswith(f".{registrable}") else registrable
