"""Requests that do not fit an operation, in words: what to send instead, read from its OpenAPI document."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Loc = tuple[str | int, ...]
Schema = Mapping[str, Any]

SHOWN = 5
"""So many sentences stand in one detail; all of them stand in the list of errors."""
LONGEST_SHOWN = 40
"""Characters of a value that came, to be shown beside what is to be sent."""
_WHERE = {"path": "`{}` in the address", "query": "the query parameter `{}`", "header": "the header `{}`"}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}
_KINDS = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "null": "null"}
_FORMATS = {
    "uuid": "an id, as 5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57",
    "date-time": "a moment with its offset, as 2030-01-31T09:00:00+01:00",
    "date": "a day, as 2030-01-31",
}


class Operation:
    """What one method of one path takes, as its OpenAPI document tells."""

    def __init__(self, document: Schema, path: str, method: str) -> None:
        self._document = document
        self._told: Schema = document.get("paths", {}).get(path, {}).get(method.lower(), {})

    def at(self, loc: Loc) -> Schema | None:
        """The schema of a place in the request; None where the document knows none."""
        if loc[0] == "body":
            return self._within(self._body(), loc[1:])
        for parameter in self._told.get("parameters", []):
            if parameter["in"] == loc[0] and parameter["name"].lower() == str(loc[-1]).lower():
                told = {name: parameter[name] for name in ("description",) if name in parameter}
                return {**self.plain(parameter["schema"]), **told}
        return None

    def plain(self, schema: Schema) -> Schema:
        """The schema with references followed and without the null of an optional value."""
        around = {name: schema[name] for name in ("description", "examples") if name in schema}
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return {**_shared(self.plain(self._document["components"]["schemas"][name])), **around}
        choices = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
        return {**self.plain(choices[0]), **around} if len(choices) == 1 else schema

    def _body(self) -> Schema | None:
        content = self._told.get("requestBody", {}).get("content", {})
        return next((each.get("schema") for each in content.values()), None)

    def _within(self, schema: Schema | None, parts: Loc) -> Schema | None:
        for part in parts:
            if schema is None:
                return None
            plain = self.plain(schema)
            schema = plain.get("items") if isinstance(part, int) else plain.get("properties", {}).get(part)
        return self.plain(schema) if schema is not None else None


def explain(operation: Operation, fault: Mapping[str, Any]) -> str:
    """One sentence on one fault as pydantic tells it: what to send instead."""
    kind, loc = fault["type"], fault["loc"]
    schema = operation.at(loc)
    if kind == "json_invalid":
        return f"the body is no JSON from its character {loc[-1]} on: send {_body(operation)}"
    if kind == "extra_forbidden":
        return _unknown_field(operation, loc)
    if kind in ("value_error", "assertion_error"):
        return f"{place(loc)}: {fault['msg'].partition(', ')[2]}"
    if kind == "string_unicode":
        return f"{place(loc)} holds half a character: write the text without it"
    if loc == ("body",):
        return _whole_body(operation, fault)
    if schema is None:
        return f"{place(loc)}: {fault['msg']}"
    came = "" if kind == "missing" or loc[0] == "header" else _came(fault.get("input"))
    return f"send {place(loc)}: {words(operation, schema)}{came}"


def together(sentences: Sequence[str]) -> str:
    """All of them as one, the first SHOWN spelled out."""
    more = len(sentences) - SHOWN
    return "; ".join(sentences[:SHOWN]) + (f"; and {more} more, listed in errors" if more > 0 else "")


def place(loc: Loc) -> str:
    """A place in a request as a person calls it."""
    if loc[0] in _WHERE:
        return _WHERE[str(loc[0])].format(loc[-1])
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc[1:])
    return f"`{name.lstrip('.')}`" if name else "the body"


def words(operation: Operation, schema: Schema) -> str:
    """What a value has to be."""
    schema = operation.plain(schema)
    told = f" ({schema['description']})" if "description" in schema else ""
    return _shape(operation, schema) + told


def _shape(operation: Operation, schema: Schema) -> str:
    if "enum" in schema:
        return f"{'one of ' if len(schema['enum']) > 1 else ''}{', '.join(map(str, schema['enum']))}"
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " or ".join(_shape(operation, operation.plain(each)) for each in schema["anyOf"])
    kind = schema.get("type")
    if kind == "object":
        return _object(operation, schema)
    if kind == "array":
        return "a list" + _span(schema, "minItems", "maxItems", "entries")
    if kind in ("integer", "number"):
        return _KINDS[kind] + _range(schema)
    return _text(schema) if kind == "string" else _KINDS.get(str(kind), "a value of its type")


def _text(schema: Schema) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = "a text" + _span(schema, "minLength", "maxLength", "characters")
    if "examples" in schema:
        return f"{text}, such as {_list(schema['examples'], 'or')}"
    if "pattern" in schema and "description" not in schema:
        return f"{text} that matches {schema['pattern']}"
    return text


def _object(operation: Operation, schema: Schema) -> str:
    known = schema.get("properties", {})
    needed = [f"`{name}` ({_shape(operation, operation.plain(known[name]))})" for name in _needed(schema)]
    if needed:
        return f"an object with {_list(needed)}"
    return f"an object with any of {_list(f'`{name}`' for name in known)}" if known else "an object"


def _needed(schema: Schema) -> Iterable[str]:
    return [name for name in schema.get("required", []) if name in schema.get("properties", {})]


def _range(schema: Schema) -> str:
    bounds = {name: _number(schema[name]) for name in _BOUNDS if schema.get(name) is not None}
    if {"minimum", "maximum"} <= bounds.keys():
        return f" from {bounds['minimum']} to {bounds['maximum']}"
    return "".join(f" {_BOUNDS[name]} {bound}" for name, bound in bounds.items())


def _number(bound: float) -> str:
    """The document writes whole numbers as fractions too."""
    return str(int(bound)) if bound == int(bound) else str(bound)


def _span(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is not None and most is not None:
        return f" of {least} to {most} {unit}"
    if most is not None:
        return f" of at most {most} {unit}"
    return f" of at least {least} {unit}" if least else ""


def _shared(schema: Schema) -> Schema:
    """A list of words says more to a caller than its docstring, which is for who reads the code."""
    return {name: told for name, told in schema.items() if "enum" not in schema or name != "description"}


def _body(operation: Operation) -> str:
    schema = operation.at(("body",))
    shape = "an object" if schema is None else _shape(operation, schema)
    return f"JSON, {shape}"


def _whole_body(operation: Operation, fault: Mapping[str, Any]) -> str:
    came = fault.get("input")
    if fault["type"] == "missing" or came is None:
        return f"the body is empty: send {_body(operation)}"
    if isinstance(came, bytes):
        return f"the body is not marked as JSON: send {_body(operation)}, with Content-Type: application/json"
    return f"the body does not fit: send {_body(operation)}"


def _unknown_field(operation: Operation, loc: Loc) -> str:
    around = operation.at(loc[:-1])
    known = list(around.get("properties", {})) if around is not None else []
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    if near:
        return f"remove {place(loc)}, or write `{near[0]}` if that is meant"
    if not known:
        return f"remove {place(loc)}: nothing is sent here"
    return f"remove {place(loc)}: what can be sent here is {_list(f'`{name}`' for name in known)}"


def _came(value: Any) -> str:
    """What was sent instead, where it is short enough to help."""
    if isinstance(value, str):
        return f', not "{value}"' if len(value) <= LONGEST_SHOWN else ""
    return f", not {json.dumps(value)}" if isinstance(value, int | float | None) else ""


def _list(values: Iterable[Any], word: str = "and") -> str:
    found = [str(value) for value in values]
    return f" {word} ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)
