"""The names of a file's columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from intake.imports.errors import FileRefused
from intake.imports.reading.encodings import Encoding
from intake.imports.reading.lines import LOST, is_marked, repaired, shown


@dataclass(frozen=True, slots=True)
class Header:
    """Column names in order; None for a column that is not read, with the reason among `notes`."""

    names: tuple[str | None, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name in self.names if name is not None)

    def is_repeated_by(self, row: Sequence[str]) -> bool:
        """Whether a row is this header again, as files put together from several have it."""
        told = [name for name in self.names if name is not None]
        return (
            len(row) == len(self.names)
            and [cell.strip() for cell, name in zip(row, self.names, strict=True) if name is not None] == told
        )


def decoded_names(cells: Sequence[str], encoding: Encoding) -> tuple[list[str], list[str]]:
    """The names as text, and what was done about their bytes.

    Raises FileRefused for a name with bytes that are no characters: under a name that nobody wrote its column
    would be another field, or none, in every row.
    """
    names, notes = [], []
    for place, cell in enumerate(cells, start=1):
        name = repaired(cell)
        called = shown(cell).strip()[:60]
        if name is None or LOST in name:
            raise FileRefused(
                f"the name of column {place} ({called!r}) holds bytes that are no characters in "
                f"{encoding.spoken}: state another encoding with --encoding (encoding= over HTTP), or save "
                "the file as CSV UTF-8 and send that"
            )
        if is_marked(cell):
            notes.append(
                f"the name of column {place} holds bytes that are no {encoding.spoken}; read as windows-1252 "
                f"it is {called}"
            )
        elif "\ufffd" in name:
            notes.append(f"the name of column {place} lost a letter before the file was saved: {called}")
        names.append(name)
    return names, notes


def read_header(cells: Sequence[str]) -> Header:
    """Of columns with one name (compared without case and outer blanks) the first counts.

    A column without a name is not read. Both are said in `notes`.
    """
    names: list[str | None] = []
    notes: list[str] = []
    first: dict[str, int] = {}
    for place, cell in enumerate(cells, start=1):
        name = cell.replace("\x00", "").strip().strip("\ufeff").strip()
        folded = name.casefold()
        if not name:
            names.append(None)
            notes.append(f"column {place} has no name and is not read")
        elif folded in first:
            names.append(None)
            notes.append(
                f"column {place} is called {name} like column {first[folded]}: only the first is read"
            )
        else:
            first[folded] = place
            names.append(name)
    return Header(tuple(names), tuple(notes))
