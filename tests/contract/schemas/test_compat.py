"""What counts as a break between two schemas, and that nothing since the last release is one."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lead_events.compat import BreakKind, breaks, breaks_of_release
from lead_events.generate import releases

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"

Schema = dict[str, Any]


def _object(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, **more}


def _field(schema: Schema) -> Schema:
    return _object({"f": schema})


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
MAYBE: Schema = {"anyOf": [TEXT, {"type": "null"}]}
INNER = _object({"a": TEXT, "b": WHOLE}, required=["a"])


def _referring(inner: Schema) -> Schema:
    return {**_field({"$ref": "#/$defs/Inner"}), "$defs": {"Inner": inner}}


BREAKS: list[tuple[str, Schema, Schema, str, BreakKind]] = [
    ("a field goes", _field(TEXT), _object({}), "$.f", BreakKind.PROPERTY_REMOVED),
    ("a field is renamed", _field(TEXT), _object({"g": TEXT}), "$.f", BreakKind.PROPERTY_REMOVED),
    (
        "a field of a definition goes",
        _referring(INNER),
        _referring(_object({"a": TEXT}, required=["a"])),
        "$.f.b",
        BreakKind.PROPERTY_REMOVED,
    ),
    (
        "a field of a list's items goes",
        _field({"type": "array", "items": INNER}),
        _field({"type": "array", "items": _object({"a": TEXT}, required=["a"])}),
        "$.f[].b",
        BreakKind.PROPERTY_REMOVED,
    ),
    (
        "an optional field becomes required",
        _field(TEXT),
        {**_field(TEXT), "required": ["f"]},
        "$.f",
        BreakKind.NEWLY_REQUIRED,
    ),
    (
        "a new field is required",
        _object({}),
        _object({"f": TEXT}, required=["f"]),
        "$.f",
        BreakKind.NEWLY_REQUIRED,
    ),
    (
        "a required field may be left out",
        {**_field(TEXT), "required": ["f"]},
        _field(TEXT),
        "$.f",
        BreakKind.NO_LONGER_REQUIRED,
    ),
    ("a type changes", _field(TEXT), _field(WHOLE), "$.f", BreakKind.TYPE_NARROWED),
    ("a number must be whole", _field({"type": "number"}), _field(WHOLE), "$.f", BreakKind.TYPE_NARROWED),
    ("null is no longer allowed", _field(MAYBE), _field(TEXT), "$.f", BreakKind.TYPE_NARROWED),
    ("any value becomes text", _field({}), _field(TEXT), "$.f", BreakKind.TYPE_NARROWED),
    (
        "one of a list of types goes",
        _field({"type": ["string", "integer"]}),
        _field(WHOLE),
        "$.f",
        BreakKind.TYPE_NARROWED,
    ),
    (
        "a word leaves the vocabulary",
        _field({"type": "string", "enum": ["a", "b"]}),
        _field({"type": "string", "enum": ["a"]}),
        "$.f",
        BreakKind.ENUM_NARROWED,
    ),
    (
        "a word leaves a vocabulary that may be null",
        _field({"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "null"}]}),
        _field({"anyOf": [{"enum": ["a", "c"], "type": "string"}, {"type": "null"}]}),
        "$.f",
        BreakKind.ENUM_NARROWED,
    ),
    (
        "free text gets a vocabulary",
        _field(TEXT),
        _field({"type": "string", "enum": ["a"]}),
        "$.f",
        BreakKind.ENUM_NARROWED,
    ),
    (
        "a vocabulary becomes one word",
        _field({"type": "string", "enum": ["a", "b"]}),
        _field({"type": "string", "const": "a"}),
        "$.f",
        BreakKind.ENUM_NARROWED,
    ),
    (
        "a minimum rises",
        _field({**WHOLE, "minimum": 0}),
        _field({**WHOLE, "minimum": 1}),
        "$.f",
        BreakKind.LIMIT_TIGHTENED,
    ),
    ("a maximum appears", _field(WHOLE), _field({**WHOLE, "maximum": 9}), "$.f", BreakKind.LIMIT_TIGHTENED),
    (
        "a maximum falls",
        _field({**WHOLE, "maximum": 9}),
        _field({**WHOLE, "maximum": 8}),
        "$.f",
        BreakKind.LIMIT_TIGHTENED,
    ),
    (
        "a list may no longer be empty",
        _field({"type": "array"}),
        _field({"type": "array", "minItems": 1}),
        "$.f",
        BreakKind.LIMIT_TIGHTENED,
    ),
    (
        "a pattern changes",
        _field({**TEXT, "pattern": "a"}),
        _field({**TEXT, "pattern": "b"}),
        "$.f",
        BreakKind.LIMIT_TIGHTENED,
    ),
    ("a format appears", _field(TEXT), _field({**TEXT, "format": "uuid"}), "$.f", BreakKind.LIMIT_TIGHTENED),
    (
        "absence comes to mean something else",
        _field({"type": "boolean", "default": True}),
        _field({"type": "boolean", "default": False}),
        "$.f",
        BreakKind.DEFAULT_CHANGED,
    ),
    (
        "unknown fields are refused",
        _field(TEXT),
        {**_field(TEXT), "additionalProperties": False},
        "$",
        BreakKind.UNKNOWN_REFUSED,
    ),
    (
        "the values of a map narrow",
        _object({}, additionalProperties=True),
        _object({}, additionalProperties=TEXT),
        "$.*",
        BreakKind.TYPE_NARROWED,
    ),
    (
        "a condition appears that cannot be judged",
        _field(TEXT),
        {**_field(TEXT), "if": {"required": ["f"]}},
        "$",
        BreakKind.NOT_COMPARABLE,
    ),
]

ADDITIONS: list[tuple[str, Schema, Schema]] = [
    ("nothing changes", _referring(INNER), _referring(INNER)),
    ("a new optional field", _field(TEXT), _object({"f": TEXT, "g": WHOLE})),
    ("a new word", _field({"enum": ["a"]}), _field({"enum": ["a", "b"]})),
    ("a vocabulary becomes free text", _field({"type": "string", "enum": ["a"]}), _field(TEXT)),
    ("null becomes allowed", _field(TEXT), _field(MAYBE)),
    ("a whole number may have a fraction", _field(WHOLE), _field({"type": "number"})),
    ("a minimum falls", _field({**WHOLE, "minimum": 1}), _field({**WHOLE, "minimum": 0})),
    ("a limit goes", _field({**TEXT, "maxLength": 5}), _field(TEXT)),
    ("a definition is renamed", _referring(INNER), {**_field(INNER)}),
    ("a description is better", _field(TEXT), _field({**TEXT, "description": "what it is"})),
    (
        "unknown fields become allowed",
        {**_field(TEXT), "additionalProperties": False},
        {**_field(TEXT), "additionalProperties": True},
    ),
]


@pytest.mark.parametrize(("row", "old", "new", "path", "kind"), BREAKS, ids=[row[0] for row in BREAKS])
def test_a_break_is_found(row: str, old: Schema, new: Schema, path: str, kind: BreakKind) -> None:
    assert (path, kind) in {(found.path, found.kind) for found in breaks(old, new)}, row


@pytest.mark.parametrize(("row", "old", "new"), ADDITIONS, ids=[row[0] for row in ADDITIONS])
def test_an_addition_is_no_break(row: str, old: Schema, new: Schema) -> None:
    assert breaks(old, new) == [], row


def test_every_kind_of_break_has_a_row() -> None:
    assert {row[4] for row in BREAKS} | {BreakKind.SCHEMA_REMOVED} == set(BreakKind)


def test_a_version_that_is_gone_is_a_break() -> None:
    found = breaks_of_release({"lead-called.v1.schema.json": _field(TEXT)}, {})
    assert [each.kind for each in found] == [BreakKind.SCHEMA_REMOVED]


def test_a_schema_that_refers_to_itself_is_compared_once() -> None:
    tree = _object({"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}})
    schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}}
    assert breaks(schema, schema) == []


def test_the_schemas_only_add_to_the_last_release() -> None:
    last = releases(SCHEMAS / "releases")[-1]
    assert breaks_of_release(_schemas(SCHEMAS / "releases" / last), _schemas(SCHEMAS / "events")) == []


def test_each_release_only_adds_to_the_one_before() -> None:
    kept = [_schemas(SCHEMAS / "releases" / name) for name in releases(SCHEMAS / "releases")]
    for older, newer in pairwise(kept):
        assert breaks_of_release(older, newer) == []


def _schemas(folder: Path) -> dict[str, Schema]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.schema.json")}
