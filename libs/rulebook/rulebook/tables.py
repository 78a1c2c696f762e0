"""Tables of territories and named accounts as spreadsheets save them: CSV, with the line of every row."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rulebook.countries import country_code
from rulebook.documents import Document, Loc, Place, dotted, not_text
from rulebook.findings import Finding
from rulebook.languages import language_code

COLUMNS = {
    "territories": (
        "territory",
        "country",
        "region",
        "postcode_from",
        "postcode_to",
        "language",
        "pool",
        "order",
    ),
    "accounts": ("domain", "crm_id", "name", "pool", "rep"),
}
"""Kind of table, which is its key under `routing` and its folder, to its columns."""
REQUIRED = {"territories": ("territory", "pool"), "accounts": ()}
MOST_ROWS = 200_000
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(slots=True)
class _Reader:
    """One file on its way to rows."""

    kind: str
    name: str
    prefix: Loc
    document: Document = field(default_factory=Document)
    line: int = 1

    def read(self, text: str) -> list[dict[str, Any]]:
        lines = _lines(text)
        line, header = next(lines, (1, []))
        columns = self._columns(header, line)
        found: list[dict[str, Any]] = []
        for line, cells in lines:
            self.line = line
            if not any(cells):
                continue
            if len(cells) > len(columns) and any(cells[len(columns) :]):
                self.add(line, "has more cells than the header", "put a cell with a comma in it in quotes")
                continue
            if len(found) == MOST_ROWS:
                self.add(line, f"is beyond {MOST_ROWS:,} rows", "write ranges, or leave the rest out")
                break
            row = self._row({name: cell for name, cell in zip(columns, cells, strict=False) if cell}, line)
            if row is not None:
                self.document.places[(*self.prefix, len(found))] = (self.name, line)
                found.append(row)
        return found

    def _columns(self, header: list[str], line: int) -> list[str]:
        known = COLUMNS[self.kind]
        columns = ["_".join(cell.lower().split()) for cell in header]
        for name in columns:
            if name and name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"the columns are {', '.join(known)}"
                self.add(line, f"there is no column `{name}`", hint)
            elif name and columns.count(name) > 1 and self.document.findings == []:
                self.add(line, f"has two columns `{name}`", "keep one of the two")
        for name in REQUIRED[self.kind]:
            if name not in columns:
                self.add(line, f"has no column `{name}`", f"the columns are {', '.join(known)}")
        return columns

    def _row(self, cells: Mapping[str, str], line: int) -> dict[str, Any] | None:
        """The row as the rulebook has it; None where a cell cannot be read, which is told."""
        row: dict[str, Any] = {"line_number": line}
        told = len(self.document.findings)
        for column, cell in cells.items():
            if column in COLUMNS[self.kind]:
                row[column] = self._cell(column, cell, line)
        for column in REQUIRED[self.kind]:
            if column not in cells:
                self.add(line, f"has nothing under `{column}`", f"write the {column}, or delete the row")
        return row if len(self.document.findings) == told else None

    def _cell(self, column: str, cell: str, line: int) -> Any:
        if column == "country":
            return self._known(cell, country_code(cell), "country", "two letters, such as ES", line)
        if column == "language":
            return self._known(cell, language_code(cell), "language", "two letters, such as es", line)
        if column == "order":
            number = cell.removesuffix(".0")
            is_number = number.isascii() and number.isdigit() and len(number) < 10
            return self._known(cell, int(number) if is_number else None, "whole number", "1, 2 or 3", line)
        return cell

    def _known(self, cell: str, value: Any, what: str, example: str, line: int) -> Any:
        if value is None:
            self.add(line, f"`{cell}` is no {what}", f"write {example}")
        return value

    def add(self, line: int, message: str, hint: str) -> None:
        self.document.findings.append(
            Finding(self.name, line, f"{dotted(self.prefix)} line {line}", message, hint)
        )


def read_table(path: Path, name: str, kind: str) -> Document:
    """The rows of a file called `name` in findings, those that can be read, each with its line. Never
    raises."""
    reader = _Reader(kind, name, ("routing", kind, path.stem))
    place: Place = (name, 1)
    reader.document.places[reader.prefix] = place
    reader.document.value = []
    content = path.read_bytes()
    try:
        reader.document.value = reader.read(_text(content))
    except UnicodeDecodeError as error:
        reader.add(*_no_text(content, error))
    except csv.Error as error:
        reader.add(
            reader.line + 1,
            f"is no CSV from here on: {error}",
            "close the quotes, which stand around a whole cell; within one write a quote twice",
        )
    return reader.document


def _text(content: bytes) -> str:
    """Excel's `Unicode text` begins with a mark of its own."""
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def _no_text(content: bytes, error: UnicodeDecodeError) -> tuple[int, str, str]:
    """The line of the first sign that cannot be read, and what it probably is."""
    line, told = not_text(content, error.start)
    return line, f"is not UTF-8 text: `{told}`, if saved by Windows", "save it as `CSV UTF-8`"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line it begins on, from 1. A first line `sep=;` says what is between cells."""
    first, _, rest = text.partition("\n")
    is_told = first.strip().strip('"').lower().startswith("sep=") and len(first.strip().strip('"')) == 5
    body = rest if is_told else text
    header = body.partition("\n")[0]
    between = first.strip().strip('"')[4] if is_told else max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=between, strict=True)
    begins = 2 if is_told else 1
    offset = begins - 1
    for cells in reader:
        yield begins, [" ".join(cell.split()) for cell in cells]
        begins = reader.line_num + 1 + offset
