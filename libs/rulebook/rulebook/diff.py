"""What changed between two rulebooks, in the words of the YAML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rulebook.models import Rulebook
from rulebook.publication import to_document


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; `before` is None for what was added, `after` for what was taken out."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.path}: {self.after}"
        if self.after is None:
            return f"- {self.path}: {self.before}"
        return f"~ {self.path}: {self.before} -> {self.after}"


def diff(old: Rulebook, new: Rulebook) -> list[Change]:
    """Every difference, in the order of the rulebook. Rules are told apart by id; a rule that moved says
    so."""
    return list(_changes("", to_document(old), to_document(new)))


def _changes(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(f"{path}.{key}".removeprefix("."), old.get(key), new.get(key))
    elif _are_rules(old) and _are_rules(new):
        yield from _rule_changes(path, old, new)
    else:
        yield Change(path, old, new)


def _are_rules(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) and "id" in item for item in value)


def _rule_changes(path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    before = {rule["id"]: rule for rule in old}
    after = {rule["id"]: rule for rule in new}
    for name in dict.fromkeys([*before, *after]):
        yield from _changes(f"{path}[{name}]", before.get(name), after.get(name))
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        yield Change(f"{path} order", ", ".join(kept_before), ", ".join(kept_after))
