"""A store that is put back while its service runs: the folder of an earlier moment keeps every name, and a
dump restored in its place keeps every connection. Neither may be worked on, nor pass for one just left.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import pytest

from service_kit import read_back
from service_kit.lineage import StoreWentBack
from service_kit.postgres import Database
from service_kit.read_back import ReadBack
from service_kit.records import Outgoing
from tests.integration.service_kit.test_read_back import (
    CUT_OFF,
    _first,
    _is_restored,
    _marked,
    _replace,
    _running,
    _says,
    with_its_own_pool,
)
from tests.integration.service_kit.worlds import World, signal
from tests.patience import HANGS_AFTER

SERVICE = "a service of this store"


async def _copy(world: World) -> None:
    """Keep the store as it is now, as a copy of its folder does."""
    async with world.database.transaction() as conn:
        await conn.execute("CREATE TABLE position_then AS SELECT * FROM position")
        await conn.execute("CREATE TABLE lineage_then AS SELECT * FROM lineage")


async def _put_back(world: World) -> None:
    """The store as it was then; the server was stopped for it."""
    async with world.database.transaction() as conn:
        for table in ("position", "lineage"):
            await conn.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_then")
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", SERVICE
        )


async def _lives_on(world: World) -> None:
    """Records arrive, and the service says again and again that its store lacks nothing."""
    async with world.database.acquire() as conn:
        before = await conn.fetchval("SELECT whole_at FROM lineage")

    async def again() -> bool:
        async with world.database.acquire() as conn:
            return bool(await conn.fetchval("SELECT whole_at > $1 FROM lineage", before))

    await world.eventually(again)


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


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_back, "MARK_SECONDS", 0.02)


@asynccontextmanager
async def _running_on_a_copied_store(
    world: World, lost: Collection[Outgoing] = (), *, is_own: bool = True
) -> AsyncIterator[tuple[Database, "asyncio.Task[None]"]]:
    """A service that has known its store for a while since it was copied, and the task that must notice."""
    async with (
        with_its_own_pool(world, SERVICE) as database,
        _running(first := _first(world, is_own=is_own)) as task,
    ):
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
        if is_own:
            await world.eventually(lambda: _marked(world))
        await _lives_on(world)
        await _copy(world)
        await world.send(list(lost))
        if is_own:
            await world.eventually(lambda: _marked(world))
        await _lives_on(world)
        yield database, task


async def test_who_is_started_anew_reads_back_what_a_store_that_was_put_back_lacks(fake: World) -> None:
    """It ends within the minute for which a store counts as merely left."""
    lost = dict(signal() for _ in range(20))
    async with _running_on_a_copied_store(fake, lost.values()) as (_, task):
        await _put_back(fake)
        await fake.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)
    async with _running(again := _first(fake)):
        assert await asyncio.wait_for(again.opens(), HANGS_AFTER)
        assert await fake.noted() == dict.fromkeys(lost, 1)


async def test_with_kafka_away_a_store_that_was_put_back_is_not_called_whole(fake: World) -> None:
    lost = dict(signal() for _ in range(20))
    async with _running_on_a_copied_store(fake, lost.values()) as (_, task):
        fake.fake.away = True
        await _put_back(fake)
        await fake.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)
    fake.fake.away = False
    async with _running(again := _first(fake)):
        assert await asyncio.wait_for(again.opens(), HANGS_AFTER)
        assert await fake.noted() == dict.fromkeys(lost, 1)


async def test_a_service_that_marks_nothing_of_its_own_knows_a_store_that_was_put_back(fake: World) -> None:
    """sla-monitor: its consumer would go on from where it was, and what lay between were never read."""
    async with _running_on_a_copied_store(fake, is_own=False) as (database, task):
        await _put_back(fake)
        await fake.eventually(lambda: _is_refused(database), 4)
        await fake.eventually(lambda: _has_ended(task))
        assert isinstance(task.exception(), StoreWentBack)
    fake.fake.away = True
    async with _running(again := _first(fake, is_own=False)):
        await fake.eventually(lambda: _says(again, "cannot read back"))


async def test_nobody_gets_a_connection_to_a_store_that_was_put_back(
    fake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service looks every five seconds; work on it until then would hide what it lacks."""
    async with _running_on_a_copied_store(fake) as (database, _):
        monkeypatch.setattr(read_back, "MARK_SECONDS", 30.0)
        await _put_back(fake)
        await fake.eventually(lambda: _is_refused(database), 4)


@pytest.mark.parametrize("change", [_put_back, _replace], ids=["a folder", "a dump"])
async def test_a_service_that_found_its_store_put_back_touches_it_no_more(
    fake: World, change: Callable[[World], Awaitable[None]]
) -> None:
    """Its other parts run on until it has ended."""
    async with _running_on_a_copied_store(fake) as (database, task):
        async with database.acquire() as first, database.acquire() as second:
            await first.execute("SELECT 1")
            await second.execute("SELECT 1")
        await change(fake)
        await fake.eventually(lambda: _has_ended(task))
        for _ in range(4):
            with pytest.raises(StoreWentBack):
                async with database.acquire() as conn:
                    await conn.execute("SELECT 1")


async def test_who_opened_at_once_knows_what_it_found(fake: World) -> None:
    """Restarted while Kafka is away it has noted nothing itself."""
    async with _running(_first(fake)):
        await fake.eventually(lambda: _marked(fake))
        await _copy(fake)
        await _lives_on(fake)
    fake.fake.away = True
    async with with_its_own_pool(fake, SERVICE), _running(first := _first(fake)) as task:
        assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
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
    assert not await asyncio.wait_for(first.opens(), HANGS_AFTER)
