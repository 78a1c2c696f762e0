"""Whether the broker is tried at all: after a failure records go to the spool until a probe succeeds."""

from service_kit.clock import Clock

_PROBE_SECONDS = 1.0


class Circuit:
    """Closed: publish. Open: spool.

    While open the replayer probes with what lies in the spool. Where nothing does (the spool takes no more),
    one request a second may try the broker itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_open = False
        self._last_try = 0.0

    @property
    def is_open(self) -> bool:
        """Whether requests go straight to the spool."""
        return self._is_open

    def open(self) -> None:
        """A publication failed or took too long."""
        self._is_open = True
        self._last_try = self._clock.monotonic()

    def close(self) -> None:
        """The broker acknowledged something."""
        self._is_open = False

    def lets_try(self, *, spool_is_empty: bool) -> bool:
        """Whether this request may ask the broker."""
        if not self._is_open:
            return True
        now = self._clock.monotonic()
        if not spool_is_empty or now - self._last_try < _PROBE_SECONDS:
            return False
        self._last_try = now
        return True
