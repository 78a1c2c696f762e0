"""Rows of a file under its header, one at a time: rows, lines that are none, and rows nobody can read."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from intake.imports.reading.header import Header
from intake.imports.reading.lines import is_marked, repaired

MOST_FOOTERS = 20
"""Lines at a file's end that may be a report's footer."""
REPAIRED = "row:bytes_repaired"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` counts from the first after the header, blank ones left out; `line` is the file's.

    `fault`: why no lead can be made of it, with what to write instead.
    """

    number: int
    line: int
    cells: list[str]
    flags: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that is no row, and why."""

    line: int
    text: str
    why: str


def rows_of(
    lines: Iterable[str], separator: str, header: Header, *, first_line: int
) -> Iterator[Row | Skipped]:
    """Rows and skipped lines in the file's order. `first_line`: the number of the line before `lines`.

    A run of lines at the very end that have one cell, where the header has several, and no address and no
    number in it, is a report's footer.
    """
    numbered = _Rows(header)
    held: list[tuple[int, list[str]]] = []
    for line, cells in _records(lines, separator, first_line):
        if not any(cells) or not "".join(cells).strip():
            continue
        if len(cells) == 1 and len(header.names) > 1 and len(held) < MOST_FOOTERS:
            held.append((line, cells))
            continue
        for each in held:
            yield numbered.read(*each)
        held.clear()
        yield numbered.read(line, cells)
    for line, cells in held:
        if _may_be_a_contact(cells[0]):
            yield numbered.read(line, cells)
        else:
            yield Skipped(line, cells[0].strip()[:200], "a footer of the report, no row")


def _records(lines: Iterable[str], separator: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    while True:
        began = first_line + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # a quote that is never closed swallows rows until a cell is over the limit: reported as one row
            yield began, ["\ufffe"]
            continue
        yield began, cells


class _Rows:
    """Numbers rows and finds what is wrong with them."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._width = len(header.names)
        self._number = 0

    def read(self, line: int, cells: list[str]) -> Row | Skipped:
        if self._header.is_repeated_by(cells):
            return Skipped(line, "", "the header again")
        self._number += 1
        if cells == ["\ufffe"]:
            return self._row(line, [], fault="a quote is opened and never closed: close it, or double it")
        joined = "".join(cells)
        if joined.isascii() and "\x00" not in joined and len(cells) <= self._width:
            return self._row(line, cells)
        return self._looked_at(line, cells, joined)

    def _looked_at(self, line: int, cells: list[str], joined: str) -> Row:
        flags: tuple[str, ...] = ()
        if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            fault = (
                f"it has {len(cells)} cells where the header has {self._width}: put values that hold the "
                "separator in double quotes"
            )
            return self._row(line, cells, fault=fault)
        if "\x00" in joined:
            cells, flags = [cell.replace("\x00", "") for cell in cells], ("row:zero_bytes_removed",)
        if is_marked(joined):
            mended = [repaired(cell) if is_marked(cell) else cell for cell in cells]
            if any(cell is None for cell in mended):
                return self._row(
                    line, cells, fault="it holds bytes that are no text in this encoding: write it in UTF-8"
                )
            cells, flags = [cell or "" for cell in mended], (*flags, REPAIRED)
        elif any("\ud800" <= sign <= "\udfff" or sign == "\ufffd" for sign in joined):
            return self._row(line, cells, fault="it holds half a character: write it in UTF-8")
        return self._row(line, cells, flags)

    def _row(self, line: int, cells: list[str], flags: tuple[str, ...] = (), fault: str | None = None) -> Row:
        return Row(self._number, line, cells, flags, fault)


def _may_be_a_contact(text: str) -> bool:
    is_address = "@" in text and len(text.split()) == 1
    return is_address or (sum(sign.isdigit() for sign in text) >= 7 and not any(map(str.isalpha, text)))
