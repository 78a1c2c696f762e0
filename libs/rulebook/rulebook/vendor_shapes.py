"""Which vendor a payload comes from, by its shape."""

from collections.abc import Callable, Mapping
from typing import Any

_SHAPES: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("typeform", lambda it: isinstance(it.get("form_response"), Mapping)),
    ("jotform", lambda it: "rawRequest" in it and "submissionID" in it),
    ("contact_form_7", lambda it: any(name.startswith("_wpcf7") for name in it)),
    ("google_ads", lambda it: isinstance(it.get("user_column_data"), list)),
    ("meta", lambda it: isinstance(it.get("field_data"), list) or _is_meta_notice(it)),
    ("linkedin", lambda it: _is_linkedin(it)),
    ("hubspot", lambda it: _is_hubspot(it)),
    ("gravity_forms", lambda it: {"form_id", "source_url"} <= it.keys() and "is_starred" in it),
    ("salesforce", lambda it: ("oid" in it or "orgid" in it) and "retURL" in it),
)


def vendor_of(fields: Mapping[str, Any]) -> str | None:
    """The vendor with a ready mapping whose shape this is; None where none is certain."""
    return next((vendor for vendor, is_shaped in _SHAPES if is_shaped(fields)), None)


def is_notice(fields: Mapping[str, Any]) -> bool:
    """Whether this is a notice that carries ids only, and the lead is fetched."""
    return _is_meta_notice(fields) or "leadGenFormResponse" in fields


def _is_meta_notice(fields: Mapping[str, Any]) -> bool:
    return fields.get("object") == "page" and isinstance(fields.get("entry"), list)


def _is_linkedin(fields: Mapping[str, Any]) -> bool:
    elements = fields.get("elements")
    first = elements[0] if isinstance(elements, list) and elements else fields
    return isinstance(first, Mapping) and ("leadGenFormResponse" in first or "formResponse" in first)


def _is_hubspot(fields: Mapping[str, Any]) -> bool:
    properties = fields.get("properties")
    if isinstance(properties, Mapping) and ("vid" in fields or "portal-id" in fields or "objectId" in fields):
        return True
    if isinstance(properties, Mapping):
        return any(isinstance(each, Mapping) and "value" in each for each in properties.values())
    pairs = fields.get("fields", fields.get("values"))
    first = pairs[0] if isinstance(pairs, list) and pairs else None
    return isinstance(first, Mapping) and {"name", "value"} <= first.keys() and "submittedAt" in fields
