"""What the documents of the repository show: fenced examples, and commands named in a line."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(?!`)([^`\n]+)`")
_BATON = re.compile(r"(?:\S+/)?baton")
_IN_COMPOSE = ["docker", "compose", "run", "--rm"]
_ENDS = {"|", "||", "&&", ";", ">", ">>"}


@dataclass(frozen=True)
class Example:
    """A fenced block: where it stands, its language and its text without the indent."""

    file: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A call of `baton`: its words behind `baton`. `is_whole`: printed to be run, and not only named."""

    place: str
    words: tuple[str, ...]
    is_whole: bool

    def __str__(self) -> str:
        return f"{self.place} baton {' '.join(self.words)}"


@cache
def documents() -> tuple[Path, ...]:
    """Every document for people; what is installed or made while running is none."""
    found = (path for path in ROOT.rglob("*.md") if not _is_foreign(path.relative_to(ROOT)))
    return tuple(sorted(found))


def _is_foreign(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)


def examples(*languages: str) -> list[Example]:
    """The fenced blocks of these languages, or of all."""
    found = [each for file in documents() for each in _examples(file)]
    return [each for each in found if not languages or each.language in languages]


def _examples(file: Path) -> Iterator[Example]:
    text = file.read_text(encoding="utf-8")
    for block in _FENCE.finditer(text):
        indent = len(block["indent"])
        lines = [line[indent:] for line in block["text"].splitlines()]
        yield Example(file, text[: block.start()].count("\n") + 2, block["language"], "\n".join(lines) + "\n")


def lines_of(example: Example) -> list[str]:
    """The command lines of a shell block, continued ones in one; comments and empty lines left out."""
    joined = re.sub(r"\\\n\s*", " ", example.text)
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def commands() -> list[Command]:
    """Every call of `baton` in the documents; those of the changelog are of their time."""
    files = [file for file in documents() if file.name != "CHANGELOG.md"]
    found = (_fenced_commands, _indented_commands, _named_commands)
    return [each for file in files for kind in found for each in kind(file)]


def _fenced_commands(file: Path) -> Iterator[Command]:
    for example in _examples(file):
        if example.language in ("", "sh"):
            for line in lines_of(example):
                yield from _calls(line, str(example), is_whole=True)


def _indented_commands(file: Path) -> Iterator[Command]:
    """Of code that stands four signs to the right; a line that is continued counts as one."""
    text = _without_fences(file)
    for number, line in enumerate(re.sub(r"\\\n *", " ", text).splitlines(), start=1):
        if line.startswith("    "):
            yield from _calls(line, f"{file.relative_to(ROOT)}, line {number} or so", is_whole=True)


def _without_fences(file: Path) -> str:
    """The text with an empty line for each of a fenced block."""
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), file.read_text(encoding="utf-8"))


def _named_commands(file: Path) -> Iterator[Command]:
    text = _without_fences(file)
    for named in _INLINE.finditer(text):
        place = f"{file.relative_to(ROOT)}:{text[: named.start()].count(chr(10)) + 1}"
        yield from _calls(named[1].replace("\\|", "|"), place, is_whole=False)


def _calls(line: str, place: str, *, is_whole: bool) -> Iterator[Command]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if words[: len(_IN_COMPOSE)] == _IN_COMPOSE:
        words = words[len(_IN_COMPOSE) :]
    if words and _BATON.fullmatch(words[0]):
        end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
        yield Command(place, tuple(words[1:end]), is_whole)
