"""What fails again and again is left alone for a while by itself, so that it holds up nothing beside it."""

from collections.abc import Awaitable, Callable

from service_kit import metrics
from service_kit.clock import Clock
from service_kit.errors import describe, is_transient
from service_kit.logs import logger

_log = logger(__name__)

LONGEST = 300.0
"""Seconds between two tries at most."""


class Rests:
    """The tries of one part, each by its name: a pool, a rep."""

    def __init__(self, part: str, clock: Clock) -> None:
        self._part = part
        self._clock = clock
        self._failed: dict[str, tuple[int, float]] = {}
        metrics.ROUND_FAILURES.labels(part)
        metrics.FAILING.labels(part).set(0)

    async def attempt(self, name: str, work: Callable[[], Awaitable[int]]) -> int:
        """What `work` returns; 0 where it fails, or did so less than 1, 2, 4, ... seconds ago.

        Raises what may pass by itself, as an outage does: that concerns all of them.
        """
        failures, until = self._failed.get(name, (0, 0.0))
        if failures and self._clock.monotonic() < until:
            return 0
        try:
            done = await work()
        except Exception as error:
            if is_transient(error):
                raise
            self._note(name, failures, error)
            return 0
        if self._failed.pop(name, None) is not None:
            self._tell()
        return done

    def _note(self, name: str, failures: int, error: Exception) -> None:
        wait = min(LONGEST, 2.0 ** min(failures, 20))
        self._failed[name] = failures + 1, self._clock.monotonic() + wait
        metrics.ROUND_FAILURES.labels(self._part).inc()
        self._tell()
        _log.error(
            "this one is left alone for a while",
            part=self._part,
            name=name,
            error=describe(error),
            failures=failures + 1,
            wait_seconds=wait,
        )

    def _tell(self) -> None:
        most = max((failures for failures, _ in self._failed.values()), default=0)
        metrics.FAILING.labels(self._part).set(most)
