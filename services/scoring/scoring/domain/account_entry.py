"""An account as somebody sends it: what of it can be kept, and what to write instead of the rest."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from lead_events.words import AccountStanding
from rulebook.mail_domains import is_free_mail, website_domain
from scoring.domain.accounts import Account
from scoring.domain.companies import tax_id

FIELDS = ("crm_id", "name", "domains", "tax_id", "owner", "standing", "line")
DOMAINS_AT_MOST = 100
_CRM_ID = re.compile(r"[^\s/?#%\\\x00-\x20\x7f-\x9f\ud800-\udfff]{1,200}")
_RESERVED = frozenset({"batch", "unsure", "updates"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SHARED_PAGES = """
facebook.com linkedin.com instagram.com twitter.com x.com youtube.com wordpress.com blogspot.com wixsite.com
google.com github.io linktr.ee tiktok.com
"""
_OF_MANY = frozenset(_SHARED_PAGES.split())
"""Where many companies have their page: no company is known by it."""
_NAMESPACE = uuid5(NAMESPACE_URL, "baton:accounts")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an account is refused, and what to send instead; or, as a warning, what to look at."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class InForce:
    """What of the rulebook in force an account may name. `reps`: ids by id and e-mail, in small letters."""

    lines: Collection[str]
    reps: Mapping[str, str]


@dataclass(slots=True)
class Reading:
    """An account as far as it could be read."""

    account: Account | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def account_id(crm_id: str) -> UUID:
    """The id of an account: the same for one that is deleted and comes again."""
    return uuid5(_NAMESPACE, crm_id)


def read_account(sent: Mapping[str, Any], company: InForce, before: Account | None = None) -> Reading:
    """Read an account. Fields left out stay as they are `before`; one that is sent empty is emptied."""
    reading = Reading()
    for name in sorted(sent.keys() - set(FIELDS)):
        close = get_close_matches(name, FIELDS, 1)
        hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(FIELDS)}"
        spelled = name[:60].encode("ascii", "backslashreplace").decode()
        reading.faults.append(Fault(spelled, f"an account has no such field; {hint}"))
    crm_id = read_crm_id(sent.get("crm_id"))
    if crm_id is None:
        reading.faults.append(_no_crm_id(sent.get("crm_id")))
    values = {name: getattr(before, name) for name in FIELDS[1:]} if before else dict(_EMPTY)
    for name, read in _READERS.items():
        if name in sent:
            values[name] = read(sent[name], reading, company)
    if not values["name"] and not any(fault.field == "name" for fault in reading.faults):
        reading.faults.append(Fault("name", "is missing: write the company's name"))
    if crm_id and not reading.faults:
        reading.account = Account(id=account_id(crm_id), crm_id=crm_id, **values)
    return reading


def read_crm_id(value: object) -> str | None:
    """A CRM id as it may stand in an address, None for what is none."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _CRM_ID.fullmatch(text) and text not in _RESERVED else None


def _no_crm_id(value: object) -> Fault:
    if value is None or (isinstance(value, str) and not value.strip()):
        return Fault("crm_id", "is missing: write the id that the CRM has for the company")
    told = "write 1 to 200 characters without spaces, slashes, ?, #, % and backslashes"
    return Fault("crm_id", f"{str(value)[:60]!r} cannot stand in an address: {told}")


def _text(name: str, longest: int, value: object, reading: Reading) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        reading.faults.append(Fault(name, "is no text: write it in quotes"))
        return None
    text = str(value).strip()
    if len(text) > longest or _UNSTORABLE.search(text):
        told = f"write at most {longest} characters, none of them the character NUL or half a character"
        reading.faults.append(Fault(name, f"cannot be kept: {told}"))
        return None
    return text or None


def _name(value: object, reading: Reading, _: InForce) -> str:
    return _text("name", 300, value, reading) or ""


def _domains(value: object, reading: Reading, _: InForce) -> tuple[str, ...]:
    """A list, or a text with blanks, commas or semicolons between the domains."""
    if isinstance(value, list | tuple):
        texts = [text for each in value if (text := _text("domains", 500, each, reading))]
    else:
        texts = re.split(r"[\s,;|]+", _text("domains", 5000, value, reading) or "")
    found = dict.fromkeys(domain for text in texts if text if (domain := _domain(text, reading)))
    if len(found) > DOMAINS_AT_MOST:
        reading.faults.append(Fault("domains", f"are {len(found)}: send at most {DOMAINS_AT_MOST}"))
    return tuple(sorted(found))


def _domain(text: str, reading: Reading) -> str | None:
    domain = website_domain(text.rpartition("@")[2] if "://" not in text else text)
    shown = repr(text[:60])
    if domain is None:
        told = f"{shown} is no domain: write it as example.com, without a path, or leave it out"
    elif is_free_mail(domain):
        told = f"anybody gets an address at {domain}, so it names no company: leave it out"
    elif domain in _OF_MANY:
        told = f"many companies have a page at {domain}: write the company's own domain, or leave it out"
    else:
        return domain
    reading.faults.append(Fault("domains", told))
    return None


def _tax_id(value: object, reading: Reading, _: InForce) -> str | None:
    text = _text("tax_id", 60, value, reading)
    if text is None:
        return None
    found = tax_id(text)
    if found is None:
        told = "write 5 to 20 letters and digits, at least four of them digits, as ESB12345678"
        reading.faults.append(Fault("tax_id", f"{text[:60]!r} is no tax id: {told}, or leave it out"))
    return found


def _owner(value: object, reading: Reading, company: InForce) -> str | None:
    text = _text("owner", 320, value, reading)
    if text is None:
        return None
    known = company.reps.get(text.casefold())
    if known is None:
        close = get_close_matches(text.casefold(), company.reps, 1)
        hint = f"did you mean {company.reps[close[0]]}?" if close else "write a rep's id or e-mail"
        told = f"the rulebook's roster has no rep {text[:60]!r} ({hint}); it is kept all the same"
        reading.warnings.append(Fault("owner", told))
    return known or text


def _standing(value: object, reading: Reading, _: InForce) -> AccountStanding:
    text = _text("standing", 60, value, reading)
    if text is None:
        return AccountStanding.NONE
    plain = re.sub(r"[\s_-]+", "_", text.casefold())
    word = _STANDINGS.get(plain, plain)
    if word in set(AccountStanding):
        return AccountStanding(word)
    words = ", ".join(AccountStanding)
    reading.faults.append(Fault("standing", f"{text!r} is no standing: write one of {words}"))
    return AccountStanding.NONE


def _line(value: object, reading: Reading, company: InForce) -> str | None:
    text = _text("line", 63, value, reading)
    if text is not None and text not in company.lines:
        close = get_close_matches(text, company.lines, 1)
        hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(sorted(company.lines))}"
        reading.faults.append(Fault("line", f"the rulebook has no line {text!r}; {hint}"))
    return text


_EMPTY: Mapping[str, Any] = {
    "name": "",
    "domains": (),
    "tax_id": None,
    "owner": None,
    "standing": AccountStanding.NONE,
    "line": None,
}
_READERS: Mapping[str, Callable[[object, Reading, InForce], Any]] = {
    "name": _name,
    "domains": _domains,
    "tax_id": _tax_id,
    "owner": _owner,
    "standing": _standing,
    "line": _line,
}
_STANDINGS: Mapping[str, AccountStanding] = {
    **dict.fromkeys(("client", "cliente", "existing_customer", "won"), AccountStanding.CUSTOMER),
    **dict.fromkeys(("opportunity", "open_opportunity", "deal", "open"), AccountStanding.OPEN_DEAL),
    **dict.fromkeys(("prospect", "lead", "target", "-", "no"), AccountStanding.NONE),
    **dict.fromkeys(("reseller", "parceiro", "socio"), AccountStanding.PARTNER),
    **dict.fromkeys(("competidor", "competencia", "concorrente", "concorrenza"), AccountStanding.COMPETITOR),
}
"""Words of CRMs that mean one of ours."""
