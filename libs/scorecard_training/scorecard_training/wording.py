"""Learned rules in the rulebook's language: ids, conditions in CEL, reasons a rep can read."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulebook.attributes import attribute_name
from rulebook.context import PROFILE_FIELDS
from rulebook.derived import DERIVED_FIELDS
from scorecard_training.bins import Bin, Binned
from scorecard_training.columns import Column
from scorecard_training.points import Card, PointRule

_PATH = re.compile(r"^lead(\.attributes)?\.[a-zA-Z_][a-zA-Z0-9_]*$")
_LONGEST_ID = 60
_SHOWN = 3
_LONGEST_VALUE = 60
STANDARD = frozenset(PROFILE_FIELDS) - {"attributes"}


@dataclass(frozen=True, slots=True)
class WordedRule:
    """A rule as it stands in the scorecard."""

    id: str
    when: str
    reason: str
    learned: PointRule


def reads_of(column: str) -> str:
    """What conditions call a column of this name: a field of the profile, else an attribute."""
    name = attribute_name(column)
    if name in STANDARD or name in DERIVED_FIELDS:
        return f"lead.{name}"
    plain = f"lead.attributes.{name}"
    return plain if _PATH.match(plain) else f"lead.attributes[{literal(name)}]"


def is_path(text: str) -> bool:
    """Whether a condition can read this of a lead."""
    return bool(_PATH.match(text)) and (
        text.startswith("lead.attributes.") or text.removeprefix("lead.") in STANDARD | set(DERIVED_FIELDS)
    )


def worded(card: Card, columns: Sequence[Column]) -> list[WordedRule]:
    """Every rule of a card, in words; ids are one of a kind."""
    by_name = {column.name: column for column in columns}
    found, taken = list[WordedRule](), set[str]()
    for rule in card.rules:
        column = by_name[rule.column]
        identity = _identity(rule, column, taken)
        taken.add(identity)
        when = condition(rule.bin, card.cuts[rule.column], column)
        found.append(WordedRule(identity, when, reason(rule.bin, card.cuts[rule.column], column), rule))
    return found


def condition(each: Bin, cut: Binned, column: Column) -> str:
    """A condition that asks before it reads."""
    path, has = column.reads, has_of(column.reads)
    literals = dict(zip(column.labels, column.literals, strict=True))
    if each.is_missing:
        return f"!{has}"
    if each.is_filled:
        return has
    if each.is_rest:
        return f"{has} && !({_among(path, cut.seen, literals)})"
    if each.labels:
        return f"{has} && {_among(path, each.labels, literals)}"
    ends = [f"{path} >= {_number(each.low)}"] if each.low is not None else []
    ends += [f"{path} < {_number(each.high)}"] if each.high is not None else []
    return " && ".join([has, *ends])


def has_of(path: str) -> str:
    """The question whether a lead has what is read there."""
    if path.endswith("]"):
        return f"{path.partition('[')[2][:-1]} in lead.attributes"
    return f"has({path})"


def _among(path: str, labels: Collection[str], literals: Mapping[str, Any]) -> str:
    values = [literal(literals[label]) for label in labels]
    return f"{path} == {values[0]}" if len(values) == 1 else f"{path} in [{', '.join(values)}]"


def literal(value: Any) -> str:
    """A value as CEL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(float(value))
    text = str(value).strip().replace("\\", "\\\\").replace("'", "\\'")
    return "'" + text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def reason(each: Bin, cut: Binned, column: Column) -> str:
    """What the rep reads beside the points."""
    name = spoken(column.name)
    if each.is_missing:
        return f"{name}: not given"
    if each.is_filled:
        return f"{name}: given"
    if each.is_rest:
        return f"{name}: a rare answer"
    if each.labels:
        shown = ", ".join(_said(label)[:_LONGEST_VALUE] for label in each.labels[:_SHOWN])
        more = len(each.labels) - _SHOWN
        return f"{name}: {shown}" + (f" or {more} more" if more > 0 else "")
    if each.low is None:
        return f"{name}: below {_number(each.high)}"
    if each.high is None:
        return f"{name}: {_number(each.low)} or more"
    if (numbers := column.numbers[~column.is_missing]).size and not (numbers % 1).any():
        most = math.ceil(each.high) - 1
        return f"{name}: {_number(each.low)}" + (f" to {most}" if most > each.low else "")
    return f"{name}: {_number(each.low)} to below {_number(each.high)}"


def _said(label: str) -> str:
    return {"True": "yes", "False": "no"}.get(label, label)


def spoken(name: str) -> str:
    """A column's name as one would say it."""
    plain = name.removeprefix("lead.").removeprefix("attributes.").replace("_", " ").strip()
    return plain[:1].upper() + plain[1:]


def _identity(rule: PointRule, column: Column, taken: Collection[str]) -> str:
    each = rule.bin
    if each.is_missing:
        said = "not-given"
    elif each.is_filled:
        said = "given"
    elif each.is_rest:
        said = "rare"
    elif each.labels:
        said = each.labels[0] if len(each.labels) < 3 else f"{each.labels[0]} and like"
    elif each.low is None:
        said = f"below {_number(each.high)}"
    else:
        said = f"from {_number(each.low)}"
    name = _slug(column.reads.rpartition(".")[2])[:40].strip("-") or "column"
    plain = f"{name}-{_slug(said)}"[:_LONGEST_ID].strip("-")
    number = 2
    found = plain
    while found in taken:
        found, number = f"{plain[: _LONGEST_ID - 3]}-{number}", number + 1
    return found


def _slug(text: str) -> str:
    return (
        attribute_name(re.sub(r"[^\w.]+", " ", text)).strip("_").replace("_", "-")
        if text.isascii()
        else (re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "value")
    )
