"""For how long at a time a service takes no requests, seen from outside."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

_PAUSE = 0.1
_PATIENCE = 1.0


class Absences:
    """Asks each address in turn whether it takes requests. `longest`: seconds between two times it did."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self.longest = dict.fromkeys(addresses, 0.0)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Ask inside the block."""
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            watchers = [asyncio.create_task(self._watch(client, name)) for name in self._addresses]
            try:
                yield
            finally:
                for watcher in watchers:
                    watcher.cancel()
                await asyncio.gather(*watchers, return_exceptions=True)

    async def _watch(self, client: httpx.AsyncClient, name: str) -> None:
        now = asyncio.get_running_loop().time
        seen = now()
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{self._addresses[name]}/servez")).is_success:
                    self.longest[name] = max(self.longest[name], now() - seen)
                    seen = now()
            await asyncio.sleep(_PAUSE)

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.longest.items())
