"""What makes two submissions the same: the fields as sent, less what differs from click to click."""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson


def fingerprint(fields: dict[str, Any], volatile: Iterable[str] = ()) -> str:
    """SHA-256 in hex over `fields` without `volatile` (names, or dotted paths into nested objects).

    The order of names does not count, and neither does the case of an e-mail address: a person who types
    `ANA@example.com` the second time has sent the same form twice.
    """
    kept = _without(fields, list(volatile))
    canonical = orjson.dumps(_folded(kept), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def _without(fields: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    if not paths:
        return fields
    kept = dict(fields)
    for path in paths:
        if path in kept:
            del kept[path]
            continue
        head, dot, rest = path.partition(".")
        if dot and isinstance(kept.get(head), dict):
            kept[head] = _without(kept[head], [rest])
    return kept


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().casefold() if "@" in value and _is_address(value) else value
    if isinstance(value, dict):
        folded = dict(value)
        for key, item in value.items():
            if not isinstance(item, str) or "@" in item:
                folded[key] = _folded(item)
        return folded
    if isinstance(value, list):
        return [_folded(item) for item in value]
    return value


def _is_address(text: str) -> bool:
    words = text.split()
    if len(words) != 1:
        return False
    local, _, domain = words[0].rpartition("@")
    return bool(local and domain)
