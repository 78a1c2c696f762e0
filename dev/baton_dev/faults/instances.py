"""One instance among others that is not as they are: it fails, its clock is wrong, its version is old."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baton_dev.faults.site import Site
from baton_dev.observability.packages import library

CLOCK = "-90s"
"""How far the wrong clock is off: posts that it takes look as if they had come earlier."""
OLD_VERSION = "0.0.9"
SHARED = Path("/dev/shm")  # noqa: S108 - shared memory, where libfaketime keeps its clock


@contextmanager
def handler_fails(site: Site) -> Iterator[None]:
    """An instance of scoring can handle none of its records; later it is gone, and they are sent back."""
    before = _waiting(site)
    try:
        with site.one_more("scoring", {"BATON_FAILPOINTS": "consumer.in_transaction=error:unknown"}):
            yield
    finally:
        _send_back(site, before)


def _waiting(site: Site) -> list[dict[str, Any]]:
    letters = site.ask("scoring", "GET", "/v1/dead-letters?limit=500")["dead_letters"]
    return [
        {name: each[name] for name in ("topic", "partition", "offset")}
        for each in letters
        if each.get("replayed_at") is None
    ]


def _send_back(site: Site, before: list[dict[str, Any]]) -> None:
    new = [each for each in _waiting(site) if each not in before]
    if new:
        site.ask("scoring", "POST", "/v1/dead-letters/replay", {"letters": new, "by": "who is on call"})


@contextmanager
def clock_wrong(site: Site) -> Iterator[None]:
    """An instance of intake runs where the clock is wrong (`libfaketime` tells it so)."""
    env = {
        "LD_PRELOAD": str(library("libfaketime", "libfaketime.so.1")),
        "FAKETIME": CLOCK,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    pids: list[int] = []
    try:
        with site.one_more("intake", env) as name:
            pids.append(site.stack.services[name].pid)
            yield
    finally:
        for pid in pids:
            forget_clock(pid)


def forget_clock(pid: int, shared: Path = SHARED) -> None:
    """Remove what libfaketime leaves in shared memory of a process that was killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (shared / name).unlink(missing_ok=True)


@contextmanager
def version_old(site: Site) -> Iterator[None]:
    """An instance of the router is of the release before, as one that an update has left behind."""
    with site.one_more("router", {"BATON_VERSION": OLD_VERSION}):
        yield
