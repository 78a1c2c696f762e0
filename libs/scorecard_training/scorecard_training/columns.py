"""Columns of past leads as the learner sees them: numbers, categories, moments, or only there or not."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "#n/a"})
_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y/%m/%d")
_SAMPLE = 60
"""So many values are looked at before a whole column is read as moments."""
MANY = 0.5
"""A column with more distinct texts than this share of its filled rows tells leads apart, not kinds."""


class Kind(StrEnum):
    """How a column can be used."""

    NUMBER = "number"
    CATEGORY = "category"
    MOMENT = "moment"  # no rule of a scorecard reads one; looked at for leaks only
    PRESENCE = "presence"  # texts that differ from lead to lead: only whether there is one can count
    SERIAL = "serial"  # numbers the rows
    CONSTANT = "constant"


@dataclass(frozen=True)
class Column:
    """One column of every row. `numbers`: NaN where missing; moments are seconds since 1970.

    `codes` counts into `labels`, -1 where missing; `literals` are the labels as they came, with their type.
    `reads` is what a condition calls it.
    """

    name: str
    kind: Kind
    is_missing: Flags
    reads: str = ""
    numbers: Floats = field(default_factory=lambda: np.empty(0))
    codes: Codes = field(default_factory=lambda: np.empty(0, np.int64))
    labels: tuple[str, ...] = ()
    literals: tuple[Any, ...] = ()

    @property
    def distinct(self) -> int:
        """How many different values it has, missing not counted."""
        return len(self.labels)

    @property
    def is_numeric(self) -> bool:
        """Whether its values have an order."""
        return self.kind in (Kind.NUMBER, Kind.MOMENT, Kind.SERIAL)

    def rows(self, chosen: NDArray[Any]) -> "Column":
        """The same column of some rows only."""
        return Column(
            self.name,
            self.kind,
            self.is_missing[chosen],
            self.reads,
            self.numbers[chosen] if self.numbers.size else self.numbers,
            self.codes[chosen],
            self.labels,
            self.literals,
        )


def column_of(name: str, values: Sequence[Any], reads: str = "") -> Column:
    """Read one column; what it holds decides its kind."""
    kept = [None if is_nothing(value) else value for value in values]
    missing = np.array([value is None for value in kept])
    keys = [None if value is None else _key(value) for value in kept]
    counts = Counter(key for key in keys if key is not None)
    labels = tuple(label for label, _ in counts.most_common())
    index = {label: number for number, label in enumerate(labels)}
    codes = np.array([-1 if key is None else index[key] for key in keys], np.int64)
    literals = {key: value for key, value in zip(keys, kept, strict=True) if key is not None}
    numbers = _numbers(kept)
    kind = Kind.CATEGORY
    if len(counts) == 0 or (len(counts) == 1 and not missing.any()):
        kind = Kind.CONSTANT
    elif numbers is not None:
        kind = Kind.SERIAL if _is_serial(numbers) else Kind.NUMBER
    elif (numbers := _moments(kept)) is not None:
        kind = Kind.MOMENT
    elif len(counts) > max(50, MANY * (~missing).sum()):
        kind = Kind.PRESENCE
    return Column(
        name,
        kind,
        missing,
        reads,
        np.empty(0) if numbers is None else numbers,
        codes,
        labels,
        tuple(literals[label] for label in labels),
    )


def is_nothing(value: Any) -> bool:
    """Whether a cell says nothing: empty, or one of the ways in which tables write so."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    if isinstance(value, str):
        return value.strip().casefold() in _NOTHING
    return isinstance(value, list | tuple | dict) and not value


def _key(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value)


def _numbers(values: Iterable[Any]) -> Floats | None:
    """The values as numbers, NaN where there is none; None when one of them is no number."""
    found = []
    for value in values:
        if value is None:
            found.append(math.nan)
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        try:
            number = float(value.replace("_", "x") if isinstance(value, str) else value)
        except (ValueError, OverflowError):
            return None
        if not math.isfinite(number):
            return None
        found.append(number)
    return np.array(found)


def _is_serial(numbers: Floats) -> bool:
    """Whole numbers, a new one in nearly every row, close together or rising or falling with the rows."""
    filled = numbers[~np.isnan(numbers)]
    if filled.size < 50 or np.unique(filled).size < 0.99 * filled.size or (filled % 1).any():
        return False
    order = np.corrcoef(np.arange(filled.size), np.argsort(np.argsort(filled)))[0, 1]
    return bool(abs(order) > 0.95 or np.ptp(filled) < 20 * filled.size)


def _moments(values: Sequence[Any]) -> Floats | None:
    filled = [value for value in values if value is not None]
    sample = filled[:: max(1, len(filled) // _SAMPLE)]
    read = next((way for way in _WAYS if all(_try(way, value) is not None for value in sample)), None)
    if read is None:
        return None
    found = [math.nan if value is None else _seconds(_try(read, value)) for value in values]
    unread = sum(
        math.isnan(number) and value is not None for number, value in zip(found, values, strict=True)
    )
    return np.array(found) if unread <= len(filled) * 0.02 else None


def _seconds(moment: datetime | None) -> float:
    if moment is None:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _try(way: str, value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if way == "iso":
            return datetime.fromisoformat(text) if len(text) >= len("2026-01-01") else None
        return datetime.strptime(text, way).replace(tzinfo=UTC)
    except ValueError:
        return None


_WAYS = ("iso", *_FORMATS)
