"""Whether a schema only adds to an older one. Pure: two JSON Schemas in, the breaks out.

The rule is that events of the old schema pass the new one and that what readers relied on stays: a property
goes, a field becomes required or stops being so, a type, vocabulary or limit narrows, or the meaning of an
absent field changes: each is a break. A new optional property, a new member of a vocabulary and a wider limit
are additions; their readers go live before their writers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "multipleOf", "uniqueItems")
_NOTES = ("title", "description", "examples", "default", "$schema", "$id", "$defs", "$ref", "deprecated")
_COMPARED = {"type", "enum", "const", "anyOf", "oneOf", "properties", "required", "additionalProperties"}
_KNOWN = {*_COMPARED, "items", *_LOWER_LIMITS, *_UPPER_LIMITS, *_EXACT, *_NOTES}


class BreakKind(StrEnum):
    """How a schema can break what an older one promised."""

    SCHEMA_REMOVED = "schema_removed"
    PROPERTY_REMOVED = "property_removed"
    NEWLY_REQUIRED = "newly_required"
    NO_LONGER_REQUIRED = "no_longer_required"
    TYPE_NARROWED = "type_narrowed"
    ENUM_NARROWED = "enum_narrowed"
    LIMIT_TIGHTENED = "limit_tightened"
    DEFAULT_CHANGED = "default_changed"
    UNKNOWN_REFUSED = "unknown_refused"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Break:
    """One break: at which path, of which kind, and what exactly."""

    path: str
    kind: BreakKind
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}: {self.detail}"


Schema = Mapping[str, Any]


def breaks(old: Schema, new: Schema) -> list[Break]:
    """Everything in which `new` does more than add to `old`; empty when it only adds."""
    return list(_Comparison(old, new).compare(old, new, "$", frozenset()))


def breaks_of_release(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Break]:
    """The breaks of a whole set of schemas, by file name; a file that is gone is one."""
    found: list[Break] = []
    for name, schema in sorted(old.items()):
        if name not in new:
            found.append(Break(name, BreakKind.SCHEMA_REMOVED, "versions are never taken back"))
            continue
        found += [Break(f"{name} {each.path}", each.kind, each.detail) for each in breaks(schema, new[name])]
    return found


@dataclass(frozen=True, slots=True)
class _Comparison:
    old_root: Schema
    new_root: Schema

    def compare(
        self, old: Schema, new: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        pair = (str(old.get("$ref")), str(new.get("$ref")))
        if "$ref" in old and "$ref" in new:
            if pair in seen:
                return
            seen |= {pair}
        old, new = _resolve(old, self.old_root), _resolve(new, self.new_root)
        yield from _default(old, new, path)
        targets = list(_alternatives(new, self.new_root))
        for each in _alternatives(old, self.old_root):
            yield from self._best(each, targets, path, seen)

    def _best(
        self, old: Schema, targets: list[Schema], path: str, seen: frozenset[tuple[str, str]]
    ) -> list[Break]:
        """The fewest breaks between one alternative and any new one that takes its type."""
        attempts = [
            list(self._alternative(old, new, path, seen)) for new in targets if _takes(_type(new), _type(old))
        ]
        if not attempts:
            return [Break(path, BreakKind.TYPE_NARROWED, f"{_type(old) or 'any type'} is no longer allowed")]
        return min(attempts, key=len)

    def _alternative(
        self, old: Schema, new: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        yield from _unknown_keywords(old, new, path)
        yield from _enum(old, new, path)
        yield from _limits(old, new, path)
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", {}), new.get("items", {}), f"{path}[]", seen)
        yield from self._object(old, new, path, seen)

    def _object(
        self, old: Schema, new: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self.compare(schema, after[name], f"{path}.{name}", seen)
            else:
                yield Break(f"{path}.{name}", BreakKind.PROPERTY_REMOVED, "write a new version instead")
        yield from _required(old, new, path)
        yield from self._additional(old, new, path, seen)

    def _additional(
        self, old: Schema, new: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if before is False or after is True:
            return
        if after is False:
            yield Break(path, BreakKind.UNKNOWN_REFUSED, "fields the schema does not name were allowed")
        else:
            yield from self.compare({} if before is True else before, after, f"{path}.*", seen)


def _resolve(schema: Schema, root: Schema) -> Schema:
    """The schema a local `$ref` points to, with the keywords beside the reference."""
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][name], **beside}
    return schema


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The plain schemas of which a value must match one: unions and lists of types taken apart."""
    schema = _resolve(schema, root)
    union = schema.get("anyOf", schema.get("oneOf"))
    if union is not None:
        for each in union:
            yield from _alternatives(each, root)
    elif isinstance(schema.get("type"), list):
        for name in schema["type"]:
            yield {**schema, "type": name}
    else:
        yield schema


def _type(schema: Schema) -> str | None:
    """The one type of a plain schema, None for any."""
    name = schema.get("type")
    if name is None and ("enum" in schema or "const" in schema):
        return "string"
    return name


def _takes(new: str | None, old: str | None) -> bool:
    return new is None or new == old or (new == "number" and old == "integer")


def _default(old: Schema, new: Schema, path: str) -> Iterator[Break]:
    before, after = old.get("default"), new.get("default")
    if before != after:
        yield Break(path, BreakKind.DEFAULT_CHANGED, f"an absent field meant {before!r}, now {after!r}")


def _required(old: Schema, new: Schema, path: str) -> Iterator[Break]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield Break(f"{path}.{name}", BreakKind.NEWLY_REQUIRED, "older events do not carry it")
    for name in sorted((before - after) & set(new.get("properties", {}))):
        yield Break(f"{path}.{name}", BreakKind.NO_LONGER_REQUIRED, "readers rely on it")


def _enum(old: Schema, new: Schema, path: str) -> Iterator[Break]:
    before, after = _members(old), _members(new)
    if after is None:
        return
    if before is None:
        yield Break(path, BreakKind.ENUM_NARROWED, "a free value became a closed list")
        return
    for member in before:
        if member not in after:
            yield Break(path, BreakKind.ENUM_NARROWED, f"{member!r} is no longer allowed")


def _members(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    members: list[Any] | None = schema.get("enum")
    return members


def _limits(old: Schema, new: Schema, path: str) -> Iterator[Break]:
    for key in (*_LOWER_LIMITS, *_UPPER_LIMITS, *_EXACT):
        before, after = old.get(key), new.get(key)
        if after is None or after == before:
            continue
        wider = (
            before is not None
            and key not in _EXACT
            and (after < before if key in _LOWER_LIMITS else after > before)
        )
        if not wider:
            yield Break(path, BreakKind.LIMIT_TIGHTENED, f"{key} was {before!r}, now {after!r}")


def _unknown_keywords(old: Schema, new: Schema, path: str) -> Iterator[Break]:
    for key in sorted((set(old) | set(new)) - _KNOWN):
        if old.get(key) != new.get(key):
            yield Break(path, BreakKind.NOT_COMPARABLE, f"{key} changed and cannot be judged")
