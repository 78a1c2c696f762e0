"""Places where a test, or BATON_FAILPOINTS, makes the process die, err or hang. Unnamed ones cost a dict
look-up.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg

CONSUMER = (
    "consumer.before_transaction",
    "consumer.in_transaction",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.after_publish",
    "consumer.after_delete",
    "consumer.before_offset_commit",
    "consumer.after_offset_commit",
)
UNIT = ("unit.before_commit", "unit.after_commit", "unit.after_publish", "unit.after_delete")
SWEEPER = ("sweeper.after_claim", "sweeper.after_publish", "sweeper.after_delete")


class Crash(BaseException):
    """The process is gone, as far as this process can tell itself: nothing may catch it, undo or finish
    anything.
    """


class FailpointsInvalid(ValueError):
    """BATON_FAILPOINTS cannot be read: write name=kill, name=kill@3, name=crash, name=error:deadlock,
    name=sleep:0.5.
    """


_ERRORS: Mapping[str, Callable[[], Exception]] = {
    "deadlock": lambda: asyncpg.DeadlockDetectedError("deadlock detected (failpoint)"),
    "serialization": lambda: asyncpg.SerializationError("could not serialize access (failpoint)"),
    "timeout": lambda: asyncpg.QueryCanceledError("statement timeout (failpoint)"),
    "connection": lambda: asyncpg.ConnectionDoesNotExistError("connection lost (failpoint)"),
    "unknown": lambda: RuntimeError("unknown error (failpoint)"),
}


@dataclass(slots=True)
class _Action:
    kind: str
    argument: str
    at_hit: int | None
    hits: int = 0


_active: dict[str, _Action] = {}


async def failpoint(name: str) -> None:
    """Do what has been asked for at `name`; by default nothing."""
    action = _active.get(name)
    if action is None:
        return
    action.hits += 1
    if action.at_hit is not None and action.hits != action.at_hit:
        return
    if action.kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action.kind == "crash":
        raise Crash(name)
    if action.kind == "error":
        error = _ERRORS[action.argument]()
        raise error
    await asyncio.sleep(float(action.argument))


def activate(specification: str) -> None:
    """Arm failpoints: comma-separated `name=action`, where `@n` limits the action to the n-th hit.

    Actions: `kill` (SIGKILL to this process), `crash` (raises Crash), `error:KIND`, `sleep:SECONDS`.
    Raises FailpointsInvalid.
    """
    for entry in filter(None, (part.strip() for part in specification.split(","))):
        name, separator, action = entry.partition("=")
        if not separator:
            raise FailpointsInvalid(f"{entry!r}: write name=action")
        _active[name] = _read(entry, action)


def _read(entry: str, action: str) -> _Action:
    action, _, hit = action.partition("@")
    kind, _, argument = action.partition(":")
    if kind not in ("kill", "crash", "error", "sleep"):
        raise FailpointsInvalid(
            f"{entry!r}: no action {kind!r}; write kill, crash, error:KIND or sleep:SECONDS"
        )
    if kind == "error" and argument not in _ERRORS:
        raise FailpointsInvalid(f"{entry!r}: no error {argument!r}; write one of {', '.join(_ERRORS)}")
    if kind == "sleep" and not argument.replace(".", "", 1).isdigit():
        raise FailpointsInvalid(f"{entry!r}: write sleep:SECONDS")
    if hit and not hit.isdigit():
        raise FailpointsInvalid(f"{entry!r}: write @ and the number of the hit")
    return _Action(kind, argument, int(hit) if hit else None)


def hits(name: str) -> int:
    """How often an armed failpoint was reached."""
    action = _active.get(name)
    return action.hits if action else 0


def clear() -> None:
    """Disarm all."""
    _active.clear()
