"""Whether the store is the one that was known: not a copy of an earlier moment, and on no other server.

A restore from archived WAL and a failover begin a new timeline of the server, another server has another
identifier, and what pg_restore makes has another object id. A folder copied back shows none of it: there
only that services said less often of it that it lacks nothing, or that none has said so for a while.
"""

import asyncpg

from service_kit.errors import Transient
from service_kit.logs import logger
from service_kit.postgres import Connection, Database
from service_kit.queries import load_queries

_q = load_queries("service_kit")
_log = logger(__name__)

WHOLE_SECONDS = 60.0
"""A store that a service knew whole within so long was merely left for a restart."""
_KEPT_FROM_US = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedFunctionError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""What servers say that do not tell of their timeline, as some that others run."""


class StoreWentBack(Transient):
    """The store knows less than a moment ago: it was restored, or another server took over that may lack the
    last commits. The service must be started anew, so that it reads back what was lost.
    """

    def __init__(self) -> None:
        super().__init__(" ".join(str(self.__doc__).split()))


class Lineage:
    """The store as this process found it; from `begin` on no connection to another one comes about, nor to
    an earlier state of it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._name: str | None = None
        self._times_kept = 0

    @property
    def has_begun(self) -> bool:
        """Whether the process knows its store."""
        return self._name is not None

    async def begin(self) -> bool:
        """Look at the store. Returns whether a service of this schema knew it whole just now."""
        async with self._database.transaction() as conn:
            name = await _name_of(conn)
            is_whole: bool = await conn.fetchval(_q.is_whole, name, WHOLE_SECONDS)
            self._times_kept = await conn.fetchval(_q.times_kept)
        self._name, self._database.on_connect = name, self.confirm
        return is_whole

    async def confirm(self, conn: Connection) -> None:
        """Raise StoreWentBack where another store answers, or this one knows less than it did; then nobody
        takes it for one that was merely left.
        """
        if self._name is None:
            return
        if await _name_of(conn) != self._name:
            raise StoreWentBack
        if await conn.fetchval(_q.times_kept) < self._times_kept:
            await conn.execute(_q.forget_lineage)
            raise StoreWentBack

    async def keep(self) -> None:
        """Note that the store lacks nothing now. Raises StoreWentBack."""
        async with self._database.acquire() as conn:
            await self.confirm(conn)
            self._times_kept = await conn.fetchval(_q.keep_lineage, self._name)

    async def shut(self) -> None:
        """Have nobody work on with the connections that there are: new ones are shown to `confirm`."""
        await self._database.replace_connections()


async def _name_of(conn: Connection) -> str:
    try:
        async with conn.transaction():
            name: str | None = await conn.fetchval(_q.lineage)
    except _KEPT_FROM_US as error:
        _log.debug("the server does not tell its timeline", error=type(error).__name__)
        name = await conn.fetchval(_q.lineage_of_table)
    if name is None:
        raise Transient("PostgreSQL is in recovery, or the store is not migrated yet")
    return name
