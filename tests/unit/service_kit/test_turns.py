"""Long work on the event loop gives way to others."""

import asyncio
from types import SimpleNamespace

import pytest

from service_kit.turns import in_turns


async def test_every_step_is_taken_once_and_in_order() -> None:
    assert [each async for each in in_turns(range(1000))] == list(range(1000))


async def test_whoever_waits_gets_a_turn_whenever_one_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    stepping = SimpleNamespace(monotonic=lambda: next(clock) * 0.003)
    monkeypatch.setattr("service_kit.turns.time", stepping)
    seen: list[int] = []
    done = 0

    async def other() -> None:
        while True:
            seen.append(done)
            await asyncio.sleep(0)

    waiting = asyncio.create_task(other())
    async for _ in in_turns(range(6)):
        done += 1
    waiting.cancel()
    assert seen == [1, 3, 5]
