"""Made-up people who fill in the example company's forms. E-mails are at example.com; nobody here exists.

A sample speaks of profile fields; `fields_for` writes them the way a form of the rulebook asks for them, so
an edited rulebook is met by the same people.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class RepActs(Enum):
    """What the rep who gets this lead does in the demo."""

    PROMPTLY = "accepts and calls within seconds"
    LATE = "waits for the warning, then accepts and calls"
    NEVER = "does nothing: the promise is broken and the lead goes to somebody else"


@dataclass(frozen=True)
class Sample:
    """One submission. `form` names a form of the rulebook; `lines` overrides the form's own lines."""

    who: str
    form: str
    profile: dict[str, Any]
    acts: RepActs = RepActs.PROMPTLY
    lines: tuple[str, ...] = ()
    fills_honeypot: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Country:
    code: str
    language: str
    phone: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    companies: tuple[str, ...]


_COUNTRIES = {
    country.code: country
    for country in (
        _Country(
            "ES",
            "es",
            "+34612{:06d}",
            ("Lucía", "Hugo", "Carmen", "Íñigo", "Nerea"),
            ("García Ruiz", "Muñoz", "Ibáñez", "Peña", "Echevarría"),
            ("Talleres Ebro", "Conservas Alborán", "Logística Duero"),
        ),
        _Country(
            "PT",
            "pt",
            "+351912{:06d}",
            ("Inês", "Tomás", "Beatriz", "João"),
            ("Magalhães", "Conceição", "Araújo", "Simões"),
            ("Cortiças do Sado", "Têxteis Minho", "Moldes Marinha"),
        ),
        _Country(
            "IT",
            "it",
            "+39347{:07d}",
            ("Giulia", "Niccolò", "Chiara", "Matteo"),
            ("Esposito", "D'Angelo", "Colombo", "Forlì"),
            ("Ceramiche Secchia", "Officine Adda", "Molino Trasimeno"),
        ),
        _Country(
            "RO",
            "ro",
            "+40721{:06d}",
            ("Ioana", "Ștefan", "Mădălina", "Andrei"),
            ("Popescu", "Țăranu", "Dobre", "Grădinaru"),
            ("Mobila Crișana", "Transilvania Foraj", "Agro Bărăgan"),
        ),
    )
}


def _person(code: str, run: int, number: int, **more: Any) -> dict[str, Any]:
    """Return a person that differs from run to run and within one."""
    country = _COUNTRIES[code]
    turn = run * 7 + number
    first = country.first_names[turn % len(country.first_names)]
    last = country.last_names[turn // 2 % len(country.last_names)]
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "email": f"lead-{run}-{number}@example.com",
        "phone": country.phone.format(run * 50 % 100_000 + number),
        "company": country.companies[turn % len(country.companies)],
        "country": code,
        "language": country.language,
    } | more


def _sample(form: str, person: dict[str, Any], what: str, **more: Any) -> Sample:
    return Sample(f"{person['name']} ({person['country']}), {what}", form, person, **more)


def samples(run: int, forms: dict[str, Any], lines: list[str]) -> list[Sample]:
    """Return the submissions of demo run number `run` (from 1), in the order in which they are sent."""
    form, light = _form_names(forms)
    main = (lines[0],)
    buyer = {"job_title": "Operations Director", "employees": 240, "industry": "manufacturing"}
    student = {"job_title": "Student", "employees": 1, "industry": "education"}
    lucia = _person("ES", run, 1, **buyer)
    ines = _person("PT", run, 2, job_title="Managing Director", employees=85, industry="manufacturing")
    list_ = [
        _sample(form, lucia, "asks for a quote", lines=main),
        _sample(form, ines, "asks for a quote, has a slow rep", lines=main, acts=RepActs.LATE),
        _sample(
            form,
            _person("IT", run, 3, job_title="Plant Manager", employees=410, industry="manufacturing"),
            "asks; the first rep sleeps",
            lines=main,
            acts=RepActs.NEVER,
        ),
        _sample(form, _person("RO", run, 4, **buyer), "asks where offices keep real hours", lines=main),
        _sample(
            form, _person("ES", run, 5, **buyer), "asks for every line: one lead each", lines=tuple(lines)
        ),
        _sample(light, _person("IT", run, 6, **buyer), "right company, only reads so far"),
        _sample(form, _person("PT", run, 7, **student), "eager, but a student", lines=main),
        _sample(light, _person("ES", run, 8, **student), "reads a guide, a student"),
        _sample(form, lucia, "clicked twice", lines=main),
        _sample(form, ines | {"message": "Could you call after 16:00?"}, "writes again", lines=main),
        Sample("a bot that fills every field", form, _person("RO", run, 11), lines=main, fills_honeypot=True),
        Sample("a form without e-mail and phone", form, {"first_name": "Nadie", "company": "?"}, lines=main),
    ]
    if run > 1:
        returning = _person("ES", run - 1, 1, **buyer) | {"message": "Any news about my quote?"}
        list_.append(_sample(form, returning, "came in the run before", lines=main))
    return list_


def _form_names(forms: dict[str, Any]) -> tuple[str, str]:
    """Return the form for those who ask and the one for those who only read."""
    active = [name for name, form in forms.items() if form["status"] == "active"]
    asking = [name for name in active if forms[name]["explicit_ask"]] or active
    reading = [name for name in active if not forms[name]["explicit_ask"]] or active
    with_lines = [name for name in asking if forms[name].get("line_field")]
    return (with_lines or asking)[0], reading[0]


def fields_for(sample: Sample, form: dict[str, Any]) -> dict[str, Any]:
    """Return the form's own field names and values for a sample, as a browser would post them."""
    fields = {}
    for profile_field, mapping in form["fields"].items():
        paths = mapping["from"]
        if paths and profile_field in sample.profile and not mapping.get("join"):
            fields[paths[0]] = sample.profile[profile_field]
    if form.get("line_field") and sample.lines:
        fields[form["line_field"]] = list(sample.lines)
    if form.get("consent_field"):
        fields[form["consent_field"]] = "yes"
    if form.get("honeypot") and sample.fills_honeypot:
        fields[form["honeypot"]] = "https://cheap-watches.example"
    return fields | sample.extra
