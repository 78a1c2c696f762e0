"""Clocks, parts, pace and watchdog: nothing here waits."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from service_kit.broker import BrokerUnavailable
from service_kit.clock import ManualClock, ManualTransactionClock, pause
from service_kit.pace import LOADED, Pace
from service_kit.parts import Periodic
from service_kit.watchdog import STANDSTILL, Watchdog
from tests.patience import HANGS_AFTER

START = datetime(2026, 11, 25, 9, tzinfo=UTC)


async def test_whoever_sleeps_wakes_when_the_clock_has_covered_it() -> None:
    clock = ManualClock(START)
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper("long", 10)), asyncio.create_task(sleeper("short", 1))]
    await asyncio.sleep(0)
    clock.advance(0.5)
    await asyncio.sleep(0)
    assert woken == []
    clock.advance(9.5)
    await asyncio.gather(*tasks)
    assert woken == ["short", "long"]
    assert clock.now() == START + timedelta(seconds=10)
    assert await ManualTransactionClock(clock).now(None) == clock.now()


def test_a_manual_clock_goes_forward_only_and_starts_at_a_time_with_an_offset() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock(START).advance(-1)
    with pytest.raises(ValueError, match="tzinfo=UTC"):
        ManualClock(START.replace(tzinfo=None))


async def test_a_pause_ends_when_its_reason_to_wait_is_gone() -> None:
    clock, stop = ManualClock(START), asyncio.Event()
    waiting = asyncio.create_task(pause(clock, 3600, unless=stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(waiting, HANGS_AFTER)
    await asyncio.wait_for(pause(clock, 3600, unless=stop), HANGS_AFTER)


async def test_periodic_work_is_done_at_once_and_then_every_so_often() -> None:
    clock, rounds = ManualClock(START), asyncio.Queue[int]()

    async def work() -> None:
        rounds.put_nowait(1)

    part = Periodic("gauge", every=timedelta(seconds=10), work=work, clock=clock)
    running = asyncio.create_task(part.run())
    await asyncio.wait_for(rounds.get(), HANGS_AFTER)
    await _settle()
    clock.advance(9)
    await _settle()
    assert rounds.empty()
    clock.advance(1)
    await asyncio.wait_for(rounds.get(), HANGS_AFTER)
    part.stop()
    await asyncio.wait_for(running, HANGS_AFTER)


async def test_whatever_a_round_raises_is_counted_and_tried_again_later_each_time() -> None:
    """An outage at most every 5 s, since it may end at any time; a bug at most every five minutes."""
    clock, tries = ManualClock(START), list[float]()
    errors: list[Exception] = [ConnectionError("away")] * 3 + [BrokerUnavailable("away")] * 2
    errors += [ValueError("bug")] * 6

    async def work() -> None:
        tries.append(clock.monotonic())
        if errors:
            raise errors.pop(0)

    part = Periodic("fragile gauge", every=timedelta(seconds=600), work=work, clock=clock)
    running = asyncio.create_task(part.run())
    for _ in range(2000):
        await _settle()
        clock.advance(1)
    waits = [int(after - before) for before, after in pairwise(tries)]
    assert waits[:11] == [1, 2, 4, 5, 5, 32, 64, 128, 256, 300, 300]
    assert waits[11:] == [600]
    assert _sample("baton_part_round_failures_total", "fragile gauge") == 11
    assert _sample("baton_part_failing_rounds", "fragile gauge") == 0
    part.stop()
    await asyncio.wait_for(running, HANGS_AFTER)


def _sample(name: str, part: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"part": part})


def test_work_for_one_instance_only_needs_the_database_that_holds_the_lock() -> None:
    async def work() -> None: ...

    with pytest.raises(ValueError, match=r"database=runtime\.database"):
        Periodic("gauge", every=timedelta(0), work=work, only_one=True)


@pytest.mark.parametrize(
    ("sentence", "last_size", "since", "expected"),
    [
        ("a record that finds the consumer idle is taken at once", 1, 1.0, 0.0),
        ("the first record ever is taken at once", None, 0.0, 0.0),
        ("with little to do, two fifths of the window are gathered", 1, 0.004, 0.006),
        ("under load the window is gathered in steps", LOADED, 0.005, 0.010),
        ("under load the last step ends with the window", LOADED, 0.020, 0.005),
    ],
)
def test_gathering(sentence: str, last_size: int | None, since: float, expected: float) -> None:
    pace = Pace(0.025)
    if last_size is not None:
        pace.started(100.0, last_size)
    assert max(0.0, pace.wait(100.0 + since)) == pytest.approx(expected), sentence


def test_the_watchdog_bites_only_when_records_wait_and_nothing_moves() -> None:
    watchdog = Watchdog(0.0)
    assert not watchdog.judge(lag=5, now=STANDSTILL - 1)
    assert watchdog.judge(lag=5, now=STANDSTILL)
    watchdog.moved(STANDSTILL)
    assert not watchdog.judge(lag=5, now=STANDSTILL + 1)
    assert not watchdog.judge(lag=0, now=200.0), "nothing waits"
    assert not watchdog.judge(lag=5, now=201.0), "the standstill counts from the last time nothing waited"


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
