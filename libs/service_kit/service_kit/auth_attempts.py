"""How often an address may send a token that is not good. In memory, bounded, of this process alone."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_FAILURES = 20
"""In a window, of one address. A person who mistypes stays far below; 256 bits need 10^70 windows."""
WINDOW_SECONDS = 60.0
MOST_KEPT = 10_000
"""Addresses, and tokens known to be good: the longest unheard of is forgotten first."""


class Attempts:
    """Counts failures by address. Tokens that were good a while ago pass from any address, as behind a
    proxy everybody has the same one; all else of an address that failed too often is not even looked at.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def wait(self, address: str, token: str) -> float | None:
        """Seconds until this address may try an unknown token; None: now."""
        since, failed = self._failures.get(address, (0.0, 0))
        left = since + WINDOW_SECONDS - self._clock()
        if failed < MOST_FAILURES or left <= 0 or _digest(token) in self._good:
            return None
        return left

    def failed(self, address: str, token: str) -> None:
        """A token of this address was not good."""
        now = self._clock()
        since, failed = self._failures.pop(address, (now, 0))
        if now - since >= WINDOW_SECONDS:
            since, failed = now, 0
        self._failures[address] = since, failed + 1
        self._good.pop(_digest(token), None)
        if len(self._failures) > MOST_KEPT:
            self._failures.popitem(last=False)

    def passed(self, token: str) -> None:
        """A token was good."""
        digest = _digest(token)
        self._good[digest] = None
        self._good.move_to_end(digest)
        if len(self._good) > MOST_KEPT:
            self._good.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
