"""What pydantic finds, said in plain words with what to write instead."""

import types
import typing
from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from rulebook.documents import Loc, Place, dotted
from rulebook.findings import Finding
from rulebook.models import FieldMapping, Rulebook

_PATTERNS = {
    "^[a-z0-9][a-z0-9_-]{0,62}$": "small letters, digits, - and _, such as north-team",
    "^[A-Za-z0-9_-]{8,64}$": "8 to 64 letters, digits, - or _",
    "^[a-z]{2}$": "two small letters, such as es",
    "^[A-Z]{2}$": "two capital letters, such as ES",
    "^[A-Z]{3}$": "three capital letters, such as EUR",
    "^https?://": "a whole address, such as https://example.com/thanks",
    r"^https?://[^/\s]+[^\s]*$": "an address without spaces, such as https://api.example.com",
    r"^(/[^/]*)*$": "a JSON pointer, such as /results/0/id",
    r"^/[^\s]*$": "a path from the first slash on, without spaces, such as /v1/contacts",
    "^[A-Z]{2}(-[A-Z0-9]{1,3})?$": "a country or region, such as ES or ES-MD",
}
_FEW = 5
"""Words that are all named beside the nearest one."""
_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list, as [a, b] or one item a line after a dash",
    "tuple_type": 'a start and an end, as ["09:00", "14:00"]',
    "dict_type": "an object: one `key: value` a line",
    "model_type": "an object: one `key: value` a line",
    "model_attributes_type": "an object: one `key: value` a line",
    "time_delta_type": "a length of time such as 15m, 1h30m or 90s",
    "time_delta_parsing": "a length of time such as 15m, 1h30m or 90s",
}


def findings_of(error: ValidationError, places: Mapping[Loc, Place] | None = None) -> list[Finding]:
    """One finding for each error; `places` says where the deepest known part of its path stands."""
    findings = []
    for detail in error.errors(include_url=False):
        loc = tuple(part for part in detail["loc"] if part != "[key]")
        message, hint = _said(detail["type"], detail, loc)
        file, line = place_of(loc, places or {})
        findings.append(Finding(file, line, dotted(loc), message, hint))
    return findings


def place_of(loc: Loc, places: Mapping[Loc, Place]) -> Place:
    """Where `loc` stands, or the closest part around it that has a place."""
    for end in range(len(loc), -1, -1):
        if loc[:end] in places:
            return places[loc[:end]]
    return "", 0


def _said(kind: str, detail: Any, loc: Loc) -> tuple[str, str]:
    value, ctx = detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing", f"add `{loc[-1]}: ...`{_description(loc)}"
    if kind == "extra_forbidden":
        return f"there is no key `{loc[-1]}` here", _where_else(loc)
    if kind == "string_pattern_mismatch":
        pattern = str(ctx.get("pattern"))
        return f"{_short(value)} is not allowed", f"write {_PATTERNS.get(pattern, pattern)}"
    if kind in ("enum", "literal_error"):
        options = str(ctx.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        return f"{_short(value)} is not known here", _one_of(str(value), options)
    if type_at(Rulebook, loc) is FieldMapping and kind != "value_error":
        return (
            f"{_short(value)} is no mapping",
            f"write the path it is read from, such as `{loc[-1]}: {loc[-1]}`, or `{{default: value}}` for a "
            "constant",
        )
    if kind in _KINDS and value is None:
        return "is empty", _filled(_KINDS[kind], loc)
    if kind in _KINDS:
        return f"{_short(value)} is not {_KINDS[kind].split(',')[0].split(':')[0]}", f"write {_KINDS[kind]}"
    if kind == "value_error":
        return _split(str(ctx.get("error", detail["msg"])))
    return _value_said(kind, detail)


def _value_said(kind: str, detail: Any) -> tuple[str, str]:
    """What is wrong with a plain value."""
    value, ctx = detail["input"], detail.get("ctx", {})
    if kind.startswith("date_"):
        return f"{_short(value)} is no day", "write a day of the calendar, such as 2026-01-31"
    if kind == "string_too_short":
        return "is too short" if value else "is empty", f"write at least {ctx.get('min_length')} letters"
    if kind.startswith(("greater_than", "less_than")):
        return f"{_short(value)} is out of range", f"write a value {_range(kind, ctx)}"
    if kind in ("too_short", "too_long"):
        return "has too few entries" if kind == "too_short" else "has too many entries", _amount(kind, ctx)
    return (
        f"{_short(value)}: {detail['msg'][0].lower()}{detail['msg'][1:]}",
        "write a value of the right kind",
    )


def _split(text: str) -> tuple[str, str]:
    """Our own messages say `what is wrong; what to write`."""
    message, separator, hint = text.partition("; ")
    return (message, hint) if separator else ("cannot be read", text)


def _range(kind: str, ctx: Mapping[str, Any]) -> str:
    word = {
        "greater_than": "above",
        "greater_than_equal": "from",
        "less_than": "below",
        "less_than_equal": "up to",
    }
    limit = next(iter(ctx.values()), "")
    return f"{word[kind]} {limit}"


def _amount(kind: str, ctx: Mapping[str, Any]) -> str:
    limit = ctx.get("min_length" if kind == "too_short" else "max_length")
    return f"write {'at least' if kind == 'too_short' else 'at most'} {limit}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _filled(what: str, loc: Loc) -> str:
    """What to write where nothing stands."""
    keys = known_keys(loc)
    return f"write keys below it, such as `{keys[0]}: ...`" if keys else f"write {what}"


def _where_else(loc: Loc) -> str:
    """The key of this very name a level below, else the nearest here."""
    word = str(loc[-1])
    below = [key for key in known_keys(loc[:-1]) if word in _fields((*loc[:-1], key))]
    return f"write it under `{below[0]}`" if below else _did_you_mean(word, known_keys(loc[:-1]))


def _did_you_mean(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"write one of {', '.join(known)}"


def _one_of(word: str, options: list[str]) -> str:
    """The nearest of a few words, and all of them where they are few."""
    near = _did_you_mean(word, options)
    is_near = near.startswith("did") and len(options) <= _FEW
    return f"{near} It is one of {', '.join(options)}" if is_near else near


def _description(loc: Loc) -> str:
    model = type_at(Rulebook, loc[:-1])
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if loc[-1] in (name, field.alias) and field.description:
                return f" ({field.description})"
    return ""


def known_keys(loc: Loc) -> list[str]:
    """The keys that the object at `loc` of a rulebook may have; none where they are free."""
    kind = type_at(Rulebook, loc)
    if get_origin(kind) is not dict:
        return _fields(loc)
    key = get_args(kind)[0]
    if get_origin(key) is Literal:
        return [str(each) for each in get_args(key)]
    return [str(each.value) for each in key] if isinstance(key, type) and issubclass(key, Enum) else []


def _fields(loc: Loc) -> list[str]:
    model = type_at(Rulebook, loc)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def type_at(annotation: Any, loc: Loc) -> Any:
    """The plain type of what stands at `loc` of this type; None where nothing may stand."""
    annotation = _plain(annotation)
    if not loc:
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if loc[0] in (name, field.alias):
                return type_at(field.annotation, loc[1:])
        return None
    args = get_args(annotation)
    return type_at(args[-1], loc[1:]) if args else None


def _plain(annotation: Any) -> Any:
    """Without Annotated and Optional."""
    while True:
        origin = get_origin(annotation)
        if origin is typing.Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
        else:
            return annotation
