"""The versions of the rulebook that this store holds, compiled once a process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from router.domain.book import Book, read_book
from rulebook.store import RulebookCache
from rulebook.versions import History, NoRulebookYet, Versioned
from service_kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class Shelf:
    """The versions one transaction can see."""

    history: History
    compiled: dict[int, Book]

    def at(self, time: datetime) -> Book | None:
        """The version in force at `time`; None before the first publication."""
        try:
            versioned = self.history.at(time)
        except NoRulebookYet:
            return None
        return self._compile(versioned)

    def with_version(self, versioned: Versioned) -> "Shelf":
        """This shelf and a version that the transaction has just stored."""
        return Shelf(self.history.with_version(versioned), dict(self.compiled))

    def _compile(self, versioned: Versioned) -> Book:
        book = self.compiled.get(versioned.version)
        if book is None or book.company is not versioned.rulebook:
            book = read_book(versioned.version, versioned.rulebook)
            self.compiled[versioned.version] = book
        return book


class Books:
    """Reads the shelf with the state a transaction locks: one indexed look when nothing is new."""

    def __init__(self) -> None:
        self._cache = RulebookCache()
        self._compiled: dict[int, Book] = {}

    async def shelf(self, conn: Connection) -> Shelf:
        """What the transaction sees; call it before the transaction stores a version itself."""
        return Shelf(await self._cache.history(conn), self._compiled)

    @property
    def compiled(self) -> Mapping[int, Book]:
        """Versions compiled so far."""
        return self._compiled
