"""Regular expressions of a rulebook: RE2, as CEL says, so that none takes longer than its text is long."""

from functools import lru_cache
from typing import Any

import re2


def is_match(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises ValueError for one that is not valid."""
    return _compiled(pattern).search(text) is not None


def first_group(text: str, pattern: str) -> str | None:
    """What the pattern's first group holds where the pattern is found first; None where it is not found.
    Raises ValueError for a pattern that is not valid, or has no group.
    """
    compiled = _compiled(pattern)
    if not compiled.groups:
        raise ValueError("has no group")
    found = compiled.search(text)
    return None if found is None else found[1]


def why_invalid(pattern: str) -> str | None:
    """What is wrong with a pattern; None if nothing is."""
    try:
        _compiled(pattern)
    except ValueError as error:
        return str(error)
    return None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"is no regular expression: {said}") from None
