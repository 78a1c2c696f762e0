"""Migrations, the pool, and the inbox's partitions, on a real PostgreSQL."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.errors import Fault, classify
from service_kit.inbox import keep_partitions
from service_kit.migrate import MigrationsInvalid, migrate
from service_kit.postgres import Database
from tests.integration.service_kit.worlds import Store
from tests.patience import HANGS_AFTER

MIGRATIONS = [
    "0001.service-kit",
    "0002.service-kit.audit",
    "0003.service-kit.traces",
    "0004.service-kit.lineage",
    "0005.service-kit.lineage-kept",
]
"""Of every service."""


def test_migrating_makes_the_schema_and_a_second_time_does_nothing(database_dsn: str) -> None:
    assert migrate(database_dsn, schema="one", packages=[]) == MIGRATIONS
    assert migrate(database_dsn, schema="one", packages=["service_kit"]) == []
    assert migrate(database_dsn, schema="two", packages=[]) == MIGRATIONS


def test_several_processes_may_migrate_at_once(database_dsn: str) -> None:
    with ThreadPoolExecutor(4) as crowd:
        applied = list(crowd.map(lambda _: migrate(database_dsn, schema="kit", packages=[]), range(4)))
    assert sorted(applied) == [[], [], [], MIGRATIONS]


@pytest.mark.parametrize(
    ("dsn", "schema", "packages", "message"),
    [
        ("host=x dbname=y", "kit", [], "postgresql://role:password@host:port/database"),
        ("postgresql://x/y", "Kit; drop", [], "lower-case"),
        ("postgresql://x/y", "kit", ["asyncpg"], "no folder migrations/"),
    ],
)
def test_what_cannot_be_migrated_is_said(dsn: str, schema: str, packages: list[str], message: str) -> None:
    with pytest.raises(MigrationsInvalid, match=message):
        migrate(dsn, schema=schema, packages=packages)


def test_a_migration_with_a_name_of_no_package_is_refused(
    database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "someservice" / "migrations"
    folder.mkdir(parents=True)
    (folder / "leads.sql").write_text("SELECT 1")
    (folder.parent / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MigrationsInvalid, match="NNNN"):
        migrate(database_dsn, schema="kit", packages=["someservice"])


async def test_json_columns_are_python_both_ways_also_in_arrays(database: Database) -> None:
    async with database.acquire() as conn:
        assert await conn.fetchval("SELECT $1::jsonb", {"a": [1, "é"]}) == {"a": [1, "é"]}
        rows = await conn.fetch("SELECT x FROM unnest($1::jsonb[]) AS x", [{"a": 1}, None, "text"])
    assert [row["x"] for row in rows] == [{"a": 1}, None, "text"]


async def test_the_pool_comes_back_after_its_connections_were_cut(database: Database) -> None:
    async with database.acquire() as conn:
        pid = await conn.fetchval("SELECT pg_backend_pid()")
    async with database.acquire() as one, database.acquire() as other:
        victims = {
            await one.fetchval("SELECT pg_backend_pid()"),
            await other.fetchval("SELECT pg_backend_pid()"),
        }
        assert pid in victims
        with pytest.raises(asyncpg.PostgresError) as cut:
            await one.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert classify(cut.value) is Fault.TRANSIENT
    assert await database.probe()


async def test_a_database_that_is_not_there_is_a_transient_error(unused_tcp_port: int) -> None:
    database = Database(
        f"postgresql://x:y@127.0.0.1:{unused_tcp_port}/z", schema="kit", application_name="test"
    )
    await database.open()
    try:
        assert not await database.probe()
        with pytest.raises(OSError, match=r".") as refused:
            async with database.acquire():
                pass
        assert classify(refused.value) is Fault.TRANSIENT
    finally:
        await database.close()


async def test_only_one_instance_holds_an_advisory_lock(database: Database) -> None:
    async with database.advisory_lock("gauges") as first, database.advisory_lock("gauges") as second:
        assert first is not None
        assert first()
        assert second is None
    async with database.advisory_lock("gauges") as again:
        assert again is not None


async def test_all_locks_of_a_process_stand_on_one_connection(database: Database) -> None:
    """Whatever the number of parts that must be the only one, the rest of the pool is free for work."""
    async with contextlib.AsyncExitStack() as stack:
        held = [
            await stack.enter_async_context(database.advisory_lock(f"part {number}")) for number in range(30)
        ]
        assert all(each is not None and each() for each in held)
        async with database.acquire() as conn:
            rows = await conn.fetch(
                "SELECT pid, count(*) AS n FROM pg_locks WHERE locktype = 'advisory' GROUP BY 1"
            )
        assert [row["n"] for row in rows if row["n"] >= 30] == [30]
    async with database.acquire() as conn:
        left = await conn.fetchval(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
    assert left == 0


async def test_a_lock_is_lost_with_its_connection_and_taken_again_on_a_new_one(database: Database) -> None:
    async with database.advisory_lock("one") as one, database.advisory_lock("two") as two:
        assert one is not None
        assert two is not None
        async with database.acquire() as conn:
            await conn.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        async with asyncio.timeout(HANGS_AFTER):
            while one():  # noqa: ASYNC110 - nothing to wait on: the driver hears of it by itself
                await asyncio.sleep(0.005)
        assert not two()
        async with database.advisory_lock("three") as three:
            assert three is not None
            assert three()
    async with database.advisory_lock("one") as again:
        assert again is not None
        assert again()


async def test_inbox_partitions_are_made_ahead_and_dropped_when_nothing_can_be_read_of_them(
    store: Store,
) -> None:
    clock = ManualClock(datetime(2026, 11, 25, 23, 59, tzinfo=UTC))
    database = await Database.connect(
        store.dsn, schema=store.schema, application_name="test", clock=ManualTransactionClock(clock)
    )
    try:
        await keep_partitions(database)
        assert await _days(database) == ["20261125", "20261126", "20261127", "20261128"]
        clock.advance(timedelta(days=15).total_seconds())
        await keep_partitions(database)
        days = await _days(database)
        assert days[0] == "20261126"  # the 25th is fifteen days old
        assert days[-1] == "20261213"
    finally:
        await database.close()


async def test_a_day_that_already_has_rows_in_the_default_partition_stays_there(store: Store) -> None:
    clock = ManualClock(datetime(2026, 11, 25, 12, tzinfo=UTC))
    database = await Database.connect(
        store.dsn, schema=store.schema, application_name="test", clock=ManualTransactionClock(clock)
    )
    try:
        async with database.acquire() as conn:
            await conn.execute("INSERT INTO inbox VALUES ('2026-11-26', 'x', gen_random_uuid())")
            await conn.execute("INSERT INTO inbox VALUES ('2026-01-01', 'x', gen_random_uuid())")
        await keep_partitions(database)
        assert await _days(database) == ["20261125", "20261127", "20261128"]
        async with database.acquire() as conn:
            assert await conn.fetchval("SELECT count(*) FROM inbox") == 1
    finally:
        await database.close()


async def _days(database: Database) -> list[str]:
    async with database.acquire() as conn:
        rows = await conn.fetch(
            "SELECT relname FROM pg_class WHERE relname ~ '^inbox_[0-9]+$' AND relkind = 'r'"
            " AND relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
    return [row["relname"].removeprefix("inbox_") for row in rows]
