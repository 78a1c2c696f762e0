"""Ports on 127.0.0.1, remembered beside the data so that a restart is found where it was."""

import json
import random
import socket
from pathlib import Path

from baton_dev.errors import PortTakenError

# Below the range from which systems pick ports for outgoing connections (Linux 32768, macOS 49152): a
# client that connects somewhere cannot by chance take the port of a server that is being restarted.
_CHOICES = range(20_000, 32_000)


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
    """Return a free port, different from run to run."""
    for _ in range(200):
        port = random.SystemRandom().choice(_CHOICES)
        if is_free(port):
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
    ports = {name: wish or known.get(name) or choose_port() for name, wish in wanted.items()}
    path.write_text(json.dumps(ports))
    return ports
