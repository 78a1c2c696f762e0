"""What a page has its reader type: read from the page itself, so that it and its proof cannot part."""

import re
from pathlib import Path
from textwrap import dedent

_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"(?:^ {4}.*\n)(?:^ {4}.*\n|^\n(?= {4}))*", re.MULTILINE)


class Section:
    """The part of a page below one heading, down to the next of its kind."""

    def __init__(self, page: Path, title: str) -> None:
        text = page.read_text(encoding="utf-8")
        (begin,) = (each for each in _HEADING.finditer(text) if each[2] == title)
        rest = text[begin.end() :]
        ends = (each.start() for each in _HEADING.finditer(rest) if len(each[1]) <= len(begin[1]))
        self._name = f"{page.name}, {title}"
        self.blocks = [dedent(each) for each in _BLOCK.findall(rest[: next(ends, len(rest))])]
        """Those that stand four signs to the right, in their order."""

    def block(self, *words: str) -> str:
        """The one block in which all these words stand; AssertionError where none or several have them."""
        found = [each for each in self.blocks if all(word in each for word in words)]
        assert len(found) == 1, f"{self._name}: {len(found)} blocks have {', '.join(words)}"
        return found[0]

    def after(self, block: str) -> str:
        """The block that stands behind another."""
        return self.blocks[self.blocks.index(block) + 1]


def filled_in(block: str, *given: tuple[str, str]) -> str:
    """The block with the reader's own in place of each example of the page's, which has to be in it."""
    for example, own in given:
        assert example in block, f"nothing to be replaced by {own}: no {example} in\n{block}"
        block = block.replace(example, own)
    return block
