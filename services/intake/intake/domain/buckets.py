"""How many posts a minute. Token buckets, each kept as one number.

The number is the time at which the bucket will be full again (the generic cell rate algorithm of ITU-T I.371,
annex A). A bucket holds a minute's worth, so that a short rush passes and the mean over time is the limit.
"""

from collections.abc import Hashable

from intake.domain.generations import Generations

_MINUTE = 60.0
_ROUNDING = 1e-9


class Buckets:
    """Buckets by key; at most about `size` keys are remembered, and a forgotten one is full."""

    def __init__(self, size: int) -> None:
        self._full_at: Generations[Hashable, float] = Generations(size)

    def take(self, key: Hashable, per_minute: int, now: float) -> float:
        """Take one. 0 when there was one; else the seconds until there is one again, and nothing is taken.

        `now` in seconds, from a clock that never goes back.
        """
        full_at = self._full_at.get(key)
        if full_at is None or full_at < now:
            full_at = now
        full_at += _MINUTE / per_minute
        wait = full_at - now - _MINUTE
        if wait > _ROUNDING:
            return wait
        self._full_at.put(key, full_at)
        return 0.0

    def give_back(self, key: Hashable, per_minute: int) -> None:
        """Undo one `take`."""
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._full_at.put(key, full_at - _MINUTE / per_minute)
