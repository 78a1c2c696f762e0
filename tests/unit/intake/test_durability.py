"""A record is in the broker or on the disk before anybody hears of it, or nobody hears of it."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.circuit import Circuit
from intake.deadline import Deadline
from intake.durability import Durability, NotDurable
from intake.lane import Lane
from intake.spool import Spool
from intake.spool.folder import Folder
from service_kit.broker import PublishFailed
from service_kit.clock import ManualClock
from service_kit.records import Outgoing

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class ScriptedPublisher:
    """Acknowledges, or fails as told; counts what it was asked."""

    def __init__(self) -> None:
        self.fails = False
        self.refuses = False
        self.hangs = False
        self.released = asyncio.Event()
        self.asked = 0
        self.together: list[int] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def publish(self, records: Sequence[Outgoing]) -> None:
        self.asked += 1
        self.together.append(len(records))
        if self.hangs:
            await self.released.wait()
        if self.fails or self.refuses:
            raise PublishFailed(
                (), dict.fromkeys(range(len(records)), "too large") if self.refuses else {}, len(records)
            )


def encode(spooled_at: datetime | None) -> Outgoing:
    return Outgoing("lead-submitted", b"key", str(spooled_at).encode())


class World:
    def __init__(self, path: Path) -> None:
        self.clock = ManualClock(NOON)
        self.publisher = ScriptedPublisher()
        self.disk_fails = False
        self.spool = Spool(Folder(path, fsync=self.fsync), max_bytes=10_000, gather=0)
        self.circuit = Circuit(self.clock)
        self.durability = Durability(
            Lane(self.publisher), self.spool, self.circuit, self.clock, spool_deadline=5.0
        )

    def fsync(self, descriptor: int) -> None:
        if self.disk_fails:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def keep(self) -> str:
        return await self.durability.keep(encode)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    world.disk_fails = False
    await world.spool.close()


async def test_the_broker_comes_first(world: World) -> None:
    assert await world.keep() == "kafka"
    assert world.spool.counts.written == 0


async def test_after_a_failed_publication_records_go_straight_to_the_spool(
    world: World,
) -> None:
    world.publisher.fails = True
    assert [await world.keep() for _ in range(3)] == ["spool"] * 3
    assert world.publisher.asked == 1
    (first, *_) = await world.spool.batch(10)
    assert first.record == encode(NOON)


async def test_a_refused_record_goes_to_the_spool_and_the_next_one_to_the_broker(world: World) -> None:
    world.publisher.refuses = True
    assert await world.keep() == "spool"
    world.publisher.refuses = False
    assert await world.keep() == "kafka"


async def test_neither_broker_nor_disk_is_told_to_the_caller(world: World) -> None:
    world.publisher.fails = world.disk_fails = True
    with pytest.raises(NotDurable, match="No space left"):
        await world.keep()
    world.disk_fails = False
    assert await world.keep() == "spool"


async def test_a_spool_that_takes_nothing_lets_one_request_a_second_try_the_broker(world: World) -> None:
    world.publisher.fails = world.disk_fails = True
    for _ in range(5):
        with pytest.raises(NotDurable):
            await world.keep()
    assert world.publisher.asked == 1
    world.clock.advance(1.0)
    world.publisher.fails = False
    assert await world.keep() == "kafka"
    assert not world.circuit.is_open


async def test_with_the_broker_away_and_the_spool_full_it_is_not_even_tried(world: World) -> None:
    assert world.durability.is_possible
    await world.spool.append(Outgoing("lead-submitted", b"key", b"x" * 8_000))
    world.circuit.open()
    assert not world.durability.is_possible


async def test_what_is_ready_in_one_turn_is_published_together(world: World) -> None:
    assert await asyncio.gather(*(world.keep() for _ in range(50))) == ["kafka"] * 50
    assert world.publisher.together == [50]


async def test_records_published_together_fare_each_on_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mixed(records: Sequence[Outgoing]) -> None:
        raise PublishFailed([1], {2: "too large"}, len(records))

    monkeypatch.setattr(world.publisher, "publish", mixed)
    routes = await asyncio.gather(*(world.keep() for _ in range(4)))
    assert routes == ["spool", "kafka", "spool", "spool"]


async def test_a_broker_that_has_little_time_left_gives_way_to_the_disk_and_is_not_taken_for_away(
    world: World,
) -> None:
    world.publisher.hangs = True
    deadline = Deadline(world.clock, publish=0.01, spool=5.0)
    world.clock.advance(60)
    assert await world.durability.keep(encode, deadline) == "spool"
    assert (world.spool.counts.pending, world.circuit.is_open) == (1, False)
    world.publisher.released.set()
