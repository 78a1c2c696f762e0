"""A key that travels among the fields: found there, and taken out before anything is kept. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from rulebook.models import Form
from rulebook.paths import Step, is_plain, steps, values_at
from rulebook.scalars import as_text, scalar

REMOVED = "[removed]"
_LONGEST = 4096
_IN_BODY = ("google_key", "shared_secret")


def secret_path(form: Form) -> str | None:
    """Where in the body the form's vendor puts its key; None where it signs, or uses a header."""
    signature = form.signature
    if signature is None or signature.scheme not in _IN_BODY or signature.header is not None:
        return None
    return signature.field or ("google_key" if signature.scheme == "google_key" else None)


def sent_secret(fields: Mapping[str, Any], path: str, query: bytes) -> str | None:
    """The key in `fields`, else in the address behind `?` for a plain name; None where neither holds one."""
    for value in values_at(fields, path)[:1]:
        text = as_text(scalar(value))
        return text if 0 < len(text) <= _LONGEST else None
    if not is_plain(path):
        return None
    found = parse_qs(query[:_LONGEST].decode("latin-1")).get(path)
    return found[0] if found else None


def without_secret(form: Form, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they may be kept: with REMOVED where the key stood. `fields` itself stays as it was."""
    path = secret_path(form)
    if path is None or not fields:
        return fields
    if path in fields:
        return fields | {path: REMOVED}
    if is_plain(path):
        return _without_in_addresses(fields, path)
    replaced = _replaced(fields, steps(path))
    return replaced if isinstance(replaced, dict) else fields


def without_secrets(raw: bytes, secrets: Sequence[str]) -> bytes:
    """Bytes that could not be decoded, as they may be kept."""
    for secret in secrets:
        raw = raw.replace(secret.encode(), REMOVED.encode())
    return raw


def _without_in_addresses(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """Without the key in addresses among the fields: Jotform sends the webhook's own as `webhookURL`."""
    key = re.compile(rf"([?&]{re.escape(name)}=)[^&#\s]+")
    return {
        field: key.sub(rf"\g<1>{REMOVED}", value) if isinstance(value, str) else value
        for field, value in fields.items()
    }


def _replaced(value: Any, path: Sequence[Step]) -> Any:
    if not path:
        return REMOVED
    (kind, word), rest = path[0], path[1:]
    if kind == "json":
        return _replaced_in_json(value, rest)
    if kind == "name" and isinstance(value, Mapping):
        names = [word] if word in value else [name for name in value if "*" in word]
        return {name: _replaced(each, rest) if name in names else each for name, each in value.items()}
    if kind == "item" and isinstance(value, list):
        return [
            _replaced(each, rest) if _is_meant(word, number, each, value) else each
            for number, each in enumerate(value)
        ]
    return value


def _replaced_in_json(value: Any, rest: Sequence[Step]) -> Any:
    if not isinstance(value, str):
        return _replaced(value, rest)
    try:
        inner = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    try:
        return orjson.dumps(_replaced(inner, rest)).decode()
    except TypeError:  # nested deeper than can be written: the key goes, and what is around it too
        return REMOVED


def _is_meant(word: str, number: int, item: Any, items: Sequence[Any]) -> bool:
    if word in ("", "*"):
        return True
    if word.lstrip("-").isdigit():
        return number == int(word) % len(items)
    path, equals, wanted = word.partition("=")
    if not equals or not isinstance(item, Mapping):
        return False
    return wanted in map(as_text, values_at(item, path.strip()))
