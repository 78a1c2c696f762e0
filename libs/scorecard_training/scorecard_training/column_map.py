"""Which columns say who a lead is (fit) and which what it does (interest), and what conditions call them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scorecard_training.columns import Column, Kind
from scorecard_training.history import Part
from scorecard_training.refusals import CannotTrain, no_column
from scorecard_training.wording import is_path, reads_of

LEAVE = "leave"
_KEYS = {"part", "reads"}
_ACTS = re.compile(
    r"visit|view|page|click|open|download|session|second|minute|time|spent|source|origin|channel|campaign|medium"
    r"|referr|landing|timeline|urgen|ask|demo|webinar|event|newsletter|subscri|email|mail|call|contact|chat|copy"
    r"|form|search|recency|frequency|last|activity|message|phone",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What a person said of columns: their part (None: leave it out), and where a lead has them (`reads`)."""

    parts: Mapping[str, Part | None] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_said(self) -> bool:
        """Whether anything was said of parts."""
        return bool(self.parts)


def read_map(path: Path) -> ColumnMap:
    """A column map from YAML. Raises CannotTrain with what to write instead."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise CannotTrain(f"{path} cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotTrain(f"{path} is no YAML: {error}") from None
    columns = document.get("columns") if isinstance(document, dict) else None
    if not isinstance(columns, dict):
        raise CannotTrain(
            f"{path} has no `columns`: write `columns:` and below it a line each, such as `City: fit`"
        )
    parts, reads = dict[str, Part | None](), dict[str, str]()
    for name, said in columns.items():
        entry = said if isinstance(said, dict) else {"part": said}
        parts[str(name)] = _part(path, str(name), entry)
        if "reads" in entry:
            reads[str(name)] = _reads(path, str(name), entry["reads"])
    return ColumnMap(parts, reads)


def _part(path: Path, name: str, entry: Mapping[str, Any]) -> Part | None:
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        raise CannotTrain(
            f"{path}: column `{name}` has `{unknown[0]}`: write `part`, and `reads` where needed"
        )
    part = entry.get("part")
    if part == LEAVE:
        return None
    if part not in tuple(Part):
        raise CannotTrain(f"{path}: column `{name}` is `{part}`: write fit, interest or leave")
    return Part(part)


def _reads(path: Path, name: str, text: Any) -> str:
    if not isinstance(text, str) or not is_path(text):
        raise CannotTrain(
            f"{path}: column `{name}` reads `{text}`: write a field of the lead, such as lead.country, or "
            "lead.attributes.seats for what only one form asks"
        )
    return text


def listed_map(fit: Collection[str], interest: Collection[str]) -> ColumnMap:
    """The map that two lists of columns make."""
    both = set(fit) & set(interest)
    if both:
        raise CannotTrain(f"`{min(both)}` is listed for fit and for interest: name it in one of the two")
    return ColumnMap({**dict.fromkeys(fit, Part.FIT), **dict.fromkeys(interest, Part.INTEREST)})


def check_names(said: ColumnMap, names: Collection[str]) -> None:
    """Raises CannotTrain for a column that is not in the file."""
    for name in said.parts:
        if name not in names:
            raise no_column(name, names)


def readings(names: Iterable[str], said: ColumnMap) -> dict[str, str]:
    """What conditions call each column; no two the same."""
    found, taken = dict[str, str](), dict[str, str]()
    for name in names:
        path = said.reads.get(name) or (name if is_path(name) else reads_of(name))
        if path in taken:
            raise CannotTrain(
                f"`{name}` and `{taken[path]}` would both be read as {path}: leave one out in a column map, "
                "or give it another name there with `reads`"
            )
        found[name] = path
        taken[path] = name
    return found


def parts_of(columns: Sequence[Column], said: ColumnMap) -> dict[str, Part | None]:
    """The part of each column. Where one part was listed the rest is the other; where none was, a guess.

    What lies in a map that names both is all there is: columns beyond it are left out.
    """
    if not said.is_said:
        return {column.name: _guess(column) for column in columns}
    listed = {part for part in said.parts.values() if part is not None}
    rest = next(iter(set(Part) - listed)) if len(listed) == 1 else None
    return {column.name: said.parts.get(column.name, rest) for column in columns}


def _guess(column: Column) -> Part:
    """By the words of its name; else amounts that begin at zero are taken for acts that were counted."""
    if _ACTS.search(column.reads.rpartition(".")[2]):
        return Part.INTEREST
    if column.kind is Kind.NUMBER and column.numbers.size:
        filled = column.numbers[~column.is_missing]
        if filled.size and filled.min() == 0 and column.reads.startswith("lead.attributes"):
            return Part.INTEREST
    return Part.FIT


def written_map(parts: Mapping[str, Part | None], reads: Mapping[str, str]) -> str:
    """A column map to edit."""
    columns = {
        name: {"part": LEAVE if part is None else str(part), "reads": reads[name]}
        for name, part in parts.items()
    }
    head = (
        "# fit: who they are. interest: what they do, how much they want us now. leave: not for scoring.\n"
        "# `reads` is what conditions call it: the field of the profile that your form maps it to.\n"
    )
    return head + yaml.safe_dump({"columns": columns}, allow_unicode=True, sort_keys=False, width=1000)
