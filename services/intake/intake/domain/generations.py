"""A mapping that forgets: bounded however many keys come."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Keeps at least the newest `size` keys that were put in, and at most twice as many.

    Two dictionaries take turns: when the young one is full it becomes the old one, and the old one is
    forgotten as a whole. Every operation takes the same time, which no order by last use does.
    """

    def __init__(self, size: int) -> None:
        self._size = max(1, size)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What was put in last under `key`, unless it is forgotten."""
        value = self._young.get(key)
        return value if value is not None else self._old.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep `value`, which replaces the one before."""
        self._young[key] = value
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}

    def __contains__(self, key: K) -> bool:
        return key in self._young or key in self._old

    def __len__(self) -> int:
        return len(self._young) + sum(1 for key in self._old if key not in self._young)
