"""The example company with offices that never close and two lengths of promises.

A `perfect` lead must be accepted and answered within seconds, so that a test can let a promise run out; a
`warm` one within hours, so that nothing happens to it by itself.
"""

from pathlib import Path
from typing import Any

from rulebook.loader import load_folder
from rulebook.publication import parse, to_document

RULEBOOK = Path(__file__).resolve().parents[2] / "rulebook"
ACCEPT_SECONDS = 8
_SITE_FORM = {
    "lines": ["main"],
    "source": "website",
    "language": "es",
    "region": "ES",
    "fields": {name: {"from": [name]} for name in ("email", "phone", "message")},
    "required": ["email"],
}
_SITE_FORMS = {
    "site-es": {"name": "Contacto", "key": "site-es-form", "allowed_origins": ["*"], **_SITE_FORM},
    "site-elsewhere": {
        "name": "Contacto de otra web",
        "key": "site-elsewhere",
        "allowed_origins": ["https://www.example.com"],
        **_SITE_FORM,
    },
}
"""Forms of the pages that the browser tests open."""
_BUSY_FORM = {
    "name": "One address, many people",
    "key": "busy-form",
    "lines": ["main"],
    "source": "website",
    "region": "ES",
    "fields": {name: {"from": [name]} for name in ("email", "phone", "message")},
    "required": ["email|phone"],
    "limits": {"per_address_per_minute": 100_000},
}
"""A form that takes from one address as much as comes."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PROMISES = {
    "perfect": {"accept_within": f"{ACCEPT_SECONDS}s", "first_response_within": f"{ACCEPT_SECONDS + 1}s"},
    "warm": {"accept_within": "8h", "first_response_within": "16h"},
}


def company_round_the_clock() -> dict[str, Any]:
    """The rulebook as JSON."""
    document = to_document(load_folder(RULEBOOK))
    for calendar in document["calendars"].values():
        calendar["week"] = {day: [["00:00", "24:00"]] for day in _DAYS}
        calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for rep in document["roster"]["reps"].values():
        rep |= {"absences": [], "capacity": 1000}
    sales = document["agreement"]["sales"]
    sales["promises"] = _PROMISES
    del sales["volume"], sales["reminders"]
    document["forms"] |= _SITE_FORMS | {"busy": _BUSY_FORM}
    return to_document(parse(document))
