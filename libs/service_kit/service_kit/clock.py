"""Time comes in from outside, so that a test decides what time it is."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    """The time of this process."""

    def now(self) -> datetime:
        """Wall time, UTC. For logs and broker comparisons; facts are dated by the database."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment, never going back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; zero or less only yields to other tasks."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that moves only by `advance`; whoever sleeps wakes when the time is reached."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("start has no offset: write datetime(..., tzinfo=UTC)")
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time reached so far."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has covered `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, waiter))
        await waiter

    def advance(self, seconds: float) -> None:
        """Move on and wake those whose time has come, earliest first."""
        if seconds < 0:
            raise ValueError("time does not go back: advance by zero or more seconds")
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)
        due = sorted((s for s in self._sleepers if s[0] <= self._elapsed), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > self._elapsed]
        for _, waiter in due:
            if not waiter.done():
                waiter.set_result(None)


async def pause(clock: Clock, seconds: float, *, unless: asyncio.Event) -> None:
    """Sleep, but return at once when `unless` is set."""
    if unless.is_set():
        return
    sleep = asyncio.ensure_future(clock.sleep(seconds))
    wake = asyncio.ensure_future(unless.wait())
    try:
        await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleep.cancel()
        wake.cancel()


class TransactionClock(Protocol):
    """The time of the store, asked inside a transaction."""

    async def now(self, conn: Any) -> datetime:
        """Database time at this moment, not at the transaction's start."""


class DatabaseClock:
    """PostgreSQL's own clock."""

    async def now(self, conn: Any) -> datetime:
        """`clock_timestamp()`, microsecond resolution."""
        value: datetime = await conn.fetchval("SELECT clock_timestamp()")
        return value


class ManualTransactionClock:
    """Stands in for the database's clock in tests that fix the time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def now(self, conn: Any) -> datetime:
        """The time of the clock given."""
        return self._clock.now()
