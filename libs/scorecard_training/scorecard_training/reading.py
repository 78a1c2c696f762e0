"""A file of past leads, one row each: CSV with any usual separator and encoding, or JSON lines."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scorecard_training.refusals import CannotTrain

Row = Mapping[str, Any]
SEPARATORS = ",;\t|"
BINARY = {b"PK\x03\x04": "a spreadsheet (.xlsx) or another archive", b"%PDF": "a PDF", b"\x1f\x8b": "gzip"}
"""How files begin that people take for tables."""


def read_rows(path: Path) -> list[Row]:
    """All rows of a file. Raises CannotTrain for one that cannot be read, saying what to do about it."""
    text = _text_of(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return list(_json_rows(path, text))
    return list(_csv_rows(path, text))


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CannotTrain(f"there is no file {path}: write the path of a CSV file of past leads") from None
    except IsADirectoryError:
        raise CannotTrain(f"{path} is a folder: name one CSV file in it") from None
    except OSError as error:
        raise CannotTrain(f"{path} cannot be read: {error.strerror or error}") from None
    kind = next((told for begin, told in BINARY.items() if content.startswith(begin)), None)
    if kind is not None:
        raise CannotTrain(f"{path} is {kind}, not text: save it as CSV (UTF-8) and name that file")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise CannotTrain(f"{path} is not text: save it as CSV (UTF-8) and name that file")
    if not text.strip():
        raise CannotTrain(f"{path} is empty: it needs a line of column names and a line for each past lead")
    return text


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    csv.field_size_limit(2**24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = _checked_names(path, next(reader))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(path, reader.line_num, names, cells)
    except csv.Error as error:
        raise CannotTrain(f"{path}, line {reader.line_num}: {error}: write it out as CSV again") from None


def _row(path: Path, line: int, names: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        raise CannotTrain(
            f"{path}, line {line} has {len(cells)} cells and the first line {len(names)} names: "
            "put cells that hold the separator in quotes"
        )
    return dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False))


def _checked_names(path: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise CannotTrain(f"{path} has the column `{twice[0]}` twice: rename one of them")
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _json_rows(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):  # JSON leaves other line ends within texts
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CannotTrain(f"{path}, line {number} is no JSON: {error}") from None
        if not isinstance(row, dict):
            raise CannotTrain(f"{path}, line {number}: write one JSON object a line, such as {{...}}")
        yield row
