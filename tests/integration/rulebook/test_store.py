"""Versions in a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from rulebook.loader import load_folder
from rulebook.publication import Prepared, prepare, to_document
from rulebook.store import (
    RulebookCache,
    UnknownVersion,
    VersionContradicted,
    insert_version,
    list_versions,
    load_history,
    publish,
    read_version,
)
from rulebook.versions import NoRulebookYet, TakesEffectTooSoon
from service_kit.migrate import migrate

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def prepared(company: str = "Aurora Cloud") -> Prepared:
    book = load_folder(Path(__file__).resolve().parents[3] / "rulebook")
    return prepare(to_document(book) | {"company": company})


@pytest.fixture
def dsn(database_dsn: str) -> str:
    migrate(database_dsn, schema="books", packages=["rulebook"])
    return database_dsn


async def connect(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn, server_settings={"search_path": "books"})


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(dsn)
    yield connection
    await connection.close()


async def publish_one(conn: asyncpg.Connection, company: str, now: datetime, **more: Any) -> int:
    async with conn.transaction():
        event = await publish(conn, prepared(company), published_by="ana", now=now, **more)
    return event.version


async def test_versions_are_numbered_from_one_and_read_back_equal(conn: asyncpg.Connection) -> None:
    assert await publish_one(conn, "A", NOW) == 1
    assert await publish_one(conn, "B", NOW + MINUTE) == 2
    history = await load_history(conn)
    assert history.at(NOW - MINUTE).rulebook.company == "A"
    assert history.at(NOW + MINUTE + timedelta(seconds=30)).rulebook == prepared("B").rulebook
    assert [row["version"] for row in await list_versions(conn)] == [2, 1]
    assert (await read_version(conn, 2)).checksum == prepared("B").checksum


async def test_two_publications_at_once_get_two_numbers(dsn: str) -> None:
    connections = [await connect(dsn) for _ in range(4)]
    numbers = await asyncio.gather(*(publish_one(each, f"C{n}", NOW) for n, each in enumerate(connections)))
    assert sorted(numbers) == [1, 2, 3, 4]
    for each in connections:
        await each.close()


async def test_a_later_version_needs_notice_and_the_first_does_not(conn: asyncpg.Connection) -> None:
    await publish_one(conn, "A", NOW, effective_from=NOW - MINUTE)
    with pytest.raises(TakesEffectTooSoon):
        await publish_one(conn, "B", NOW, effective_from=NOW)
    assert len(await load_history(conn)) == 1


async def test_a_repeated_event_changes_nothing_and_a_contradiction_is_refused(
    conn: asyncpg.Connection,
) -> None:
    async with conn.transaction():
        event = await publish(conn, prepared("A"), published_by="ana", now=NOW)
    assert await insert_version(conn, event) is False
    with pytest.raises(VersionContradicted, match="version 1"):
        await insert_version(conn, event.model_copy(update={"checksum": "other"}))


async def test_a_rollback_names_the_version_it_repeats(conn: asyncpg.Connection) -> None:
    await publish_one(conn, "A", NOW)
    await publish_one(conn, "B", NOW + MINUTE)
    assert await publish_one(conn, "A", NOW + 2 * MINUTE, rolled_back_to=1) == 3
    assert (await read_version(conn, 3)).rolled_back_to == 1
    with pytest.raises(UnknownVersion, match="never published"):
        await read_version(conn, 9)


async def test_the_cache_sees_a_version_as_soon_as_the_table_has_it(
    dsn: str, conn: asyncpg.Connection
) -> None:
    cache, other = RulebookCache(), await connect(dsn)
    with pytest.raises(NoRulebookYet):
        await cache.at(conn, NOW)
    await publish_one(other, "A", NOW)
    assert (await cache.at(conn, NOW)).version == 1
    await publish_one(other, "B", NOW)
    assert (await cache.at(conn, NOW + MINUTE)).version == 2
    await other.execute("DELETE FROM rulebook_versions WHERE version = 2")  # a restore to a point in time
    assert (await cache.at(conn, NOW + MINUTE)).version == 1
    await other.close()


async def test_a_connection_that_reads_jsonb_as_objects_works_as_well(conn: asyncpg.Connection) -> None:
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )
    await publish_one(conn, "A", NOW)
    assert (await load_history(conn)).newest().rulebook == prepared("A").rulebook
