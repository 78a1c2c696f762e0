"""JSON bodies: one object, strictly UTF-8."""

import json
import re
from typing import Any

import orjson

from intake.domain.refusals import Refusal, unacceptable, unreadable
from intake.domain.text import MAX_DEPTH, check_value, too_deep

_LONG_NUMBER = re.compile(rb"\d{19}")
_LEVELS = frozenset((dict, list))
_MAY_HIDE_A_LONG_NUMBER = _LEVELS | {float}
"""The fast parser makes a double of an integer beyond 64 bits; most bodies hold neither one nor another level
to look for it."""
_MAX_INTEGER = 2**64 - 1
_MIN_INTEGER = -(2**63)
_BOM = b"\xef\xbb\xbf"


def decode_json(body: bytes) -> dict[str, Any]:
    """The object in `body`. An integer beyond 64 bits is kept as text, for a double would change its digits.

    Raises Refusal: 400 broken JSON, 422 not an object, nested too deep, NUL or half a surrogate pair.
    """
    body = body.removeprefix(_BOM)
    if not body.strip():
        raise unreadable("the body is empty: send a JSON object with the form's fields")
    fields = _object(_fast(body))
    kinds = set(map(type, fields.values()))
    if not _MAY_HIDE_A_LONG_NUMBER.isdisjoint(kinds) and _LONG_NUMBER.search(body):
        fields = _object(_slow(body))
    if _may_hold_worse(body, is_flat=_LEVELS.isdisjoint(kinds)):
        check_value(fields, "")
    return fields


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise unacceptable('the body is JSON but not an object: send {"field": "value", ...}')
    return value


def _may_hold_worse(body: bytes, *, is_flat: bool) -> bool:
    """Whether there is anything for `check_value` to find in the object that `body` was read as.

    In strict JSON and UTF-8 only an escape brings in NUL or half a surrogate pair, and too deep a nesting
    takes as many brackets. Most bodies have neither, and the walk costs more than their parsing.
    """
    return b"\\u" in body or (not is_flat and body.count(b"{") + body.count(b"[") > MAX_DEPTH)


def _fast(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _slow(body)  # it tells apart what is broken from what is only nested too deep or half a pair


def _slow(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise unreadable(f"byte {error.start} of the body is not valid UTF-8: send JSON in UTF-8") from error
    try:
        return json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise unreadable(
            f"not valid JSON at line {error.lineno} column {error.colno}: {error.msg}. Send one JSON object"
        ) from error
    except RecursionError as error:
        raise too_deep() from error


def _integer(digits: str) -> int | str:
    if len(digits) > 20:
        return digits
    value = int(digits)
    return value if _MIN_INTEGER <= value <= _MAX_INTEGER else digits


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise unacceptable(f"the number {digits[:40]} is too large: send it as text")
    return value


def _refuse_constant(name: str) -> Refusal:
    raise unreadable(f"{name} is not JSON: send a number or null")
