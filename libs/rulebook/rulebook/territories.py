"""Tables of territories: which row holds for a lead. An index, for a table may have many thousand rows."""

import heapq
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from rulebook.languages import language_code
from rulebook.models import Territory
from rulebook.postcodes import Range, postcode_key, postcode_range

Key = tuple[str | None, str | None, str | None]
"""Region, country and language, as they compare; None where a row says nothing of it."""
_NO_ORDER = 1 << 62


@dataclass(frozen=True, slots=True)
class Spot:
    """What of a lead a territory is chosen by, as it compares; None where it is not known."""

    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> "Spot":
        """Of a lead's profile."""
        country, region, postcode, language = (
            profile.get(name) for name in ("country", "region", "postcode", "language")
        )
        return cls(
            country or None,
            region_key(region) if region else None,
            postcode_key(postcode, country) or None if postcode else None,
            language_code(language) if language else None,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it compares."""

    source: Territory
    key: Key
    range: Range | None

    @classmethod
    def of(cls, row: Territory) -> "Row":
        """Raises ValueError for a range that ends before it starts."""
        key = (
            region_key(row.region) if row.region else None,
            row.country,
            language_code(row.language) if row.language else None,
        )
        return cls(row, key, postcode_range(row.postcode_from, row.postcode_to, row.country))

    def holds(self, spot: Spot) -> bool:
        """Whether all that the row says is true of a lead."""
        known = (spot.region, spot.country, spot.language)
        if any(asked is not None and asked != has for asked, has in zip(self.key, known, strict=True)):
            return False
        return self.range is None or (spot.postcode is not None and spot.postcode in self.range)

    @property
    def specificity(self) -> tuple[bool, ...]:
        """What the row speaks of: postcodes say more than a region, that more than a country, that more than
        a language."""
        return (self.range is not None, *(part is not None for part in self.key))

    @property
    def order(self) -> int:
        """Rows without one come last."""
        return self.source.order if self.source.order is not None else _NO_ORDER


class TerritoryTable:
    """The rows of one table. Built once a version; a look costs some microseconds whatever its size."""

    __slots__ = ("_groups", "_shapes")

    def __init__(self, rows: Iterable[Territory]) -> None:
        groups: dict[tuple[bool, Key], list[Row]] = {}
        for each in rows:
            row = Row.of(each)
            groups.setdefault((row.range is not None, row.key), []).append(row)
        self._groups = {place: _group(place[0], found) for place, found in groups.items()}
        shapes = {(by_range, *(part is not None for part in key)) for by_range, key in groups}
        self._shapes = [shape for shape in _SHAPES if shape in shapes]

    def find(self, spot: Spot) -> Territory | None:
        """The row that says most of those that hold for a lead; of equals the first in order."""
        for by_range, region, country, language in self._shapes:
            key = (
                spot.region if region else None,
                spot.country if country else None,
                spot.language if language else None,
            )
            if (key[0] is None) is region or (key[1] is None) is country or (key[2] is None) is language:
                continue  # the rows speak of what is not known of the lead
            group = self._groups.get((by_range, key))
            if group is not None and (found := group.find(spot.postcode)) is not None:
                return found
        return None


_SHAPES = [tuple(shape) for shape in product((True, False), repeat=4)]
"""From the most specific to the least; see `Row.specificity`."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that speak of the same place but for postcodes: from each bound on, which of them comes first."""

    starts: Sequence[str]
    rows: Sequence[Territory | None]

    def find(self, postcode: str | None) -> Territory | None:
        if not self.starts:
            return self.rows[0]
        return self.rows[bisect_right(self.starts, postcode)] if postcode is not None else None

    def instead_of(self, row: Row) -> list[Territory]:
        """Who comes first where a row of the group would hold, each once."""
        first, last = bisect_right(self.starts, _start(row)), bisect_left(self.starts, _end(row))
        found = self.rows[first : last + 1] if self.starts else self.rows
        return list({id(each): each for each in found if each is not None}.values())


def _group(by_range: bool, rows: list[Row]) -> _Group:
    if not by_range:
        return _Group((), (min(rows, key=lambda row: (row.order, row.source.line_number)).source,))
    starts, firsts = list[str](), list[Territory | None]([None])
    for start, first in _stretches(rows):
        starts.append(start)
        firsts.append(first)
    return _Group(starts, firsts)


def _stretches(rows: list[Row]) -> Iterator[tuple[str, Territory | None]]:
    """Every bound of a range, and the row that comes first from there to the next bound."""
    opening = outer_first(rows)
    bounds = sorted({bound for row in rows if row.range for bound in (row.range.start, row.range.end)})
    active: list[tuple[int, int, str, Territory]] = []
    place = 0
    for bound in bounds:
        while place < len(opening) and _start(opening[place]) == bound:
            row = opening[place]
            heapq.heappush(active, (row.order, -place, _end(row), row.source))
            place += 1
        while active and active[0][2] <= bound:
            heapq.heappop(active)
        yield bound, active[0][3] if active else None


def outer_first(rows: Iterable[Row]) -> list[Row]:
    """In order of their starts, of one start the widest range first, of one range the last line: so that of
    all that hold for a postcode, and have the same `order`, the last comes first."""
    found = sorted(rows, key=lambda row: row.source.line_number, reverse=True)
    found.sort(key=_end, reverse=True)
    found.sort(key=_start)
    return found


def _start(row: Row) -> str:
    return row.range.start if row.range is not None else ""


def _end(row: Row) -> str:
    return row.range.end if row.range is not None else ""


def overlaps(rows: Iterable[Territory]) -> Iterator[tuple[Territory, Territory]]:
    """Pairs of rows that hold for the same leads while nothing says which is first; the earlier line first.

    They speak of the same, have the same `order` or none, and neither range lies inside the other. Of many
    that overlap each is told once. Rows whose range cannot be read are passed over.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in _readable(rows):
        groups.setdefault((row.range is not None, row.key, row.source.order), []).append(row)
    for group in groups.values():
        yield from _crossings(group)


def unreached(rows: Iterable[Territory]) -> Iterator[tuple[Territory, list[Territory]]]:
    """Rows that are found for no lead, each with those that speak of the same and always come before it.

    Rows whose range cannot be read are passed over.
    """
    groups: dict[tuple[bool, Key], list[Row]] = {}
    for row in _readable(rows):
        groups.setdefault((row.range is not None, row.key), []).append(row)
    for (by_range, _), group in groups.items():
        found = _group(by_range, group)
        first = {id(row) for row in found.rows}
        yield from ((row.source, found.instead_of(row)) for row in group if id(row.source) not in first)


def _readable(rows: Iterable[Territory]) -> Iterator[Row]:
    for each in rows:
        try:
            yield Row.of(each)
        except ValueError:
            continue


def _crossings(rows: list[Row]) -> Iterator[tuple[Territory, Territory]]:
    """Ranges sorted by start, the wider first: whoever is still open must have all of the next."""
    around: list[Row] = []
    for row in outer_first(rows):
        while around and row.range is not None and _end(around[-1]) <= row.range.start:
            around.pop()
        outer = around[-1] if around else None
        if outer is not None and not (row.range and outer.range and row.range.is_inside(outer.range)):
            first, second = sorted((outer.source, row.source), key=lambda each: each.line_number)
            yield first, second
        if outer is None or _end(row) <= _end(outer):
            around.append(row)
        else:
            around[-1] = row


@lru_cache(maxsize=8192)
def region_key(text: str) -> str:
    """A region without case, accents and signs: `Castilla-La Mancha` is `castilla la mancha`."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())
