"""Ports on 127.0.0.1, remembered beside the data so that a restart is found where it was."""

import fcntl
import functools
import json
import os
import random
import socket
from pathlib import Path

from baton_dev.errors import PortTakenError
from baton_dev.files import cache_dir

# Below the range from which systems pick ports for outgoing connections (Linux 32768, macOS 49152): a
# client that connects somewhere cannot by chance take the port of a server that is being restarted.
_CHOICES = range(20_000, 32_000)
_claimed: set[int] = set()
"""What this process has chosen: nobody is given it again, whether or not something listens there just now."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port() -> int:
    """Return a free port, different from run to run. It is this process's for as long as it lives: a server
    that is restarted does not find another's in its place.
    """
    for _ in range(200):
        port = random.SystemRandom().choice(_CHOICES)
        if _claim(port) and is_free(port):
            return port
    raise PortTakenError(
        f"no free port found on 127.0.0.1 between {_CHOICES.start} and {_CHOICES.stop}: "
        "stop some of the programs that listen there (`ss -ltn` lists them)."
    )


def require_free(port: int, what: str, remedy: str) -> None:
    """Raise PortTakenError with `remedy` when something already listens on `port`."""
    if not is_free(port):
        raise PortTakenError(f"{what} needs port {port} on 127.0.0.1 and another process has it. {remedy}")


def remembered_ports(path: Path, wanted: dict[str, int | None]) -> dict[str, int]:
    """Return one port a name: the wanted one, else that written in `path`, else a free one; all are kept."""
    known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    for port in known.values():
        _claim(port)
    ports = {name: wish or known.get(name) or choose_port() for name, wish in wanted.items()}
    path.write_text(json.dumps(ports))
    return ports


def _claim(port: int) -> bool:
    """Whether nobody had chosen the port before; from now on this process has."""
    if port in _claimed:
        return False
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _claimed.add(port)
    return True


@functools.cache
def _claims() -> int:
    """A file of the user's with a byte a port, each locked by the process that chose it; the system takes the
    locks away with the process. Nothing else may open it: a process that closes a file loses all locks on it.
    """
    return os.open(cache_dir() / "ports", os.O_RDWR | os.O_CREAT, 0o600)
