"""Answers that lie inside a submission, laid out as fields: pairs, objects, JSON inside a text. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rulebook.models import Unfold
from rulebook.paths import places_at, values_at
from rulebook.scalars import as_text, scalar

_MOST = 500
"""Answers of one submission; what is beyond them stays where it is."""
_USUAL_VALUES = ("value", "values")


def unfolded(unfolds: Sequence[Unfold], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """`fields` and the answers inside; the same object where there are none."""
    answers: dict[str, Any] = {}
    for unfold in unfolds:
        for name, value in _answers(unfold, fields):
            if len(answers) >= _MOST:
                break
            key = f"{unfold.at}.{name}" if name in fields else name
            answers[key] = _both(answers[key], value) if key in answers else value
    return {**fields, **answers} if answers else fields


def _answers(unfold: Unfold, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for _, found in places_at(fields, unfold.at):
        if isinstance(found, Mapping):
            for name, value in found.items():
                inner = _first(value, unfold.value) if unfold.value else value
                if inner is not None:
                    yield str(name), inner
        elif isinstance(found, list | tuple):
            for item in found[:_MOST]:
                name = _first(item, unfold.name)
                value = _first(item, unfold.value or _USUAL_VALUES)
                text = as_text(scalar(name)).strip()
                if text and value is not None:
                    yield text, value


def _first(item: Any, paths: Sequence[str]) -> Any:
    """The first value that any of the paths finds in one item; a list where a path finds several."""
    if not isinstance(item, Mapping):
        return None
    for path in paths:
        values = values_at(item, path)
        if values:
            return values[0] if len(values) == 1 else values
    return None


def _both(one: Any, other: Any) -> list[Any]:
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
