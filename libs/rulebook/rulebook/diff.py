"""What changed between two rulebooks, in the words of the YAML."""

from collections import Counter
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
    so. Rows of tables are told apart by what they say."""
    return list(_changes("", to_document(old), to_document(new)))


def _changes(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(f"{path}.{key}".removeprefix("."), old.get(key), new.get(key))
    elif _are_rows(old) and _are_rows(new) and (old or new):
        yield from _row_changes(path, old, new)
    elif _are_rules(old) and _are_rules(new):
        yield from _rule_changes(path, old, new)
    else:
        yield Change(path, old, new)


def _are_rows(value: Any) -> bool:
    """A table's; one that is empty, too."""
    return isinstance(value, list) and all(isinstance(row, Mapping) and "line_number" in row for row in value)


def _row_changes(path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """Rows taken out and put in; one that only moved to another line is the same row."""
    before, after = (Counter(_in_words(row) for row in rows) for rows in (old, new))
    yield from (Change(path, row, None) for row in (before - after).elements())
    yield from (Change(path, None, row) for row in (after - before).elements())


def _in_words(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if name != "line_number")


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
