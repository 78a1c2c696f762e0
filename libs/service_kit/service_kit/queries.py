"""SQL lives in a file beside its store; every query has a name and a line that says what it is for."""

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable

_NAME = re.compile(r"^--\s*name:\s*(\S+)\s*$")


class QueriesInvalid(ValueError):
    """The SQL file breaks a rule of its form: correct the line named."""


class Queries(Mapping[str, str]):
    """SQL by name: `q.insert_person` or `q["insert_person"]`."""

    def __init__(self, source: str, by_name: Mapping[str, str]) -> None:
        self._source = source
        self._by_name = dict(by_name)

    def __getitem__(self, name: str) -> str:
        return self._by_name[name]

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name))
            raise AttributeError(f"{self._source} has no query named {name!r}; it has {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def load_queries(package: str, filename: str = "queries.sql") -> Queries:
    """Read the queries of a package: of one file, or of every .sql file of a folder.

    Raises QueriesInvalid for a file without any query, SQL before the first name, a name without a line of
    purpose, an empty query, or a name used twice.
    """
    place = resources.files(package).joinpath(filename)
    if place.is_file():
        return parse_queries(place.read_text("utf-8"), source=f"{package}/{filename}")
    found: dict[str, str] = {}
    for file in sorted((each for each in place.iterdir() if each.name.endswith(".sql")), key=_by_name):
        source = f"{package}/{filename}/{file.name}"
        more = parse_queries(file.read_text("utf-8"), source=source)
        twice = sorted(found.keys() & more)
        if twice:
            raise QueriesInvalid(f"{source}: {twice[0]!r} is named in another file too; choose another name")
        found.update(more)
    return Queries(f"{package}/{filename}", found)


def _by_name(file: Traversable) -> str:
    return file.name


def parse_queries(text: str, *, source: str) -> Queries:
    """As `load_queries`, from a text; `source` is what errors call it."""
    found: dict[str, str] = {}
    name, started, body = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        match = _NAME.match(line)
        if match is None:
            if name:
                body.append(line)
            elif line.strip() and not line.lstrip().startswith("--"):
                raise QueriesInvalid(f"{source}:{number}: SQL before the first '-- name: ...' line")
            continue
        _keep(found, name, body, f"{source}:{started}")
        name, started, body = match.group(1), number, []
        if name in found:
            raise QueriesInvalid(f"{source}:{number}: a second query named {name!r}; choose another name")
        if not name.isidentifier():
            raise QueriesInvalid(
                f"{source}:{number}: {name!r} is no name; use letters, digits and underscores"
            )
    _keep(found, name, body, f"{source}:{started}")
    if not found:
        raise QueriesInvalid(
            f"{source}: no query in it; begin each with '-- name: ...' and a line of purpose"
        )
    return Queries(source, found)


def _keep(found: dict[str, str], name: str, body: list[str], place: str) -> None:
    if not name:
        return
    first = next((line.strip() for line in body if line.strip()), "")
    if not first.startswith("--") or not first.lstrip("- "):
        raise QueriesInvalid(
            f"{place}: {name} lacks a line of purpose: write '-- what it is for' under its name"
        )
    sql = "\n".join(line for line in body if not line.lstrip().startswith("--")).strip().rstrip(";")
    if not sql:
        raise QueriesInvalid(f"{place}: {name} has no SQL")
    found[name] = sql
