"""Which leads a notice names, by the vendor's shape. Pure.

Meta: `entry[].changes[].value` with `leadgen_id`, several in one delivery (Meta Graph API documentation,
"Webhooks: leadgen"). LinkedIn: `leadGenFormResponse`, a URN whose last part is the response's id (LinkedIn
Marketing documentation, "Lead Sync: lead notifications").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulebook.scalars import as_text, scalar

_LONGEST = 200
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class NamedLead:
    """One lead that a notice names. `claimed`: the vendor's time of the buyer's act, as sent."""

    vendor_lead_id: str
    claimed: Any
    notice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a delivery says. `ignored`: changes in it that name no new lead, such as a lead deleted."""

    leads: list[NamedLead] = field(default_factory=list)
    ignored: int = 0


class NoNotice(ValueError):
    """The body is no notice of this vendor; the text says what one looks like."""


def read_notice(api: str, fields: Mapping[str, Any]) -> Notice:
    """The leads in a delivery, each once. Raises NoNotice."""
    notice = _meta(fields) if api == "meta" else _linkedin(fields)
    return Notice(list({lead.vendor_lead_id: lead for lead in notice.leads}.values()), notice.ignored)


def _meta(fields: Mapping[str, Any]) -> Notice:
    changes = list(_changes(fields.get("entry")))
    if not changes:
        raise NoNotice(
            'send Meta\'s notice: {"object": "page", "entry": [{"changes": [{"field": "leadgen", ...}]}]}'
        )
    leads = [lead for lead in map(_of_change, changes) if lead is not None]
    return Notice(leads, len(changes) - len(leads))


def _changes(entries: Any) -> Iterator[Mapping[str, Any]]:
    for entry in _list(entries):
        for change in _list(entry.get("changes") if isinstance(entry, Mapping) else None):
            if isinstance(change, Mapping):
                yield change


def _of_change(change: Mapping[str, Any]) -> NamedLead | None:
    value = change.get("value")
    if change.get("field") != "leadgen" or not isinstance(value, Mapping):
        return None
    identity = _identity(value.get("leadgen_id"))
    return NamedLead(identity, value.get("created_time"), dict(value)) if identity else None


def _linkedin(fields: Mapping[str, Any]) -> Notice:
    urn = fields.get("leadGenFormResponse")
    identity = _identity(urn.rpartition(":")[2] if isinstance(urn, str) else urn)
    if not identity:
        raise NoNotice(
            'send LinkedIn\'s notice: {"leadGenFormResponse": "urn:li:leadGenFormResponse:...", ...}'
        )
    if fields.get("leadAction", "CREATED") != "CREATED":
        return Notice(ignored=1)
    return Notice([NamedLead(identity, fields.get("occurredAt"), dict(fields))])


def _identity(value: Any) -> str:
    """The id as text; empty where it is none that can stand in an address."""
    text = as_text(scalar(value)).strip()
    plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if plain and len(text) <= _LONGEST else ""


def _list(value: Any) -> list[Any]:
    return value[:_MOST] if isinstance(value, list) else []
