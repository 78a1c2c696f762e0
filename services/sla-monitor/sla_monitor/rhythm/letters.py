"""A page as people read it: a title, and sections that become plain text, HTML and blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """A campaign or a piece of news: its title, what is said of it, and where more stands."""

    title: str
    text: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and below it a table, items, and a line of words, as far as there are any.

    `columns` are the table's headings; of all but the first column the figures stand to the right where
    `figures` says so.
    """

    heading: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    figures: bool = False
    items: Sequence[Item] = ()
    line: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, in the reader's language. `data` is for receivers that are programs."""

    language: str
    subject: str
    intro: str
    sections: Sequence[Section]
    closing: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
