"""A set of reps in the order of a number that only a lead given changes: the first is always at hand."""

import heapq
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

Entry = TypeVar("Entry", bound=tuple[float, float, str])
Rank = tuple[float, float, str]
"""What decides, what decides between equals, and the rep's id, so that no two are equal."""


@dataclass(slots=True)
class Ranking:
    """The reps of a set, the smallest rank first. Changed by `move` only."""

    ranks: dict[str, Rank]
    _heap: list[Rank] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._heap = list(self.ranks.values())
        heapq.heapify(self._heap)

    def first(self) -> str:
        """The rep with the smallest rank. The set must not be empty."""
        return self._heap[0][2]

    def move(self, rep: str, rank: Rank) -> None:
        """The rep, of this set, has another rank."""
        before = self.ranks[rep]
        if rank == before:
            return
        if self._heap[0] == before:
            heapq.heapreplace(self._heap, rank)
        else:
            self._heap[self._heap.index(before)] = rank
            heapq.heapify(self._heap)
        self.ranks[rep] = rank

    def first_among(self, among: Container[str]) -> str:
        """The rep with the smallest rank of some of the set, of which there is one."""
        return next(rep for _, _, rep in in_order(self._heap) if rep in among)

    def nearest(self, number: int) -> list[str]:
        """The so many reps with the smallest ranks, in order."""
        return [rep for _, _, rep in islice(in_order(self._heap), number)]


def in_order(heap: Sequence[Entry]) -> Iterator[Entry]:
    """The entries of a heap, the smallest first, without looking at more of it than is asked for."""
    edge = [(heap[0], 0)] if heap else []
    while edge:
        entry, place = heapq.heappop(edge)
        yield entry
        for child in (2 * place + 1, 2 * place + 2):
            if child < len(heap):
                heapq.heappush(edge, (heap[child], child))
