"""A store that is put back while its service runs: the folder of an earlier moment keeps every name, and a
dump restored in its place keeps every connection. Neither may be worked on, nor pass for one just left.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from service_kit import read_back
from service_kit.lineage import StoreWentBack
from service_kit.postgres import Database
from service_kit.read_back import ReadBack
from tests.integration.service_kit.test_read_back import (
    CUT_OFF,
    OWN,
    _first,
    _is_restored,
    _marked,
    _replace,
    _running,
    with_its_own_pool,
)
from tests.integration.service_kit.worlds import World, signal

SERVICE = "a service of this store"


async def _put_back(world: World) -> None:
    """As after the folder of an earlier moment: marks of then, and the server was stopped for it."""
    async with world.database.transaction() as conn:
        await conn.execute("UPDATE position SET next_offset = 0 WHERE consumer = $1", OWN)
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", SERVICE
        )


async def _is_refused(database: Database) -> bool:
    try:
        async with database.acquire() as conn:
            await conn.execute("SELECT 1")
    except StoreWentBack:
        return True
    except CUT_OFF:
        return False
    return False


async def _has_ended(task: "asyncio.Task[None]") -> bool:
    return task.done()


async def _runs_until_put_back(world: World) -> None:
    """One life of a service: it marks, its store is put back, and it ends by that."""
    async with with_its_own_pool(world, SERVICE), _running(_first(world)) as task:
        await world.eventually(lambda: _marked(world))
        await _put_back(world)
        await world.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)


async def test_who_is_started_anew_reads_back_what_a_store_that_was_put_back_lacks(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends within the minute for which a store counts as merely left."""
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    lost = dict(signal() for _ in range(20))
    await fake.send(list(lost.values()))
    await _runs_until_put_back(fake)
    async with _running(again := _first(fake)):
        assert await asyncio.wait_for(again.opens(), 20)
        assert await fake.noted() == dict.fromkeys(lost, 1)


async def test_with_kafka_away_a_store_that_was_put_back_is_not_called_whole(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    lost = dict(signal() for _ in range(20))
    await fake.send(list(lost.values()))
    async with with_its_own_pool(fake, SERVICE), _running(_first(fake)) as task:
        await fake.eventually(lambda: _marked(fake))
        fake.fake.away = True
        await _put_back(fake)
        await fake.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)
    fake.fake.away = False
    async with _running(again := _first(fake)):
        assert await asyncio.wait_for(again.opens(), 20)
        assert await fake.noted() == dict.fromkeys(lost, 1)


async def test_nobody_gets_a_connection_to_a_store_that_was_put_back(fake: World) -> None:
    """Marks are noted every five seconds; work on it until then would hide what it lacks."""
    await fake.send([signal()[1] for _ in range(5)])
    async with with_its_own_pool(fake, SERVICE) as database, _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
        await _put_back(fake)
        await fake.eventually(lambda: _is_refused(database), 4)


@pytest.mark.parametrize("change", [_put_back, _replace], ids=["a folder", "a dump"])
async def test_a_service_that_found_its_store_put_back_touches_it_no_more(
    fake: World, change: Callable[[World], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so for half a minute before it ends, and its other parts run on until then."""
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    await fake.send([signal()[1] for _ in range(5)])
    async with with_its_own_pool(fake, SERVICE) as database, _running(_first(fake)) as task:
        await fake.eventually(lambda: _marked(fake))
        async with database.acquire() as first, database.acquire() as second:
            await first.execute("SELECT 1")
            await second.execute("SELECT 1")
        await change(fake)
        await fake.eventually(lambda: _has_ended(task))
        for _ in range(4):
            with pytest.raises(StoreWentBack):
                async with database.acquire() as conn:
                    await conn.execute("SELECT 1")


async def test_who_opened_at_once_knows_the_marks_that_it_found(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restarted while Kafka is away it has noted none itself."""
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)
    await fake.send([signal()[1] for _ in range(5)])
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
    fake.fake.away = True
    async with with_its_own_pool(fake, SERVICE), _running(first := _first(fake)) as task:
        assert await asyncio.wait_for(first.opens(), 10)
        await _put_back(fake)
        await fake.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)


async def test_a_stop_opens_nothing_that_was_not_read_back(fake: World) -> None:
    await _is_restored(fake)
    fake.fake.away = True
    first: ReadBack = _first(fake)
    first.begin()
    async with _running(first):
        pass
    assert not first.is_open
    assert first.holds
    with contextlib.suppress(TimeoutError):
        assert not await asyncio.wait_for(first.opens(), 1)
