"""From rows to a history that can be learned from, or a refusal that says what to do instead."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rulebook.countries import country_code
from rulebook.derived import seniority
from rulebook.mail_domains import is_free_mail
from scorecard_training.column_map import ColumnMap, check_names, parts_of, readings
from scorecard_training.columns import Codes, Column, Flags, Floats, Kind, column_of, is_nothing
from scorecard_training.history import History, Part
from scorecard_training.reading import Row
from scorecard_training.refusals import CannotTrain, no_column

FEWEST_ROWS = 200
FEWEST_OF_EACH = 40
"""So many won leads and so many others are needed, for ten or so rules."""
MOST_OUTCOMES_SHOWN = 6
POSITIVE = frozenset(
    {"1", "1.0", "true", "yes", "y", "won", "converted", "closed won", "customer", "sí", "si", "sì"}
)
POSITIVE_MORE = frozenset({"sim", "da", "ganado", "ganada", "ganho", "vinto", "câștigat"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of rows. `won`: the outcome's values that mean won (none: found out); `is_filled_won`:
    any value means won, nothing means not; `leave_open`: rows without an outcome are left out."""

    outcome: str
    won: tuple[str, ...] = ()
    is_filled_won: bool = False
    leave_open: bool = False
    date: str | None = None
    said: ColumnMap = field(default_factory=ColumnMap)


@dataclass(frozen=True)
class Prepared:
    """`parts` has every column, None for one left out; `left_out` says why of those no rule can use."""

    history: History
    parts: Mapping[str, Part | None]
    reads: Mapping[str, str]
    left_out: Mapping[str, str]
    rows_open: int


def prepare(rows: Iterable[Row], question: Question) -> Prepared:
    """Read all rows. Raises CannotTrain for what cannot be learned from."""
    table = list(rows)
    if not table:
        raise CannotTrain("there is no row: the file needs one line for each past lead")
    names = list(dict.fromkeys(name for row in table for name in row))
    _check_columns(question, names)
    outcome, known = _outcome([row.get(question.outcome) for row in table], question)
    kept = [row for row, is_known in zip(table, known, strict=True) if is_known]
    _check_size(outcome[known])
    moments = _dates(question.date, kept)
    inputs = [name for name in names if name not in (question.outcome, question.date)]
    reads = readings((name for name in inputs if question.said.parts.get(name, 1)), question.said)
    columns = [_column(name, [row.get(name) for row in kept], reads.get(name, "")) for name in inputs]
    parts = parts_of(columns, question.said)
    for derived in list(_derived(columns)):
        columns.append(derived.column)
        parts[derived.column.name] = parts[derived.source]
    history = History(tuple(columns), outcome[known], {}, moments)
    left_out = {column.name: why for column in columns if (why := _why_unusable(column))}
    if len(left_out) == len(columns):
        raise CannotTrain(f"no column can be learned from: {_told(left_out)}")
    return Prepared(history, parts, reads, left_out, len(table) - len(kept))


def _check_columns(question: Question, names: Sequence[str]) -> None:
    for name in filter(None, (question.outcome, question.date)):
        if name not in names:
            raise no_column(name, names)
    check_names(question.said, names)
    if question.said.parts.get(question.outcome):
        raise CannotTrain(f"`{question.outcome}` is the outcome: take it out of fit and interest")


def _outcome(values: Sequence[Any], question: Question) -> tuple[Codes, Flags]:
    """1 for won, and which rows have an outcome."""
    texts = [None if is_nothing(value) else str(value).strip() for value in values]
    known = np.array([text is not None for text in texts])
    if question.is_filled_won:
        return known.astype(np.int64), np.ones(len(texts), bool)
    counts = Counter(text for text in texts if text is not None)
    if not known.all() and not question.leave_open:
        raise CannotTrain(_missing(question.outcome, int((~known).sum()), len(texts), counts))
    won = _won_values(question, counts)
    return np.array([int(text is not None and text in won) for text in texts], np.int64), known


def _missing(name: str, missing: int, rows: int, counts: Counter[str]) -> str:
    if not counts:
        return f"`{name}` is empty in every row: name the column that says which leads were won"
    return (
        f"`{name}` is empty in {missing:,} of {rows:,} rows: fill it in, leave those leads out with "
        "--leave-open if their outcome is not known yet, or write --filled-is-won if empty means not won"
    )


def _won_values(question: Question, counts: Counter[str]) -> set[str]:
    name = question.outcome
    shown = ", ".join(f"`{text}` ({count:,})" for text, count in counts.most_common(MOST_OUTCOMES_SHOWN))
    if question.won:
        unknown = [text for text in question.won if text not in counts]
        if unknown and len(counts) > 1:
            raise CannotTrain(f"`{name}` is never `{unknown[0]}`: write --won with one of {shown}")
        found = set(question.won)
    else:
        found = {text for text in counts if text.casefold() in POSITIVE | POSITIVE_MORE}
        if len(counts) > 1 and (len(counts) != 2 or len(found) != 1):
            raise CannotTrain(f"which value of `{name}` means won? Write --won VALUE. It has {shown}")
    if len(counts) == 1:
        raise CannotTrain(
            f"every lead has one outcome ({shown}): one class teaches nothing; add leads that ended otherwise"
        )
    if found == set(counts):
        raise CannotTrain(
            f"all {counts.total():,} leads have one outcome, won ({shown}): one class teaches nothing; "
            "add leads that were not won, or name with --won only the values that mean won"
        )
    return found


def _check_size(outcome: Codes) -> None:
    won = int(outcome.sum())
    if outcome.size < FEWEST_ROWS or min(won, outcome.size - won) < FEWEST_OF_EACH:
        raise CannotTrain(
            f"{outcome.size:,} leads with {won:,} won are too few to learn from: "
            f"{FEWEST_ROWS} at least, {FEWEST_OF_EACH} of them won and {FEWEST_OF_EACH} not. Write the "
            "scorecard by hand until then, and train again"
        )


def _dates(name: str | None, rows: Sequence[Row]) -> Floats | None:
    if name is None:
        return None
    column = column_of(name, [row.get(name) for row in rows])
    if column.kind is not Kind.MOMENT:
        example = column.labels[0] if column.labels else ""
        raise CannotTrain(f"`{name}` holds no dates (such as `{example}`): write them as 2026-11-29")
    if column.is_missing.any():
        count = int(column.is_missing.sum())
        raise CannotTrain(
            f"`{name}` is empty in {count:,} rows: fill in when each lead came, or train without --date"
        )
    return column.numbers


def _column(name: str, values: Sequence[Any], reads: str) -> Column:
    """A column; a country is read as the profile has it."""
    if reads == "lead.country":
        values = [None if is_nothing(each) else country_code(str(each)) or None for each in values]
    return column_of(name, values, reads)


@dataclass(frozen=True, slots=True)
class _Derived:
    source: str
    column: Column


def _derived(columns: Sequence[Column]) -> Iterable[_Derived]:
    """What every profile says once it is read: the seniority of a title, whether an e-mail is a free one."""
    there = {column.reads for column in columns}
    ways: dict[str, tuple[str, Callable[[str], Any]]] = {
        "lead.job_title": ("seniority", seniority),
        "lead.email": ("free_mail", _is_free_mail),
    }
    for column in columns:
        name, read = ways.get(column.reads, ("", str))
        if name and f"lead.{name}" not in there and not column.is_numeric:
            by_label = [*(read(label) for label in column.labels), None]
            values = [by_label[code] for code in column.codes]
            yield _Derived(column.name, column_of(f"{column.name} ({name})", values, f"lead.{name}"))


def _is_free_mail(address: str) -> bool | None:
    return is_free_mail(address.rpartition("@")[2]) if "@" in address else None


def _why_unusable(column: Column) -> str | None:
    if column.kind is Kind.CONSTANT:
        return "has one value only" if column.labels else "is empty"
    if column.kind is Kind.SERIAL:
        return "numbers the rows"
    if column.kind is Kind.MOMENT:
        return "is a date: a rule that reads one would be out of date tomorrow"
    if column.kind is Kind.PRESENCE and not column.is_missing.any():
        return "differs from lead to lead"
    return None


def _told(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"`{name}` {why}" for name, why in list(left_out.items())[:8])
