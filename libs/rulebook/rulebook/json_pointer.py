"""JSON pointers (RFC 6901): where a value stands in a document."""

from typing import Any


def point(document: Any, pointer: str) -> Any:
    """The value at `pointer`; None where there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list):
            document = document[int(name)] if name.isdecimal() and int(name) < len(document) else None
        else:
            return None
    return document


def is_pointer(text: str) -> bool:
    """Whether it can be read: empty or beginning with a slash, `~` only as ~0 and ~1."""
    if text and not text.startswith("/"):
        return False
    return "~" not in text.replace("~0", "").replace("~1", "")
