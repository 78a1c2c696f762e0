"""Values that no store can keep, found before they are accepted."""

from typing import Any

from intake.domain.refusals import Fault, Refusal, unacceptable

MAX_DEPTH = 32
"""Levels of nesting in a JSON body, the outermost object included."""


def check_text(text: str, field: str) -> None:
    """Raises Refusal (422) naming `field` for a NUL character or half of a surrogate pair."""
    if "\x00" in text:
        raise unacceptable(
            f"field {shown(field)} holds a NUL character: send the text without it",
            field=plain(field),
            fault=Fault.TEXT,
        )
    if not text.isascii() and not _is_encodable(text):
        raise unacceptable(
            f"field {shown(field)} holds half of a surrogate pair: send both halves, or the character itself",
            field=plain(field),
            fault=Fault.TEXT,
        )


def check_value(value: Any, field: str, depth: int = 1) -> None:
    """Raises Refusal (422) naming the field for bad text in keys or values, or nesting beyond MAX_DEPTH.

    `depth` is the level that `value` stands on.
    """
    if isinstance(value, str):
        check_text(value, field)
    elif isinstance(value, dict):
        _check_depth(field, depth)
        for key, item in value.items():
            path = f"{field}.{key}" if field else key
            check_text(key, path)
            check_value(item, path, depth + 1)
    elif isinstance(value, list):
        _check_depth(field, depth)
        for position, item in enumerate(value):
            check_value(item, f"{field}[{position}]", depth + 1)


def is_too_deep(value: Any, depth: int = 1) -> bool:
    """Whether it is nested beyond MAX_DEPTH; `depth` is the level that `value` stands on."""
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return depth > MAX_DEPTH or any(is_too_deep(each, depth + 1) for each in inside)


def too_deep(field: str | None = None) -> Refusal:
    """422 for nesting beyond MAX_DEPTH."""
    return unacceptable(
        f"objects and lists are nested deeper than {MAX_DEPTH} levels: send a flatter body",
        field=field,
        fault=Fault.PAGE,
    )


def plain(field: str) -> str:
    """A field's name as an answer can carry it: valid UTF-8, at most 100 characters."""
    clean = field.encode("utf-8", "replace").decode()
    return clean if len(clean) <= 100 else clean[:97] + "..."


def shown(field: str) -> str:
    """A field's name as a sentence can show it: in quotes, printable."""
    return repr(plain(field))


def _check_depth(field: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise too_deep(plain(field))


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
