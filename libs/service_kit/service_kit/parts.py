"""Parts: what a service runs side by side for as long as it lives."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from service_kit import metrics
from service_kit.clock import Clock, SystemClock, pause
from service_kit.errors import describe, is_transient
from service_kit.logs import logger

if TYPE_CHECKING:
    from service_kit.postgres import Database

_log = logger(__name__)

LONGEST_WAIT, LONGEST_OUTAGE_WAIT = 300.0, 5.0
"""Seconds between two tries at most: after an error nobody expected, and while a server is away."""


class Part(Protocol):
    """One long-running task of a service."""

    @property
    def name(self) -> str:
        """For logs and /readyz."""

    async def run(self) -> None:
        """Work until `stop`. Raising means the process cannot go on."""

    def stop(self) -> None:
        """Ask it to end soon; returns at once."""

    def not_ready(self) -> str | None:
        """Why this part cannot do its work now, or None."""


class Failures:
    """How often one part has failed in a row, and how long it waits before it tries again."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._failures = 0
        metrics.ROUND_FAILURES.labels(part)
        metrics.FAILING.labels(part).set(0)

    def none(self) -> None:
        """A round went well."""
        self._failures = 0
        metrics.FAILING.labels(self._part).set(0)

    def note(self, error: Exception) -> float:
        """Log and count a failed round; returns the seconds to wait: 1, 2, 4, ..."""
        transient = is_transient(error)
        self._failures += 1
        metrics.ROUND_FAILURES.labels(self._part).inc()
        metrics.FAILING.labels(self._part).set(self._failures)
        longest = LONGEST_OUTAGE_WAIT if transient else LONGEST_WAIT
        wait = min(longest, 2.0 ** min(self._failures - 1, 20))
        log = _log.warning if transient else _log.error
        log(
            "a round failed and is tried again",
            part=self._part,
            error=describe(error),
            transient=transient,
            failures=self._failures,
            wait_seconds=wait,
            at=_place(error),
        )
        return wait


def _place(error: Exception) -> str | None:
    """Where it was raised; a whole traceback might quote what somebody typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None


class Periodic:
    """Calls `work` every `every`, first at once.

    With `only_one` and a database, only the instance that holds the store's lock of this name works; the
    others try for it each round. Whatever a round raises is logged, counted and tried again, later each
    time: no fault of one part takes the others down.
    """

    def __init__(
        self,
        name: str,
        *,
        every: timedelta,
        work: Callable[[], Awaitable[None]],
        only_one: bool = False,
        database: "Database | None" = None,
        on_loss: Callable[[], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if only_one and database is None:
            raise ValueError(f"{name}: only_one needs database=runtime.database, which holds the lock")
        self.name = name
        self._every = every.total_seconds()
        self._work = work
        self._only_one = only_one
        self._database = database
        self._on_loss = on_loss
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._failures = Failures(name)

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            wait = self._every
            if not self._only_one:
                await self._rounds(lambda: True)
                continue
            try:
                await self._rounds_as_the_one()
            except Exception as error:
                wait = self._failures.note(error)
            await pause(self._clock, wait, unless=self._stopping)

    async def _rounds_as_the_one(self) -> None:
        assert self._database is not None  # noqa: S101 - checked in __init__
        try:
            async with self._database.advisory_lock(self.name) as held:
                if held is not None:
                    await self._rounds(held)
        finally:
            if self._on_loss is not None:
                self._on_loss()

    async def _rounds(self, may_go_on: Callable[[], bool]) -> None:
        while not self._stopping.is_set() and may_go_on():
            await pause(self._clock, await self._round(), unless=self._stopping)

    async def _round(self) -> float:
        """One round; the seconds until the next."""
        try:
            await self._work()
        except Exception as error:
            return self._failures.note(error)
        self._failures.none()
        return self._every

    def stop(self) -> None:
        """End after the work in hand."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Never: a late round is no reason to take an instance out."""
        return None
