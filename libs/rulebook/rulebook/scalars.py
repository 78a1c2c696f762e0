"""Single JSON values as text."""

from collections.abc import Mapping
from typing import Any


def as_text(value: object) -> str:
    """A scalar as a person would have typed it: no point in a whole number, true and false in small letters.

    A number of thousands of digits, which no person types, is an empty text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    try:
        return "" if value is None else str(value)
    except ValueError:
        return ""


def scalar(value: Any) -> Any:
    """An object has no text of its own: it counts as absent rather than as its Python form."""
    if isinstance(value, str):  # nearly always, and asking for Mapping takes its time
        return value
    return None if isinstance(value, Mapping | list | tuple) else value
