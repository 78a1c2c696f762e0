"""The versions of the rulebook that this store holds, compiled once a process."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.domain.book import Book, read_book
from router.metrics import known_book
from rulebook.store import RulebookCache
from rulebook.versions import History, NoRulebookYet, Versioned
from service_kit.postgres import Connection

LONGEST = timedelta(minutes=1)
"""No transaction lasts longer: what takes effect later is not its matter."""


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

    def version(self, number: int | None) -> Book | None:
        """A version by its number; None for one that is not known here."""
        found = next((each for each in self.history if each.version == number), None)
        return self._compile(found) if found is not None else None

    def about(self, since: datetime, now: datetime) -> list[Book]:
        """The versions in force at `since`, `now`, and when a transaction of now may end; each once."""
        found = (self.at(time) for time in (since, now, now + LONGEST))
        return list({book.version: book for book in found if book is not None}.values())

    def with_version(self, versioned: Versioned) -> "Shelf":
        """This shelf and a version that the transaction has just stored."""
        return Shelf(self.history.with_version(versioned), dict(self.compiled))

    def _compile(self, versioned: Versioned) -> Book:
        book = self.compiled.get(versioned.version)
        if book is None or book.company is not versioned.rulebook:
            book = read_book(versioned.version, versioned.rulebook)
            self.compiled[versioned.version] = book
            known_book(book)
        return book


class Books:
    """Reads the shelf with the state a transaction locks: one indexed look when nothing is new."""

    def __init__(self) -> None:
        self._cache = RulebookCache()
        self._compiled: dict[int, Book] = {}

    async def shelf(self, conn: Connection) -> Shelf:
        """What the transaction sees; call it before the transaction stores a version itself."""
        return Shelf(await self._cache.history(conn), self._compiled)
