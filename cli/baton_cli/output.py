"""What a command prints: rich in a terminal, plain in a pipe, JSON for machines, progress on stderr."""

import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""What a terminal obeys instead of showing, and what turns the direction of writing."""


def seen(text: str) -> str:
    """The text as a terminal may have it: what it would obey is written out, as `\\u001b`. Strangers wrote
    much of what is printed here.
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def progress(text: str) -> None:
    """One line on stderr about what is going on."""
    print(seen(text), file=sys.stderr, flush=True)


class Changing:
    """How far something is, on stderr: a line that changes in a terminal, lines one below the other in a
    pipe. Use as a context manager."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress, TextColumn

        console = Console(stderr=True)
        self._line = Progress(TextColumn("{task.description}", markup=False), console=console, transient=True)
        self._task = self._line.add_task("")

    def __enter__(self) -> "Changing":
        if self._line.console.is_terminal:
            self._line.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._line.console.is_terminal:
            self._line.stop()

    def show(self, text: str) -> None:
        """Show how far it is now."""
        if self._line.console.is_terminal:
            self._line.update(self._task, description=seen(text))
        else:
            progress(text)


def print_json(document: Any) -> None:
    """One JSON document on stdout; indented only for a person."""
    indent = 2 if sys.stdout.isatty() else None
    print(seen(json.dumps(document, indent=indent, ensure_ascii=False, default=str)))


def print_line(text: str = "") -> None:
    """One line of the answer, never wrapped or coloured."""
    print(seen(text))


def print_heading(text: str) -> None:
    """A heading, bold in a terminal."""
    if sys.stdout.isatty():
        from rich.console import Console

        Console(highlight=False).print(seen(text), style="bold", markup=False)
    else:
        print(seen(text))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, optional: Collection[str] = ()
) -> None:
    """A table; cells are shown as text, None as nothing. Into a pipe: aligned columns, nothing cut off.

    Cells and headings may have several lines. `optional` columns are left out where no row has anything.
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    shown = [at for at, name in enumerate(columns) if name not in optional or any(row[at] for row in cells)]
    columns = [columns[at] for at in shown]
    cells = [[row[at] for at in shown] for row in cells]
    if sys.stdout.isatty():
        _print_rich_table(columns, cells)
        return
    lines = [line for row in [columns, *cells] for line in _lines(row)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, object]) -> None:
    """Names and values, one a line; those without a value are left out."""
    shown = {_text(name): _text(value) for name, value in fields.items() if value not in (None, "", [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        # a value's own lines stand below it, so that none passes for another field
        below = value.replace("\n", "\n".ljust(width + 3))
        print(f"{name.ljust(width)}  {below}")


def _lines(row: Sequence[str]) -> list[tuple[str, ...]]:
    """A row as lines of its cells' lines."""
    return list(zip_longest(*(cell.split("\n") for cell in row), fillvalue=""))


def _print_rich_table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    return seen(str(value))
