"""Judges every connection of code that opens its own, at the moment it is opened.

Python tells an audit hook of each `socket.connect` with the address that it goes to, after names are resolved
and whoever resolved them (https://docs.python.org/3/library/audit_events.html). So there is no gap between
judging and connecting: a name that changes its address, a redirect and a second host named within a URL all
come by here. It holds for code that means no harm and runs in the guarded thread; it is no sandbox.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

from delivery.addresses import AddressRefused, Allowed, Resolver, judge

_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PROCESSES = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})


@dataclass(slots=True)
class Guard:
    """What may be connected to: what `allowed` lets through, and `vouched` addresses with their ports.

    `refused` tells afterwards what was not, since the guarded code may have swallowed the error.
    """

    allowed: Allowed
    vouched: frozenset[tuple[str, int]] = frozenset()
    refused: list[str] = field(default_factory=list)

    @contextmanager
    def stands(self) -> Iterator[None]:
        """In this thread, until the block ends. Refusals raise PermissionError within it."""
        _install()
        before = _guard.set(self)
        try:
            yield
        finally:
            _guard.reset(before)

    def judge(self, address: object) -> None:
        """Raises PermissionError, which network code takes for a failed connection."""
        try:
            if not isinstance(address, tuple):
                raise AddressRefused("it speaks to a program of this machine; name a service of people")
            host, port = str(address[0]).partition("%")[0], int(address[1])
            if (host, port) not in self.vouched:
                judge(host, port, self.allowed)
        except ValueError as error:
            self._refuse(str(error))

    def refuse_process(self) -> None:
        """Raises PermissionError."""
        self._refuse("it starts a program of this machine; name a service of people")

    def _refuse(self, why: str) -> None:
        self.refused.append(why)
        raise PermissionError(os.strerror(13) + f": {why}")


_guard: ContextVar[Guard | None] = ContextVar("delivery_guard", default=None)


@lru_cache(maxsize=1)
def _install() -> None:
    """Once a process: an audit hook cannot be taken away, and does nothing where no guard stands."""
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _CONNECTIONS and event not in _PROCESSES:
        return
    guard = _guard.get()
    if guard is None:
        return
    if event in _PROCESSES:
        guard.refuse_process()
    elif len(arguments) > 1 and arguments[1] is not None:
        guard.judge(arguments[1])


async def vouched_for(
    hosts: Iterable[str], resolver: Resolver, allowed: Allowed
) -> frozenset[tuple[str, int]]:
    """Addresses and ports of those hosts that the operator names; their names may lead anywhere."""
    named = {(host, port) for host, port in allowed.places if host in {each.casefold() for each in hosts}}
    found = set()
    for host, port in named:
        found |= {(each.partition("%")[0], port) for each in await resolver.addresses(host, port)}
    return frozenset(found)
