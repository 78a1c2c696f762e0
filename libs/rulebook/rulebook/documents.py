"""YAML read as JSON-like values, with the line of every key and item.

Only JSON's kinds of scalars are recognised, so that a country code NO is no false, a time 10:00 no number
and a
postcode 08001 keeps its zero. Dates stay texts, which the types read.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rulebook.findings import Finding

Place = tuple[str, int]
Loc = tuple[str | int, ...]

_MOST_NODES = 200_000
_INT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(slots=True)
class Document:
    """A value, where each part of it stands, and what is wrong with the YAML itself."""

    value: Any = None
    places: dict[Loc, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class _Reader:
    def __init__(self, name: str, prefix: Loc) -> None:
        self.name = name
        self.document = Document()
        self.prefix = prefix
        self.nodes = 0

    def read(self, node: yaml.Node, loc: Loc) -> Any:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise yaml.YAMLError("more than 200,000 values: write out fewer aliases")
        self.document.places.setdefault(loc, self._place(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*loc, number)) for number, item in enumerate(node.value)]
        return scalar(node)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(place, loc, "a key is a list or an object", "write a plain word before the colon")
            elif key in found:
                first = self.document.places[(*loc, key)][1]
                self._add(
                    place,
                    (*loc, key),
                    f"stands here twice, first in line {first}",
                    "keep one of the two, or rename this one",
                )
            else:
                self.document.places[(*loc, key)] = place
                found[key] = self.read(value_node, (*loc, key))
        return found

    def _add(self, place: Place, loc: Loc, message: str, hint: str) -> None:
        self.document.findings.append(Finding(*place, dotted(loc), message, hint))

    def _place(self, node: yaml.Node) -> Place:
        return self.name, node.start_mark.line + 1


def read_document(path: Path, name: str, prefix: Loc) -> Document:
    """The YAML file at `path`, called `name` in findings, standing at `prefix` of the rulebook. Never
    raises."""
    reader = _Reader(name, prefix)
    try:
        text = path.read_text("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            reader._add((name, 1), prefix, "the file is empty", "write its keys, or delete it")
        else:
            reader.document.value = reader.read(node, prefix)
    except UnicodeDecodeError as error:
        line, told = not_text(error.object, error.start)
        message = f"is not UTF-8 text: `{told}`, if saved by Windows"
        reader._add((name, line), prefix, message, "save the file again as UTF-8")
    except RecursionError:
        reader._add((name, 1), prefix, "is nested too deeply", "write lists and objects a few levels deep")
    except yaml.YAMLError as error:
        reader.document.findings.append(_syntax(name, prefix, error))
    return reader.document


def not_text(content: bytes, at: int) -> tuple[int, str]:
    """The line of a byte that is no UTF-8, and what the line probably says."""
    begins, ends = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
    told = content[begins : ends if ends >= 0 else None].decode("cp1252", "replace").strip()[:60]
    return content.count(b"\n", 0, at) + 1, told


def scalar(node: yaml.Node) -> Any:
    """A plain scalar as JSON would have it; a quoted one is always text."""
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def dotted(loc: Loc) -> str:
    """`("forms", "demo", "lines", 0)` as `forms.demo.lines[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or "rulebook"


_SYNTAX_HINTS = {
    "mapping values are not allowed here": 'put a text that contains ": " in quotes; check the indentation',
    "found character '\\t'": "indent with spaces, not tabs",
    "could not find expected ':'": 'write "key: value", with a space after the colon',
    "found unexpected end of stream": "close the quote",
    "expected ',' or ']'": "close the bracket, and put commas between items",
    "expected ',' or '}'": "close the brace, and put commas between entries",
    "expected <block end>": "align this line with its siblings",
    "found undefined alias": 'put a text that begins with "*" in quotes',
}


def _syntax(name: str, prefix: Loc, error: yaml.YAMLError) -> Finding:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Finding(name, 1, dotted(prefix), f"cannot be read: {error}", "write plain YAML")
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "cannot be read"
    hint = next((hint for known, hint in _SYNTAX_HINTS.items() if known in problem), "check this line's YAML")
    return Finding(name, mark.line + 1 if mark else 1, dotted(prefix), f"YAML: {problem}", hint)
