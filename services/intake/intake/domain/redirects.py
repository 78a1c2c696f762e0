"""Where a visitor goes after a plain HTML form was taken."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rulebook.models import Form
from rulebook.paths import values_at

_LONGEST = 2_000
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which browsers read as a slash."""


def next_page(form: Form, fields: Mapping[str, Any]) -> str | None:
    """The page's own wish where its origin is allowed, else the form's page, else None."""
    return _wish(form, fields) or form.redirect


def _wish(form: Form, fields: Mapping[str, Any]) -> str | None:
    if form.redirect_field is None or not form.allowed_redirects:
        return None
    for value in values_at(fields, form.redirect_field):
        if isinstance(value, str) and is_allowed(value.strip(), form.allowed_redirects):
            return value.strip()
    return None


def is_allowed(address: str, origins: list[str]) -> bool:
    """Whether an absolute address is of one of these origins, and no browser reads it otherwise.

    Refused: anything but http(s), a user name before the host, a backslash, a control character, an address
    without a scheme (`//elsewhere.example`).
    """
    if len(address) > _LONGEST or not _PLAIN.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return False
    if not address.lower().startswith(f"{parts.scheme}://{parts.netloc.lower()}"):
        return False
    return (parts.scheme, parts.hostname, port or _port(parts.scheme)) in {_origin(each) for each in origins}


def _origin(text: str) -> tuple[str, str | None, int]:
    parts = urlsplit(text)
    return parts.scheme, parts.hostname, parts.port or _port(parts.scheme)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
