"""What only one form asks: kept under plain names, as values that conditions can compare."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from rulebook.models import FieldMapping
from rulebook.normalise import clean_text
from rulebook.scalars import as_text

MOST_ATTRIBUTES = 100
LONGEST_TEXT = 2_000
LONGEST_NAME = 60
_CEL_RESERVED = frozenset(
    ("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import")
)
_CEL_RESERVED |= {
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
}
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_YES = frozenset({"1", "true", "on", "yes", "sí", "si", "sì", "sim", "da"})
_NO = frozenset({"0", "false", "off", "no", "não", "nao", "nu"})


def attribute_name(name: str) -> str:
    """A field's name as conditions can write it: `Total Time Spent` is total_time_spent, `your-size`
    your_size."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    slug = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:LONGEST_NAME].rstrip("_")
    if not slug:
        return clean_text(name, LONGEST_NAME).value or "unnamed"
    if slug[0].isdigit():
        slug = f"f_{slug}"
    return f"{slug}_" if slug in _CEL_RESERVED else slug


def attributes_of(
    fields: Mapping[str, Any], mapped: Mapping[str, Any], unmapped: Iterable[str]
) -> tuple[dict[str, Any], list[str]]:
    """The mapped attributes, then every unmapped field that is a scalar or a list of scalars."""
    found = dict(mapped)
    flags: list[str] = []
    for name in unmapped:
        if name.startswith("_"):
            continue  # a form builder's own bookkeeping
        value, _ = attribute_value(_scalars(fields[name]), None)
        key = attribute_name(name)
        if value is None or key in found:
            continue
        if len(found) >= MOST_ATTRIBUTES:
            flags.append("attributes:too_many")
            break
        if isinstance(value, str) and len(as_text(fields[name]).strip()) > LONGEST_TEXT:
            flags.append(f"attributes.{key}:cut")
        found[key] = value
    return found, flags


def attribute_value(values: list[Any], mapping: FieldMapping | None) -> tuple[Any, list[str]]:
    """One value, or a list where there are several, read as the mapping's `as` says; flags where it cannot
    be."""
    kind = mapping.as_ if mapping is not None else None
    read = []
    flags: list[str] = []
    for value in values:
        one, problem = _read(value, kind)
        if one is not None:
            read.append(one)
        if problem:
            flags.append(problem)
    if not read:
        return None, flags
    return (read[0] if len(read) == 1 else read), flags


def _read(value: Any, kind: str | None) -> tuple[Any, str | None]:
    if kind == "number":
        return _number(value)
    if kind == "boolean":
        return _boolean(value)
    if kind is None and isinstance(value, bool):
        return value, None
    if kind is None and isinstance(value, int | float):
        return (value, None) if _fits(value) else (as_text(value)[:LONGEST_TEXT], None)
    if isinstance(value, Mapping | list | tuple):
        return None, "not_a_value"
    reading = clean_text(value, LONGEST_TEXT)
    return reading.value, reading.flags[0] if reading.flags else None


def _number(value: Any) -> tuple[float | None, str | None]:
    text = as_text(value).strip() if not isinstance(value, Mapping | list | tuple) else ""
    if not _NUMBER.match(text) or not _fits(float(text)):
        return None, "not_a_number"
    return float(text), None


def _boolean(value: Any) -> tuple[bool | None, str | None]:
    text = as_text(value).strip().casefold() if not isinstance(value, Mapping | list | tuple) else ""
    if text in _YES or text in _NO:
        return text in _YES, None
    return None, "not_yes_or_no"


def _fits(value: float) -> bool:
    """Conditions know 64-bit integers and finite doubles."""
    return math.isfinite(value) and abs(value) < 2**63


def _scalars(value: Any) -> list[Any]:
    values = value[:MOST_ATTRIBUTES] if isinstance(value, list | tuple) else [value]
    return [item for item in values if not isinstance(item, Mapping | list | tuple) and item is not None]
