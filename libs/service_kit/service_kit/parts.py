"""Parts: what a service runs side by side for as long as it lives."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from service_kit.clock import Clock, SystemClock, pause
from service_kit.errors import Fault, classify, describe
from service_kit.logs import logger

if TYPE_CHECKING:
    from service_kit.postgres import Database

_log = logger(__name__)


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


class Periodic:
    """Calls `work` every `every`, first at once.

    With `only_one` and a database, only the instance that holds the store's lock of this name works; the
    others try for it each round. Transient errors are logged and the next round tries again; any other error
    three times in a row ends the part.
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
        self._failures = 0

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            if self._only_one:
                await self._rounds_as_the_one()
            else:
                await self._rounds(lambda: True)
            await pause(self._clock, self._every, unless=self._stopping)

    async def _rounds_as_the_one(self) -> None:
        assert self._database is not None  # noqa: S101 - checked in __init__
        try:
            async with self._database.advisory_lock(self.name) as held:
                if held is not None:
                    await self._rounds(held)
        except Exception as error:
            if classify(error) not in (Fault.TRANSIENT, Fault.EXHAUSTED):
                raise
        if self._on_loss is not None:
            self._on_loss()

    async def _rounds(self, may_go_on: Callable[[], bool]) -> None:
        while not self._stopping.is_set() and may_go_on():
            await self._round()
            await pause(self._clock, self._every, unless=self._stopping)

    async def _round(self) -> None:
        try:
            await self._work()
            self._failures = 0
        except Exception as error:
            transient = classify(error) in (Fault.TRANSIENT, Fault.EXHAUSTED)
            self._failures += 0 if transient else 1
            _log.warning("periodic work failed", part=self.name, error=describe(error), transient=transient)
            if self._failures >= 3:
                raise

    def stop(self) -> None:
        """End after the work in hand."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Never: a late round is no reason to take an instance out."""
        return None
