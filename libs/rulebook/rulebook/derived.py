"""What a profile says once it is read with a little knowledge: seniority, company size, free mail.

Conditions read these beside the fields as sent, so that a scorecard need not repeat the same patterns.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from rulebook.mail_domains import is_free_mail

SENIORITIES = ("owner", "c_level", "director", "manager", "staff", "student")
"""From who decides to who does not. A title that says nothing of rank is `staff`."""

LONGEST_TITLE = 300

COMPANY_SIZES = MappingProxyType(
    {
        1: "1",
        10: "2-10",
        50: "11-50",
        200: "51-200",
        500: "201-500",
        1000: "501-1000",
        5000: "1001-5000",
        10_000: "5001-10000",
    }
)
"""Upper end, employees, to band: the bands that LinkedIn shows of a company."""
LARGEST = "10001+"

DERIVED_FIELDS: Mapping[str, type] = MappingProxyType(
    {"seniority": str, "company_size": str, "free_mail": bool}
)
"""Fields of `lead` that are computed; absent where what they are computed from is."""

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "student",
        r"student\w*|estudiant\w*|estudante\w*|studente\w*|studentessa|intern|trainee|becari[oa]|stagista"
        r"|tirocinante|estagi[aá]ri[oa]|stagiar[aă]?|praktikant\w*|werkstudent\w*|alumn[oa]",
    ),
    (
        "owner",
        r"owner|founder|co-?founder|proprietor|due[nñ][oa]|propietari[oa]|fundador\w*|propriet[aá]ri[oa]"
        r"|titolare|fondator\w*|proprietar\w*|inhaber\w*|gr[uü]nder\w*|autonom[oa]|aut[oó]nom[oa]",
    ),
    (
        "c_level",
        r"c[etofimpsd]o|ciso|chief|(?<!vice[ -])president\w*|geschäftsführer\w*|vorstand"
        r"|managing director|director general|directora general|diretor[a]?[ -]geral|direttore generale"
        r"|amministratore delegato|amministratrice delegata|consejer[oa] delegad[oa]|administrator",
    ),
    (
        "director",
        r"director\w*|diretor\w*|direttor\w*|direttrice|vp|svp|evp|vice[ -]president\w*|head|leiter\w*"
        r"|jef[ea]|responsabil\w*|responsable|respons[aá]vel|capo|[sș]ef[aă]?",
    ),
    (
        "manager",
        r"manager\w*|gerente\w*|gestor\w*|team ?lead\w*|lead|supervisor\w*|coordinator\w*|coordinador\w*"
        r"|coordenador\w*|coordinator[e]?|encargad[oa]|teamleiter\w*|capoarea",
    ),
)
_PATTERNS = tuple((rank, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)) for rank, words in _WORDS)
_HELPS = re.compile(r"(?<!\w)(?:assistant|asistente|assistente|secret\w+|asistent\w*) ", re.IGNORECASE)


@lru_cache(maxsize=8192)
def seniority(title: str) -> str:
    """How high a job title stands, one of SENIORITIES, in en, es, pt, it, ro and de; a very long one is read
    by its beginning.

    The assistant of a director is staff. `student` goes before all others: a student may be president of a
    club.
    """
    title = title[:LONGEST_TITLE]
    if _HELPS.search(title):
        return "staff"
    return next((rank for rank, pattern in _PATTERNS if pattern.search(title)), "staff")


def company_size(employees: int) -> str:
    """The band that a number of employees lies in. Below one is taken for one."""
    return next((band for most, band in COMPANY_SIZES.items() if employees <= most), LARGEST)


def derived(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The computed fields of a profile, those that can be said."""
    found: dict[str, Any] = {}
    title, employees, email = (profile.get(name) for name in ("job_title", "employees", "email"))
    if isinstance(title, str) and title:
        found["seniority"] = seniority(title)
    if isinstance(employees, int):
        found["company_size"] = company_size(employees)
    if isinstance(email, str) and "@" in email:
        found["free_mail"] = _is_free(email.rpartition("@")[2])
    return found


@lru_cache(maxsize=8192)
def _is_free(domain: str) -> bool:
    return is_free_mail(domain)
