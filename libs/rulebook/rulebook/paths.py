"""Paths into a submission's decoded fields, as a form's mapping writes them.

company                                    a field (a field whose whole name is the path wins: `lead[email]`)
form_response.hidden.user_id               a field of a field
answers[0].text                            an item by number
answers[field.id=SMEUb7VJz92Q].email       the items whose own path has that value
products[]                                 every item
rawRequest|json.q3_name.first              JSON inside a text
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import orjson

from rulebook.scalars import as_text

_STEP = re.compile(r"(?P<name>[^.\[\]|]+)|\[(?P<item>[^\[\]]*)\]|(?P<json>\|json\b)|\.")
_MOST_VALUES = 200
_DEEPEST_LIST = 10

Step = tuple[str, str]


class PathInvalid(ValueError):
    """The path cannot be read: rewrite it as the message says."""


def values_at(fields: Mapping[str, Any], path: str) -> list[Any]:
    """All values at `path`, lists flattened, empty ones (None, "", blank text) left out; never raises for
    data."""
    if path in fields:
        value = fields[path]
        if isinstance(value, str):
            return [value] if value and not value.isspace() else []
        return _flat([value])
    if is_plain(path):
        return []
    found: list[Any] = [fields]
    for kind, word in steps(path):
        found = [inner for value in found for inner in _follow(value, kind, word)][:_MOST_VALUES]
    return _flat(found)


def places_at(fields: Mapping[str, Any], path: str) -> list[tuple[tuple[str, ...], Any]]:
    """What stands at `path`, lists and all, each with where that is; empty values too."""
    if path in fields:
        return [((path,), fields[path])]
    found: list[tuple[tuple[str, ...], Any]] = [((), fields)]
    for kind, word in steps(path):
        found = [
            ((*place, step), inner) for place, value in found for step, inner in _placed(value, kind, word)
        ][:_MOST_VALUES]
    return found


def _placed(value: Any, kind: str, word: str) -> list[tuple[str, Any]]:
    if kind == "json":
        return [("|json", inner) for inner in _json(value)]
    found = _named(value, word) if kind == "name" else _items(value, word)
    if isinstance(value, Mapping):
        return [(name, value[name]) for name in value if any(value[name] is inner for inner in found)]
    return [(str(number), item) for number, item in enumerate(value) if any(item is inner for inner in found)]


@lru_cache(maxsize=4096)
def is_plain(path: str) -> bool:
    """Whether the path is the name of one top-level field and nothing else."""
    return len(steps(path)) == 1 and "*" not in path and path == steps(path)[0][1]


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """The path taken apart. Raises PathInvalid saying what to write instead."""
    found, at = list[Step](), 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or match.end() == at:
            raise PathInvalid(f"{path!r} cannot be read from {path[at:]!r} on; write such as answers[0].text")
        if match["name"] is not None:
            found.append(("name", match["name"]))
        elif match["item"] is not None:
            found.append(("item", match["item"].strip()))
        elif match["json"] is not None:
            found.append(("json", ""))
        at = match.end()
    if not found or found[0][0] != "name":
        raise PathInvalid(f"{path!r} must start with a field's name, such as answers[0].text")
    return tuple(found)


def _follow(value: Any, kind: str, word: str) -> list[Any]:
    if kind == "json":
        return _json(value)
    if kind == "name":
        return _named(value, word)
    return _items(value, word)


def _named(value: Any, word: str) -> list[Any]:
    if not isinstance(value, Mapping):
        return []
    if word in value:
        return [value[word]]
    if "*" not in word:
        return []
    return [value[name] for name in value if isinstance(name, str) and fnmatchcase(name, word)]


def _items(value: Any, word: str) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[word]] if word in value else []
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    if word in ("", "*"):
        return list(value)
    if word.lstrip("-").isdigit():
        number = int(word[:9])
        return [value[number]] if -len(value) <= number < len(value) else []
    path, equals, wanted = word.partition("=")
    if not equals:
        return []
    items = [item for item in value if isinstance(item, Mapping)]
    return [item for item in items if wanted in map(as_text, values_at(item, path.strip()))]


def _json(value: Any) -> list[Any]:
    if not isinstance(value, str | bytes):
        return [value]
    try:
        return [orjson.loads(value)]
    except orjson.JSONDecodeError:
        return []


def _flat(values: list[Any], depth: int = 0) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple):
            if depth < _DEEPEST_LIST:
                found.extend(_flat(list(value[:_MOST_VALUES]), depth + 1))
        elif value is not None and not (isinstance(value, str) and not value.strip()):
            found.append(value)
    return found[:_MOST_VALUES]
