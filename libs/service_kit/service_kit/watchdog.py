"""Finds a consumer that has stalled in silence: after a broker restart its own lag figure may read zero."""

from dataclasses import dataclass

STANDSTILL = 30.0
"""Seconds without a fetch, with records waiting or no answer, after which the Kafka client is replaced."""


@dataclass(slots=True)
class Watchdog:
    """Judges by what the broker says, not by what the client believes. Times are monotonic seconds."""

    moved_at: float

    def moved(self, now: float) -> None:
        """Something was fetched, or the loop was busy or held for a reason of its own."""
        self.moved_at = now

    def judge(self, *, lag: int | None, now: float) -> bool:
        """Whether to replace the client. `lag` None: no answer, from a broker that is away or to a client
        that is broken; the client cannot tell, and a new one harms neither.
        """
        if lag is None or lag > 0:
            return now - self.moved_at >= STANDSTILL
        self.moved_at = now
        return False
