"""The names of a file's columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field


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
