"""Session locks of one process, all on one connection: a part that must be the only one needs none itself.

PostgreSQL lets a session take a lock twice, so who holds what within this process is kept here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg

Connect = Callable[[], AbstractAsyncContextManager[Any]]


class _Session:
    """One connection and how many use it; the last one to leave gives it back."""

    def __init__(self, conn: Any, stack: AsyncExitStack) -> None:
        self.conn = conn
        self.users = 0
        self._stack = stack
        self._turn = asyncio.Lock()

    def is_alive(self) -> bool:
        """Whether the locks on it still stand. A pool takes a broken connection back by itself."""
        try:
            return not self.conn.is_closed()
        except asyncpg.InterfaceError:
            return False

    async def ask(self, query: str, purpose: str) -> Any:
        """One statement; a connection does one at a time."""
        async with self._turn:
            return await self.conn.fetchval(query, purpose)

    async def leave(self) -> bool:
        """Whether nobody uses it any more: then it is given back."""
        self.users -= 1
        if self.users:
            return False
        with contextlib.suppress(Exception):  # a broken connection is given up all the same
            await self._stack.aclose()
        return True


class SessionLocks:
    """`connect` gives a connection; `try_lock` and `unlock` are queries of one purpose."""

    def __init__(self, connect: Connect, *, try_lock: str, unlock: str) -> None:
        self._connect = connect
        self._try_lock = try_lock
        self._unlock = unlock
        self._held: set[str] = set()
        self._session: _Session | None = None
        self._joining = asyncio.Lock()

    @asynccontextmanager
    async def hold(self, purpose: str) -> AsyncIterator[Callable[[], bool] | None]:
        """Try for a lock. Yields None when another holds it, else a function: is it still ours?

        Raises what a connection raises that is not to be had.
        """
        if purpose in self._held:
            yield None
            return
        self._held.add(purpose)
        try:
            session = await self._join()
            try:
                if not await session.ask(self._try_lock, purpose):
                    yield None
                    return
                try:
                    yield session.is_alive
                finally:
                    with contextlib.suppress(Exception):
                        await session.ask(self._unlock, purpose)
            finally:
                if await session.leave() and self._session is session:
                    self._session = None
        finally:
            self._held.discard(purpose)

    async def _join(self) -> _Session:
        """The session in use; a new one where there is none, or it has broken."""
        async with self._joining:
            session = self._session
            if session is None or session.users == 0 or not session.is_alive():
                stack = AsyncExitStack()
                session = _Session(await stack.enter_async_context(self._connect()), stack)
                self._session = session
            session.users += 1
            return session
