"""What the company calls its lines and sources, and what it wrote for buyers."""

from collections.abc import Sequence
from dataclasses import dataclass

from router.domain.book import Book
from rulebook.languages import language_code


@dataclass(frozen=True, slots=True)
class Names:
    """What the company calls lines and sources; an id that it does not name stands for itself."""

    book: Book | None

    def line(self, line: str) -> str:
        """A line."""
        return str(self.book.company.lines.get(line, line)) if self.book is not None else line

    def pool(self, pool: str) -> str:
        """A pool."""
        named = self.book.company.routing.pools.get(pool) if self.book is not None else None
        return named.name if named is not None else pool

    def source(self, source: str) -> str:
        """A source."""
        named = self.book.company.sources.get(source) if self.book is not None else None
        return named.name if named is not None else source

    def content(self, stage: str | None, spoken: str | None) -> Sequence[tuple[str, str]]:
        """Title and address of what fits a buyer at a stage; nothing in another language than theirs."""
        if self.book is None or stage is None:
            return ()
        language = language_code(spoken) if spoken else None
        fitting = next((each for key, each in self.book.company.content.items() if key.value == stage), [])
        return [
            (each.title, each.url)
            for each in fitting
            if each.language is None or language is None or each.language == language
        ]
