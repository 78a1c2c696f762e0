"""The inbox's daily partitions: made ahead, dropped when Kafka cannot hold a record of that day any more."""

from datetime import date, timedelta

from service_kit import tracing_kept
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries

AHEAD_DAYS = 3
KEPT_DAYS = 14
"""One more than the longest retention of a topic in days, so that nothing still readable is forgotten."""

_q = load_queries("service_kit")


async def keep_partitions(database: Database) -> None:
    """Make the partitions of today and the days ahead, drop those older than KEPT_DAYS, and traces of
    leads nobody asks for any more. Safe to repeat.
    """
    async with database.transaction() as conn:
        if not await conn.fetchval(_q.try_lock_in_transaction, "inbox partitions"):
            return  # another instance is at it
        today = (await database.clock.now(conn)).date()
        existing = {row["name"] for row in await conn.fetch(_q.inbox_partitions)}
        filled = {row["day"] for row in await conn.fetch(_q.default_days, today)}
        for ahead in range(AHEAD_DAYS + 1):
            day = today + timedelta(days=ahead)
            # a day whose rows are in the default partition already stays there: attaching would scan and
            # block it
            if _name(day) not in existing and day not in filled:
                await _create(conn, day)
        oldest = _name(today - timedelta(days=KEPT_DAYS))
        for name in sorted(existing):
            if name < oldest:
                await conn.execute(f"DROP TABLE {name}")
        await conn.execute(_q.trim_default, today - timedelta(days=KEPT_DAYS))
        await tracing_kept.forget(conn, await database.clock.now(conn))


def _name(day: date) -> str:
    return f"inbox_{day:%Y%m%d}"


async def _create(conn: Connection, day: date) -> None:
    following = day + timedelta(days=1)
    await conn.execute(
        f"CREATE TABLE IF NOT EXISTS {_name(day)} PARTITION OF inbox "
        f"FOR VALUES FROM ('{day:%Y-%m-%d}') TO ('{following:%Y-%m-%d}')"
    )
