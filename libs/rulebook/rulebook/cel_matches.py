"""Calls of matches() taken out of conditions, and answered before those are asked.

CEL compiles a regular expression anew each time, which is nine tenths of what such a condition costs. Nor can
a function of ours stand in its place: the pinned version of the library never lets go of what it calls one
with, so that each text asked would stay in memory for good.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any

from rulebook.patterns import is_match, why_invalid

_RAW = r"'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|\"[^\"\n]*\""
_TEXT = r"""'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_CALL = re.compile(
    rf"(?P<quoted>//[^\n]*|\b(?:[rR]|[bB][rR]|[rR][bB])(?:{_RAW})|{_TEXT})"
    r"|(?<![\w.])(?P<path>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.matches\s*\(\s*"
    rf"(?P<text>[rR](?:{_RAW})|{_TEXT})\s*\)",
    re.DOTALL,
)
"""What stands in quotes or in a comment, or a call of matches() on a field with a pattern written out."""


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a pattern is found in the text at `path`."""

    path: tuple[str, ...]
    pattern: str

    @property
    def name(self) -> str:
        """The variable that holds the answer: the same for the same question in any condition."""
        return f"matched_{blake2s(repr((self.path, self.pattern)).encode(), digest_size=12).hexdigest()}"

    def holds(self, values: Mapping[str, Any]) -> bool:
        """The answer; False where there is no text, which the condition finds out by itself."""
        found: Any = values
        for part in self.path:
            if not isinstance(found, Mapping) or part not in found:
                return False
            found = found[part]
        try:
            return isinstance(found, str) and is_match(found, self.pattern)
        except ValueError:  # half a character: CEL takes no such text either
            return False


def taken_out(
    source: str, variables: Collection[str], read: Callable[[str], str]
) -> tuple[str, dict[str, Match]]:
    """The condition with variables in place of calls of matches(), and by their names what each asks.

    `read`: a text as CEL reads it. Other calls stay as they are: on what is no field, with a pattern that is
    put together or not valid.
    """
    found: dict[str, Match] = {}

    def instead(call: re.Match[str]) -> str:
        if call["quoted"]:
            return call[0]
        path = tuple(call["path"].split("."))
        is_field = path[0] in variables and not source[: call.start()].rstrip().endswith(".")
        if not is_field or re.search(rf"\(\s*{path[0]}\s*,", source):  # a loop calls something else so
            return call[0]
        match = Match(path, read(call["text"]))
        if why_invalid(match.pattern) is not None:
            return call[0]
        found[match.name] = match
        return f"({call['path']}.startsWith('') ? {match.name} : false)"

    return _CALL.sub(instead, source), found
