"""Rows of a file under its header, one at a time: rows, lines that are none, and rows nobody can read."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from intake.imports.reading.header import Header
from intake.imports.reading.lines import is_marked, repaired, shown

MOST_FOOTERS = 20
"""Lines at a file's end that may be a report's footer."""
MOST_LINES = 500
MOST_CHARACTERS = 256 * 1024
"""Of one record; a longer one is a quote that was never closed."""
REPAIRED = "row:bytes_repaired"
_HALF = re.compile("[\ud800-\udfff\ufffd]")
_OPEN = "a quote is opened and never closed: close it, or double it"


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
    for line, cells, fault in _records(lines, separator, first_line):
        if not "".join(cells).strip():
            continue
        if fault is None and len(cells) == 1 and len(header.names) > 1 and len(held) < MOST_FOOTERS:
            held.append((line, cells))
            continue
        for each in held:
            yield numbered.read(*each)
        held.clear()
        yield numbered.read(line, cells, fault)
    for line, cells in held:
        if _may_be_a_contact(cells[0]):
            yield numbered.read(line, cells)
        else:
            yield Skipped(line, shown(cells[0].strip()[:200]), "a footer of the report, no row")


def _records(
    lines: Iterable[str], separator: str, first_line: int
) -> Iterator[tuple[int, list[str], str | None]]:
    """Each record with its first line's number, its cells, and what makes it unreadable.

    A quote that is never closed costs its own line: those after it are read anew.
    """
    source = iter(lines)
    again: deque[str] = deque()
    number = first_line
    while True:
        line = again.popleft() if again else next(source, None)
        if line is None:
            return
        number += 1
        record = [line]
        if line.count('"') % 2 and _stays_open(record, separator):
            _take_rest(record, again, source)
            if not _is_closed(record, separator):
                again.extendleft(reversed(record[1:]))
                yield number, [line.rstrip("\r\n")], _OPEN
                continue
        try:
            cells = next(csv.reader(record, delimiter=separator))
        except csv.Error:
            yield (
                number,
                [line[:1_000]],
                f"a cell is longer than {csv.field_size_limit()} characters: shorten it",
            )
        else:
            yield number, cells, None
        number += len(record) - 1


def _stays_open(record: list[str], separator: str) -> bool:
    try:
        next(csv.reader(record, delimiter=separator, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _is_closed(record: list[str], separator: str) -> bool:
    """Whether these lines are one record, and not the quote of a later row that happens to end it."""
    try:
        next(csv.reader(record, delimiter=separator, strict=True))
    except csv.Error as error:
        return "field larger" in str(error)
    return True


def _take_rest(record: list[str], again: deque[str], source: Iterator[str]) -> None:
    """Add lines to `record` until its quotes are closed, or it is too long to be one."""
    is_open, size = True, len(record[0])
    while is_open and len(record) < MOST_LINES and size < MOST_CHARACTERS:
        line = again.popleft() if again else next(source, None)
        if line is None:
            return
        record.append(line)
        size += len(line)
        is_open ^= bool(line.count('"') % 2)


class _Rows:
    """Numbers rows and finds what is wrong with them."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._width = len(header.names)
        self._number = 0

    def read(self, line: int, cells: list[str], fault: str | None = None) -> Row | Skipped:
        if self._header.is_repeated_by(cells):
            return Skipped(line, "", "the header again")
        self._number += 1
        if fault is not None:
            return self._row(line, cells, fault=fault)
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
        elif _HALF.search(joined):
            fault = "it holds half a character, or bytes that are none in its encoding: write it in UTF-8"
            return self._row(line, cells, fault=fault)
        return self._row(line, cells, flags)

    def _row(self, line: int, cells: list[str], flags: tuple[str, ...] = (), fault: str | None = None) -> Row:
        return Row(self._number, line, cells, flags, fault)


def _may_be_a_contact(text: str) -> bool:
    is_address = "@" in text and len(text.split()) == 1
    return is_address or (sum(sign.isdigit() for sign in text) >= 7 and not any(map(str.isalpha, text)))
