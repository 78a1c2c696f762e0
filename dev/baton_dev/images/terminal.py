"""A shell as the operator of a composition has it: in the project's folder, on a terminal."""

import contextlib
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path

from baton_dev.errors import PartFailedError
from baton_dev.images.composition import Composition
from baton_dev.images.system import tool
from baton_dev.launch import death_signal, kill_tree

_SIZE = (50, 200)
"""Lines and columns."""
_SECONDS = 300.0


class Terminal:
    """Types commands to `docker` and `docker compose`, which have the engine and the variables of the
    composition.
    """

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        plugins = Path(composition.engine.environment["DOCKER_CONFIG"]) / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (plugins / "docker-compose").symlink_to(tool("docker-compose"))

    def type(self, lines: str, then: str = "") -> str:
        """What is shown while `lines` run, one after the other; `then` is typed into what they start.

        PartFailedError with what was shown, when a line fails or all take longer than five minutes.
        """
        primary, secondary = pty.openpty()
        termios.tcsetwinsize(secondary, _SIZE)
        try:
            process = self._start(lines, secondary)
            os.write(primary, then.encode())
            shown, is_late = _read(primary)
        finally:
            os.close(primary)
        if is_late:
            kill_tree(process)
        if process.wait() != 0 or is_late:
            ended = f"did not end within {_SECONDS:.0f} s" if is_late else f"ended with {process.returncode}"
            raise PartFailedError(f"{lines}{then}{ended}:\n{shown[-6000:]}")
        return shown

    def _start(self, lines: str, terminal: int) -> subprocess.Popen[bytes]:
        around = self._composition.engine.environment | self._composition.variables | {"TERM": "xterm"}
        try:
            return subprocess.Popen(
                [*death_signal("KILL"), "bash", "-e", "-c", lines],
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                env=around,
                cwd=self._composition.root,
                start_new_session=True,
            )
        finally:
            os.close(terminal)


def _read(terminal: int) -> tuple[str, bool]:
    """All that is shown until nobody holds the other end, and whether that took too long."""
    shown, until = b"", time.monotonic() + _SECONDS
    while (left := until - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the last who could write is gone
            return shown.decode(errors="replace"), False
    return shown.decode(errors="replace"), True
