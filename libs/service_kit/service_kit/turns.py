"""Long work on the event loop in short turns: heartbeats, requests and live leads get theirs in between."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

LONGEST_TURN = 0.005
"""Seconds. One step of the work may take longer; the others wait for a step more at most."""

T = TypeVar("T")


async def in_turns(steps: Iterable[T]) -> AsyncIterator[T]:
    """The same, giving way whenever a turn is over."""
    since = time.monotonic()
    for one in steps:
        if time.monotonic() - since > LONGEST_TURN:
            await asyncio.sleep(0)
            since = time.monotonic()
        yield one
