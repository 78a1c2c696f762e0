"""When to try again, and when to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """Exponential: each wait is `factor` times the last, from `first` to `longest`, give or take a fifth by
    chance, so that messages held up together do not come back together. Nothing is tried after `gives_up`.
    """

    first: timedelta = timedelta(seconds=5)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=1)
    gives_up: timedelta = timedelta(days=3)

    def wait(self, attempts: int, chance: Callable[[], float]) -> timedelta:
        """After so many attempts, one or more; `chance` gives a number from 0 to 1."""
        power = min(attempts - 1, 32)
        plain = min(self.first.total_seconds() * self.factor**power, self.longest.total_seconds())
        return timedelta(seconds=plain * (0.8 + 0.4 * chance()))

    def next_try(
        self,
        now: datetime,
        attempts: int,
        give_up_at: datetime,
        asked: timedelta | None,
        chance: Callable[[], float],
    ) -> datetime | None:
        """When, or None when that would be past the end. A receiver that asked for a longer wait gets it."""
        wait = max(self.wait(attempts, chance), asked or timedelta(0))
        due = now + wait
        return due if due <= give_up_at else None
