"""One file as it will be read: encoding, separator, header, columns, clock."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from intake.imports.columns import Columns, columns_of
from intake.imports.errors import FileRefused
from intake.imports.reading.encodings import Encoding, find_encoding
from intake.imports.reading.header import Header, decoded_names, read_header
from intake.imports.reading.lines import lines_of
from intake.imports.reading.moments import Clock, Orders
from intake.imports.reading.rows import Row, Skipped, rows_of
from intake.imports.reading.separators import KNOWN, find_separator, separator_line, stated_separator
from intake.imports.targets import targets_of, too_many
from intake.imports.wish import Wish
from rulebook.models import Form

_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the file. `before`: lines up to and with the header; `becomes`: what comes of each column,
    as `targets` names it."""

    encoding: Encoding
    separator: str
    header: Header
    before: int
    columns: Columns
    clock: Clock
    date_column: str | None
    notes: tuple[str, ...] = ()
    becomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, stream: BinaryIO) -> Iterator[Row | Skipped]:
        """The rows of `stream`, from the first on."""
        lines = lines_of(stream, self.encoding)
        for _ in islice(lines, self.before):
            pass
        return rows_of(lines, self.separator, self.header, first_line=self.before)

    def told(self) -> dict[str, Any]:
        """For people: what was found."""
        return {
            "encoding": self.encoding.spoken,
            "encoding_because": self.encoding.why,
            "separator": KNOWN.get(self.separator, self.separator),
            "columns": {name: self.columns.name(name) for name in self.header.read},
            "proposed": dict(self.columns.proposed),
            "becomes": {name: list(made) for name, made in self.becomes.items()},
            "notes": list(self.notes),
        }


def find_layout(stream: BinaryIO, form: Form, wish: Wish) -> Layout:
    """How to read `stream` (read through once or twice). Raises FileRefused with what to say."""
    encoding = find_encoding(stream, wish.encoding)
    sample = _sample(stream, encoding)
    before, separator = _separator(sample, wish.separator)
    header, before = _header(stream, encoding, separator, before)
    columns = columns_of(form, header.read, wish.columns, accept=wish.accept_proposed)
    owner_column = _column(header, wish.owner_column) if wish.owner_column is not None else None
    date_column = _date_column(form, header, columns, wish)
    zone = ZoneInfo(wish.time_zone) if wish.time_zone else None
    layout = Layout(
        encoding, separator, header, before, columns, Clock(zone, wish.date_order), date_column, header.notes
    )
    if date_column is not None:
        layout = _with_clock(layout, stream, date_column)
    names = {column: columns.name(column) for column in header.read}
    becomes = targets_of(form, names, date_column=date_column, owner_column=owner_column)
    return replace(layout, becomes=becomes, notes=(*layout.notes, *too_many(becomes)))


def rows_at_the_start(stream: BinaryIO) -> tuple[tuple[str | None, ...], Iterator[list[str]]]:
    """The names of the columns and the cells of each row, before any form reads them. Raises FileRefused."""
    encoding = find_encoding(stream)
    before, separator = _separator(_sample(stream, encoding), None)
    header, before = _header(stream, encoding, separator, before)
    lines = islice(lines_of(stream, encoding), before, None)
    rows = rows_of(lines, separator, header, first_line=before)
    return header.names, (row.cells for row in rows if isinstance(row, Row))


def _sample(stream: BinaryIO, encoding: Encoding) -> list[str]:
    found = list(islice(lines_of(stream, encoding), _SAMPLE))
    if not any(line.strip() for line in found):
        raise FileRefused("the file holds blank lines only: send one with a header and a row for each lead")
    if any("\x00" in line for line in found) and encoding.codec == "utf-8":
        raise FileRefused("the file holds zero bytes: save it as CSV UTF-8 and send that")
    return found


def _separator(sample: list[str], stated: str | None) -> tuple[int, str]:
    """Lines before the header, and the separator."""
    before = next(number for number, line in enumerate(sample) if line.strip())
    told = separator_line(sample[before])
    if told is not None:
        before += 1
    if stated is not None:
        return before, stated_separator(stated)
    rest = [line for line in sample[before:] if line.strip()]
    if not rest:
        raise FileRefused("the file has no header: send one with column names and a row for each lead")
    return before, told or find_separator(rest)


def _header(stream: BinaryIO, encoding: Encoding, separator: str, before: int) -> tuple[Header, int]:
    with closing(lines_of(stream, encoding, tell_lost=True)) as lines:
        for _ in islice(lines, before):
            pass
        reader = csv.reader(lines, delimiter=separator)
        try:
            cells = next(cells for cells in reader if any(cell.strip() for cell in cells))
        except (StopIteration, csv.Error):
            raise FileRefused("the header cannot be read: a quote in it is never closed") from None
    names, notes = decoded_names(cells, encoding)
    header = read_header(names)
    header = replace(header, notes=(*notes, *header.notes))
    if not header.read:
        raise FileRefused("no column has a name: write column names in the first line")
    if any("@" in name for name in header.read):
        raise FileRefused(
            "the first line holds an e-mail address, so it is no header: write column names above it"
        )
    return header, before + reader.line_num


def _column(header: Header, stated: str) -> str:
    for name in header.read:
        if name.casefold() == stated.strip().casefold():
            return name
    raise FileRefused(f"the file has no column {stated[:60]!r}: it has {', '.join(header.read[:12])}")


def _date_column(form: Form, header: Header, columns: Columns, wish: Wish) -> str | None:
    if wish.date_column is not None:
        return _column(header, wish.date_column)
    if form.vendor_time is not None:
        return next((name for name in header.read if columns.name(name) == form.vendor_time), None)
    return None


def _with_clock(layout: Layout, stream: BinaryIO, column: str) -> Layout:
    """Settles the order of day and month by all dates of the file. Raises FileRefused where nothing does."""
    place = layout.header.names.index(column)
    orders = Orders()
    for row in layout.rows(stream):
        if isinstance(row, Row) and len(row.cells) > place:
            orders.look_at(row.cells[place])
    clock = layout.clock
    if clock.zone is None and orders.without_offset:
        raise FileRefused(
            f"times in column {column!r} say nothing of their time zone: say it with --time-zone, such as "
            "Europe/Madrid"
        )
    order = clock.order or orders.settled
    notes = layout.notes
    if orders.ambiguous and order is None:
        raise FileRefused(
            f"dates in column {column!r} can be read in two ways, such as 03/09/2026: say --date-order "
            "day_first or month_first"
        )
    if clock.order is None and orders.settled is not None:
        notes += (f"dates in column {column!r} are {order}: others in it cannot be read otherwise",)
    return replace(layout, clock=Clock(clock.zone, order), date_column=column, notes=notes)
