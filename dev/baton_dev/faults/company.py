"""The example company as a drill needs it: always open, room for every lead, and two forms of its own."""

from pathlib import Path
from typing import Any

from rulebook.loader import load_folder
from rulebook.publication import parse, to_document

RULEBOOK = Path(__file__).resolve().parents[3] / "rulebook"
WEBSITE, VENDOR, GUIDE = "demo-request", "meta-leads", "buyers-guide"
"""Forms: where most leads come by, where leads are fetched, and one that comes as regularly as a clock."""
VENDOR_TOKEN, VENDOR_APP = "meta-token", "meta-app"
"""Names of secrets: what leads are fetched with, and what notices are signed with."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CONTACT = {name: {"from": [name]} for name in ("email", "phone", "name")}


def drill_company(vendor_url: str) -> dict[str, Any]:
    """The rulebook as JSON; leads of the form VENDOR are fetched from `vendor_url`."""
    document = to_document(load_folder(RULEBOOK))
    for calendar in document["calendars"].values():
        calendar["week"] = {day: [["00:00", "24:00"]] for day in _DAYS}
        calendar |= {"holidays": [], "holidays_of": None, "date_overrides": {}, "date_breaks": {}}
    for rep in document["roster"]["reps"].values():
        rep |= {"absences": [], "capacity": 10_000}
    agreement = document["agreement"]
    agreement["marketing"] = {"period": "month", "leads": {"perfect": 1}}
    del agreement["sales"]["volume"]
    document["forms"] |= {VENDOR: _vendor(vendor_url), GUIDE: _guide()}
    document["forms"][WEBSITE]["limits"] = {"per_address_per_minute": 100_000}
    return to_document(parse(document))


def _vendor(url: str) -> dict[str, Any]:
    fields = {"email": "field_data[name=email].values", "name": "field_data[name=full_name].values"}
    return {
        "name": "Lead ads",
        "key": "aurora-lead-ads",
        "lines": ["main"],
        "source": "social",
        "region": "ES",
        "signature": {"scheme": "meta", "secret": VENDOR_APP},
        "fetch": {"api": "meta", "token": VENDOR_TOKEN, "base_url": url, "timeout": "3s"},
        "fields": {name: {"from": [path]} for name, path in fields.items()},
    }


def _guide() -> dict[str, Any]:
    return {
        "name": "Buyer's guide",
        "key": "aurora-buyers-guide",
        "lines": ["main"],
        "source": "content",
        "explicit_ask": False,
        "region": "ES",
        "fields": _CONTACT,
        "required": ["email"],
    }
