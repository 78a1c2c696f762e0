"""By when a caller has its answer. Its steps share the time: what one takes the next ones lack.

A website's visitor waits, and vendors hang up. So the whole has 2.5 s, or the time that a broker and a disk
which both hang would take by their settings; a captcha's provider gets what is left once the disk has all of
its time and the broker enough to answer. Whoever comes too late gives way: quarantine instead of a verdict,
the spool instead of the broker. The disk is last and waited for in any case, as after it there is only 503.
"""

from service_kit.clock import Clock

ANSWER_SECONDS = 2.5
_BROKER_AT_LEAST = 0.3
_DISK_AT_LEAST = 0.25


class Deadline:
    """The time of one request, all in seconds. `publish`, `spool`: the most that each step may take."""

    def __init__(self, clock: Clock, *, publish: float, spool: float) -> None:
        self._clock = clock
        self._publish = publish
        self._spool = spool
        self._at = clock.monotonic() + max(ANSWER_SECONDS, publish + spool)

    @property
    def for_captcha(self) -> float:
        """How long a provider may be waited for now; 0 for not at all."""
        broker = min(_BROKER_AT_LEAST, self._publish)
        return max(0.0, self._left() - self._spool - broker)

    @property
    def for_broker(self) -> float | None:
        """How long the broker may be waited for now; None for as long as it has in any case."""
        left = self._left() - self._spool
        return None if left >= self._publish else max(min(_BROKER_AT_LEAST, self._publish), left)

    @property
    def for_disk(self) -> float:
        """How long the disk may be waited for now."""
        return min(self._spool, max(_DISK_AT_LEAST, self._left()))

    def _left(self) -> float:
        return self._at - self._clock.monotonic()
