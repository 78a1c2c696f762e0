"""A service's store in a test: emptied, and read back after it was lost."""

import asyncio
from collections.abc import Sequence

import psycopg

from service_kit.read_back import ReadBack, Stage
from service_kit.runtime import Runtime
from tests.patience import HANGS_AFTER

_EMPTY = """
SET session_replication_role = replica;  -- past foreign keys, and the trigger by which the audit log stays
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class
        WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname NOT LIKE '%yoyo%'
    LOOP EXECUTE format('DELETE FROM {schema}.%I', name); END LOOP;
END $$
"""
"""Quicker than TRUNCATE for tables of a few rows."""


def empty(dsn: str, schema: str) -> None:
    """Delete every row of a service's schema but its migrations'."""
    with psycopg.connect(dsn) as conn:
        conn.execute(_EMPTY.format(schema=schema).encode())


async def read_back(runtime: Runtime, stages: Sequence[Stage]) -> None:
    """As a service does at its start, until it may work."""
    first = ReadBack(runtime, stages)
    running = asyncio.create_task(first.run())
    assert await asyncio.wait_for(first.opens(), HANGS_AFTER)
    first.stop()
    await asyncio.wait_for(running, HANGS_AFTER)
