"""Leads that are nobody's: of one's own staff, and those that vendors make up to try a connection."""

from collections.abc import Collection, Mapping
from typing import Any

_DUMMY_ADDRESSES = frozenset({"test@fb.com", "test@meta.com"})
_DUMMY_TEXT = "<test lead: dummy data for"
_TEXTS = ("name", "phone_raw", "company")


def is_test_lead(profile: Mapping[str, Any], staff_domains: Collection[str]) -> bool:
    """Whether the address is at, or below, one of `staff_domains`, or the lead is Meta's dummy.

    Source: Meta, "Testing and troubleshooting lead ads": the testing tool fills every question with
    `<test lead: dummy data for ...>` and the address with test@fb.com.
    """
    email = profile.get("email")
    if email is not None:
        if email in _DUMMY_ADDRESSES:
            return True
        if staff_domains and _is_at(email.rpartition("@")[2], staff_domains):
            return True
    for name in _TEXTS:
        text = profile.get(name)
        if text is not None and text.startswith(_DUMMY_TEXT):
            return True
    return False


def _is_at(domain: str, staff_domains: Collection[str]) -> bool:
    return any(domain == own or domain.endswith(f".{own}") for own in map(str.lower, staff_domains))
