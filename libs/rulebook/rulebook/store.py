"""The versions in a service's own store. Every function works inside the caller's transaction.

`rulebook_versions` is found by the connection's search_path; migrations/ in this package creates it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from lead_events import RulebookPublished
from rulebook.publication import Prepared, parse
from rulebook.versions import History, Versioned, effective_moment
from service_kit.metrics import RULEBOOK_VERSION
from service_kit.queries import Queries, load_queries

Connection = asyncpg.Connection | PoolConnectionProxy


class VersionContradicted(ValueError):
    """A version number arrives with two contents: dead-letter the record and look at who publishes."""


class UnknownVersion(LookupError):
    """No such version was published: choose one from the list of versions."""


@lru_cache(maxsize=1)
def _queries() -> Queries:
    return load_queries("rulebook")


async def insert_version(conn: Connection, published: RulebookPublished) -> bool:
    """Keep a published version. False when it was known already.

    Raises VersionContradicted when it was known with another content.
    """
    q = _queries()
    inserted = await conn.fetchval(
        q["insert_version"],
        published.version,
        published.effective_from,
        published.published_at,
        published.published_by,
        published.checksum,
        published.rolled_back_to,
        orjson.dumps(published.rulebook).decode(),
    )
    if inserted is not None:
        return True
    known = await conn.fetchval(q["checksum_of"], published.version)
    if known != published.checksum:
        raise VersionContradicted(
            f"version {published.version} is known with checksum {known}, not {published.checksum}"
        )
    return False


async def lock_numbering(conn: Connection) -> None:
    """One publication at a time until the transaction ends; the time is to be read after it, not before."""
    await conn.execute(_queries()["lock_numbering"])


async def publish(
    conn: Connection,
    prepared: Prepared,
    *,
    published_by: str,
    now: datetime,
    effective_from: datetime | None = None,
    rolled_back_to: int | None = None,
) -> RulebookPublished:
    """Number and keep a new version under a lock that lasts until the transaction ends; returns its event.

    `now` is the database's time, read after `lock_numbering`: of two publications at once the later number
    then takes effect later too. Raises TakesEffectTooSoon for a moment less than 30 seconds after `now`.
    """
    await lock_numbering(conn)
    newest = await conn.fetchval(_queries()["newest_number"])
    published = RulebookPublished(
        version=newest + 1,
        effective_from=effective_moment(effective_from, now=now, is_first=newest == 0),
        published_at=now,
        published_by=published_by,
        checksum=prepared.checksum,
        rolled_back_to=rolled_back_to,
        rulebook=prepared.document,
    )
    await insert_version(conn, published)
    return published


async def load_history(conn: Connection) -> History:
    """All versions of the table."""
    return History(await _after(conn, 0))


async def list_versions(
    conn: Connection, limit: int = 100, published_by: str | None = None
) -> list[dict[str, Any]]:
    """What was published when and by whom, newest first, without the content; of all, or of one publisher."""
    return [dict(row) for row in await conn.fetch(_queries()["list_versions"], limit, published_by)]


async def read_version(conn: Connection, version: int) -> RulebookPublished:
    """One version as it was published. Raises UnknownVersion."""
    row = await conn.fetchrow(_queries()["one_version"], version)
    if row is None:
        raise UnknownVersion(
            f"version {version} was never published; `baton rulebook list` shows those that were"
        )
    return RulebookPublished(**{**dict(row), "rulebook": orjson.loads(row["rulebook"])})


class RulebookCache:
    """The history in memory, read anew when the table has a newer version. One instance a process."""

    def __init__(self) -> None:
        self._history = History()
        self._newest = 0

    async def history(self, conn: Connection) -> History:
        """All versions visible in the caller's transaction: one indexed read when nothing is new.

        A version that other connections cannot see yet, inserted by this very transaction, must not outlive
        its rollback here: read the history before inserting one.
        """
        newest = await conn.fetchval(_queries()["newest_number"])
        if newest < self._newest:  # restored to an earlier moment
            self._history, self._newest = History(), 0
        if newest > self._newest:
            for versioned in await _after(conn, self._newest):
                self._history = self._history.with_version(versioned)
            self._newest = newest
        RULEBOOK_VERSION.set(newest)
        return self._history

    async def at(self, conn: Connection, time: datetime) -> Versioned:
        """The version in force at `time`. Raises NoRulebookYet."""
        return (await self.history(conn)).at(time)


async def _after(conn: Connection, version: int) -> list[Versioned]:
    rows = await conn.fetch(_queries()["versions_after"], version)
    return [
        Versioned(row["version"], row["effective_from"], parse(orjson.loads(row["rulebook"]))) for row in rows
    ]
