"""Where a visitor came from, read from fields of the usual names."""

from collections.abc import Mapping
from typing import Any

import orjson

from rulebook.normalise import clean_text
from rulebook.scalars import as_text, scalar

CLICK_IDS = (
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "fbclid",
    "msclkid",
    "ttclid",
    "li_fat_id",
    "twclid",
    "igshid",
    "rdt_cid",
    "sccid",
    "epik",
    "yclid",
)
"""Parameters that Google, Meta, Microsoft, TikTok, LinkedIn, X, Reddit, Snapchat, Pinterest and Yandex put
on a link; each is named in its vendor's documentation of conversion tracking."""
FIRST_TOUCH = "baton_first_touch"
LAST_TOUCH = "baton_last_touch"
VISITOR = "baton_visitor"
OWN_PREFIX = "baton_"
"""Fields that the snippet adds to a form: for Baton itself, never part of the profile."""

_LONGEST_ID = 500
_LONGEST_TEXT = 2_048
_MOST_IN_TOUCH = 30


def click_ids(fields: Mapping[str, Any]) -> dict[str, str]:
    """The click ids among the fields."""
    found = {}
    for name in CLICK_IDS:
        if name in fields and (text := click_id(fields[name])) is not None:
            found[name] = text
    return found


def click_id(value: Any) -> str | None:
    """One click id as text."""
    return clean_text(scalar(_one(value)), _LONGEST_ID).value


def touch(value: Any) -> dict[str, str] | None:
    """A visit as the snippet sends it: a JSON object (or its text) of `at`, `referrer`, `utm_source`..."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    if not isinstance(value, Mapping):
        return None
    found = {}
    for name, inner in list(value.items())[:_MOST_IN_TOUCH]:
        text = clean_text(as_text(scalar(inner)), _LONGEST_TEXT).value
        if text is not None:
            found[str(name)[:60]] = text
    return found or None


def visitor(value: Any) -> str | None:
    """The website's id of the browser."""
    return clean_text(scalar(_one(value)), 64).value


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) and value else value
