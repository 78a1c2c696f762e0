"""How long records are gathered before a batch starts: never for one that finds the consumer idle."""

LOADED = 8
"""A batch of so many records means load: the next one gathers for the whole window."""
LIGHT_SHARE = 0.4
"""Share of the window that is gathered below that."""
STEP_SHARE = 0.4
"""aiokafka asks for more only when what it has fetched is taken, so a window is gathered in steps of this
share.
"""


class Pace:
    """Keeps the starts of batches apart, by the gather window under load, by a share of it otherwise.

    A record that comes later than that after the last batch is taken at once. Seconds throughout; 0 gathers
    never.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._started_at = float("-inf")
        self._loaded = False

    def wait(self, now: float) -> float:
        """Seconds to gather before asking for more; 0 or less starts the batch."""
        window = self._window if self._loaded else self._window * LIGHT_SHARE
        return min(self._started_at + window - now, self._window * STEP_SHARE)

    def started(self, now: float, records: int) -> None:
        """A batch starts now."""
        if records:
            self._started_at = now
            self._loaded = records >= LOADED
