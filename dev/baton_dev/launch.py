"""Starting processes that end with the process that started them.

On Linux the kernel sends a child its death signal when its parent ends for whatever reason, kill -9
included. The signal is set by `setpriv --pdeathsig`, which then becomes the program itself, so no code
of ours runs between fork and exec. "Parent" there means the thread that forked, so all children are
forked by one thread that lives as long as the interpreter. Where `setpriv` is missing (macOS) a child
is stopped by its owner's `stop()` only.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from baton_dev.errors import PartFailedError
from baton_dev.files import MIB, last_lines

_LOG_LIMIT = 16 * MIB

Process = subprocess.Popen[bytes]


@functools.cache
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="baton-spawner")


def death_signal(name: str) -> list[str]:
    """Return the words to put before a command so that it gets signal `name` when its parent ends."""
    if sys.platform == "linux" and shutil.which("setpriv"):
        return ["setpriv", "--pdeathsig", name, "--"]
    return []


def launch(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, log: Path, cwd: Path | None = None
) -> Process:
    """Start `argv` in a session of its own (a terminal's Ctrl-C does not reach it), output added to `log`."""

    def start() -> Process:
        with log.open("ab") as out:
            return subprocess.Popen(
                list(argv),
                env=None if env is None else dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    log.parent.mkdir(parents=True, exist_ok=True)
    _keep_log_short(log)
    return _spawner().submit(start).result()


def let_go(process: Process) -> None:
    """Forget a process that is to outlive this one, so that nobody waits for it or warns about it."""
    process.returncode = 0


def _keep_log_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(f"{log.name}.1"))


def run_once(argv: Sequence[str], *, what: str, log: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end; PartFailedError with the end of its output when it fails."""
    before = [] if "--pdeathsig" in argv else death_signal("KILL")
    process = launch([*before, *argv], log=log, env=env)
    if process.wait() != 0:
        raise PartFailedError(
            f"{what} failed (exit {process.returncode}). The end of {log}:\n{last_lines(log)}"
        )


def stop(process: Process, sig: int, deadline: float) -> None:
    """Send `sig` and wait; kill the process and its children when `deadline` seconds were not enough."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, sig)
    try:
        process.wait(deadline)
    except subprocess.TimeoutExpired:
        kill_tree(process)


def kill_tree(process: Process) -> None:
    """SIGKILL the process and all its descendants at once and wait until each is gone."""
    try:
        root = psutil.Process(process.pid)
        family = [root, *root.children(recursive=True)] if process.poll() is None else []
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    psutil.wait_procs(family[1:], timeout=10)
