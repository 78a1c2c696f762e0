"""A company's first rulebook: small, complete, and clean under the check, from the answers to a few
questions."""

import json
import re
import secrets
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rulebook.check import check_folder
from rulebook.findings import Finding, RulebookInvalid, errors_in
from rulebook.normalise import read_email
from rulebook.schemas import write_schemas

_HEAD = "# yaml-language-server: $schema={up}.schemas/{kind}.schema.json\n"


class FolderInUse(ValueError):
    """The folder holds files already: name an empty or a new one."""


@dataclass(frozen=True, slots=True)
class FirstRep:
    """A rep to begin with."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What `baton init` asks. `country` (ISO 3166-1 alpha-2) gives public holidays and the region of
    phones."""

    company: str
    reps: list[FirstRep] = field(default_factory=list)
    time_zone: str = "Europe/Madrid"
    country: str = "ES"
    currency: str = "EUR"
    line: str = "Our product"
    opens: str = "09:00"
    closes: str = "18:00"


def init_folder(path: Path, answers: Answers) -> list[Path]:
    """Write a first rulebook into `path`, which must be new or empty; returns the files, schemas included.

    Raises FolderInUse, and RulebookInvalid (writing nothing) for answers that make no rulebook.
    """
    if path.exists() and any(path.iterdir()):
        raise FolderInUse(f"{path} holds files already; name an empty or a new folder")
    _refuse_unusable(answers)
    files = _files(answers)
    with TemporaryDirectory() as trial:
        _write(Path(trial), files)
        findings = check_folder(Path(trial))
        if errors_in(findings):
            raise RulebookInvalid(
                replace(finding, file=finding.file.removeprefix(f"{trial}/")) for finding in findings
            )
    return _write(path, files) + write_schemas(path)


def _write(path: Path, files: dict[str, str]) -> list[Path]:
    written = []
    for name, text in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        written.append(file)
    return written


def _refuse_unusable(answers: Answers) -> None:
    findings = []
    if not answers.company.strip():
        findings.append(Finding("", 0, "company", "is empty", "write the company's name"))
    if not answers.reps:
        findings.append(
            Finding("", 0, "reps", "there is none", "name at least one rep with an e-mail address")
        )
    findings += [
        Finding("", 0, "reps", f"`{rep.email}` is no e-mail address", "write one such as ana@example.com")
        for rep in answers.reps
        if read_email(rep.email).value is None
    ]
    if findings:
        raise RulebookInvalid(findings)


def _files(answers: Answers) -> dict[str, str]:
    bodies = {
        "company.yaml": ("company", _company(answers)),
        "sources.yaml": ("sources", "website: {name: Our website}\n"),
        "calendars.yaml": ("calendars", _calendars(answers)),
        "roster.yaml": ("roster", _roster(answers)),
        "routing.yaml": ("routing", _ROUTING),
        "agreement.yaml": ("agreement", _AGREEMENT),
        "forms/contact.yaml": ("form", _contact(answers)),
        "scorecards/main.yaml": ("scorecard", _SCORECARD),
    }
    return {
        name: _HEAD.format(up="../" if "/" in name else "", kind=kind) + body
        for name, (kind, body) in bodies.items()
    }


def _quoted(text: str) -> str:
    """A text as a YAML scalar whatever it contains: JSON's strings are YAML."""
    return json.dumps(text, ensure_ascii=False)


def _company(answers: Answers) -> str:
    return (
        f"company: {_quoted(answers.company)}\n"
        f"time_zone: {_quoted(answers.time_zone)}\n"
        f"currency: {_quoted(answers.currency)}\n"
        "lines:\n"
        f"  main: {_quoted(answers.line)}\n"
    )


def _calendars(answers: Answers) -> str:
    shift = f'["{answers.opens}", "{answers.closes}"]'
    days = "".join(f"    {day}: [{shift}]\n" for day in ("mon", "tue", "wed", "thu", "fri"))
    return (
        '# Two shifts make a lunch break: mon: [["09:00", "13:00"], ["14:00", "18:00"]]\n'
        "office:\n"
        f"  tz: {_quoted(answers.time_zone)}\n"
        f"  week:\n{days}"
        f"  holidays_of: {_quoted(answers.country)}\n"
    )


def _roster(answers: Answers) -> str:
    taken: set[str] = set()
    names = [_identifier(rep.name, taken) for rep in answers.reps]
    lead = f", lead: {names[0]}}}   # hears of what nobody answers" if names else "}"
    lines = ["teams:", f"  sales: {{name: Sales{lead}", "", "reps:"]
    for name, rep in zip(names, answers.reps, strict=True):
        lines += [f"  {name}:", f"    name: {_quoted(rep.name)}", f"    email: {_quoted(rep.email)}"]
        lines += ["    team: sales", "    calendar: office"]
    return "\n".join(lines) + "\n"


def _identifier(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "rep"
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    taken.add(found)
    return found


def _contact(answers: Answers) -> str:
    return f"""name: Contact form
key: {secrets.token_urlsafe(12)}   # stands in the page's HTML; not a secret
source: website
region: {_quoted(answers.country)}   # for phone numbers without a country code
fields:
  email: {{from: [email]}}
  phone: {{from: [phone]}}
  name: {{from: [name]}}
  company: {{from: [company]}}
  job_title: {{from: [job_title]}}
  employees: {{from: [employees]}}
  country: {{from: [country]}}
  message: {{from: [message]}}
"""


_SCORECARD = """# Fit: who they are. Interest: what they did. Both from 0 to 100.
fit_base: 30
fit_threshold: 50
fit:
  - id: company
    when: has(lead.company)
    points: 20
    reason: names a company
  - id: size
    when: has(lead.employees) && lead.employees >= 50
    points: 30
    reason: 50 people or more

interest_base: 10
interest_threshold: 50
interest:
  - id: asks
    when: asks
    points: 40
    reason: asks to be contacted
  - id: phone
    when: has(lead.phone)
    points: 10
    reason: leaves a phone number
  - id: comes-back
    when: submissions >= 2
    points: 20
    reason: came back
"""

_ROUTING = """pools:
  everybody: {name: Everybody, team: sales}

plans:
  main:
    # rules:
    #   - id: spain
    #     when: has(lead.country) && lead.country == 'ES'
    #     pool: spain
    fallback: everybody
"""

_AGREEMENT = """name: Marketing and sales
# On trial: leads are routed, measured and warned of at once, and nobody is bound. To bind both sides write
# `state: active`, `first_day`, and who agreed:
# signatures:
#   marketing: {name: ..., on: 2026-01-01}
#   sales: {name: ..., on: 2026-01-01}
state: trial
marketing:
  leads: {perfect: 20, warm: 40}   # a month
sales:
  # Lengths are working time of the rep who has the lead.
  promises:
    perfect: {accept_within: 15m, first_response_within: 1h}
    warm: {accept_within: 2h, first_response_within: 8h}
  warn_at: [0.5, 0.8]
"""
