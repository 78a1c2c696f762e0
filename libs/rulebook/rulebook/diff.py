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
        return "\n".join(_lines(self.path, self.before, self.after))


def _lines(path: str, before: Any, after: Any) -> Iterator[str]:
    """A line for each plain value: of what is nested, those that differ."""
    if before == after:
        return
    inner = list(_inside(before, after))
    for key, old, new in inner:
        yield from _lines(f"{path}{key}", old, new)
    if inner:
        return
    if before is None:
        yield f"+ {path}: {_plain(after)}"
    elif after is None:
        yield f"- {path}: {_plain(before)}"
    else:
        yield f"~ {path}: {_plain(before)} -> {_plain(after)}"


def _inside(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a nested value before and after, each with its key; nothing where one of them is plain."""
    sides = [side for side in (before, after) if side is not None]
    if all(isinstance(side, Mapping) for side in sides):
        for key in dict.fromkeys(key for side in sides for key in side):
            yield f".{key}", (before or {}).get(key), (after or {}).get(key)
    elif all(_holds_objects(side) for side in sides):
        for number in range(max(map(len, sides))):
            old, new = (side[number] if number < len(side or ()) else None for side in (before, after))
            yield f"[{number}]", old, new


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _plain(value: Any) -> str:
    """A value as the YAML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_plain(item)}' for key, item in value.items())}}}"
    return str(value)


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
