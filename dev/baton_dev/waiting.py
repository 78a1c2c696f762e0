"""Waiting for something outside this process, with a deadline."""

import time
from collections.abc import Callable

from baton_dev.errors import PartFailedError


def wait_until(condition: Callable[[], bool], seconds: float, what: str, pause: float = 0.05) -> None:
    """Return once `condition()` holds; PartFailedError naming `what` after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise PartFailedError(f"{what} was not ready within {seconds:.0f} s")
        time.sleep(pause)
