"""The pool of a service: connections come back by themselves after PostgreSQL was away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

from service_kit.clock import DatabaseClock, TransactionClock
from service_kit.errors import Transient
from service_kit.postgres_entry import PostgresEntry
from service_kit.queries import load_queries
from service_kit.session_locks import SessionLocks

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

_q = load_queries("service_kit")

ACQUIRE_SECONDS = 10.0
"""How long a unit of work waits for a free connection before it counts as a transient error."""


class _PlainConnection(asyncpg.Connection):
    """Skips the reset at release: everything the kit sets is local to its transaction."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(conn: Any) -> None:
    """jsonb is python both ways, by orjson; binary jsonb starts with its version byte."""
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value, default=str),
        decoder=lambda raw: orjson.loads(raw[1:]),
        format="binary",
    )


class Database:
    """A pool on one schema. Opening connects nothing, so a service starts while PostgreSQL is away.

    A DSN given as a function is asked for each new connection.
    """

    def __init__(
        self,
        dsn: str | Callable[[], str],
        *,
        schema: str,
        application_name: str,
        max_size: int = 8,
        clock: TransactionClock | None = None,
        statement_timeout_ms: int = 15_000,
        lock_timeout_ms: int = 5_000,
    ) -> None:
        self._entry = PostgresEntry((lambda: dsn) if isinstance(dsn, str) else dsn)
        self.schema = schema
        self.clock: TransactionClock = clock or DatabaseClock()
        self._max_size = max_size
        self._server_settings = {
            "search_path": schema,
            "application_name": application_name,
            "statement_timeout": str(statement_timeout_ms),
            "lock_timeout": str(lock_timeout_ms),
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        }
        self._pool: Pool | None = None
        self.on_connect: Callable[[Connection], Awaitable[None]] | None = None
        """Shown each new connection first; what it raises is raised by whoever asked for one."""
        self._locks = SessionLocks(self.acquire, try_lock=_q.try_lock, unlock=_q.unlock)

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        schema: str,
        application_name: str,
        min_size: int = 1,
        max_size: int = 8,
        clock: TransactionClock | None = None,
    ) -> "Database":
        """An open pool; with `min_size` > 0 it has spoken to PostgreSQL once. Raises what the connection
        raises.
        """
        database = cls(dsn, schema=schema, application_name=application_name, max_size=max_size, clock=clock)
        await database.open()
        if min_size:
            try:
                async with database.acquire() as conn:
                    await conn.execute("SELECT 1")
            except BaseException:
                await database.close()
                raise
        return database

    async def open(self) -> None:
        """Make the pool, without a connection yet."""
        self._pool = await asyncpg.create_pool(
            connect=self._entry.connect,
            min_size=0,
            max_size=self._max_size,
            init=self._admit,
            connection_class=_PlainConnection,
            server_settings=self._server_settings,
            max_inactive_connection_lifetime=300,
            timeout=5,
        )

    async def _admit(self, conn: Connection) -> None:
        await _prepare(conn)
        if self.on_connect is not None:
            await self.on_connect(conn)

    async def replace_connections(self) -> None:
        """From now on nobody is given a connection that there is already."""
        if self._pool is not None:
            await self._pool.expire_connections()

    async def close(self) -> None:
        """Give connections in use five seconds, then cut them."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction. Raises a transient error when there is none to be had."""
        if self._pool is None:
            raise Transient("the pool is not open: await database.open() first, or it has been closed")
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            yield conn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction, committed at the end, rolled back by any exception."""
        async with self.acquire() as conn, conn.transaction():
            yield conn

    async def probe(self) -> bool:
        """Whether a fresh transaction gets through now."""
        try:
            async with asyncio.timeout(3), self.transaction() as conn:
                return bool(await conn.fetchval("SELECT true"))
        except Exception:
            return False

    @asynccontextmanager
    async def advisory_lock(self, purpose: str) -> AsyncIterator[Callable[[], bool] | None]:
        """Try for this store's session lock for a purpose; another schema's of the same name is another lock.

        Yields None when another holds it, or the schema is not there yet; else a function: is it still ours?
        All locks of this process stand on one connection of the pool.
        """
        async with self._locks.hold(purpose) as held:
            yield held
