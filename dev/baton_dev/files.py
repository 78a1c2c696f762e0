"""Folders of the stack: the per-user cache, free space, one writer at a time, the tail of a log."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from baton_dev.errors import DiskFullError

MIB = 1024 * 1024
LOCK = "run.lock"
"""In the folder of a stack, held while it runs."""


def cache_dir() -> Path:
    """Return the folder, created if needed, for what all checkouts of a user share (jars, templates)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "baton"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold `folder` exclusively, across processes, while something is made in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def hold(lock: Path) -> TextIO | None:
    """Hold the file `lock` until what is returned is closed; None when another process holds it."""
    file = lock.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def write_private(path: Path, text: str) -> None:
    """Write a file for its owner only (mode 600); a reader sees the old text or the new, never half."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def require_space(folder: Path, mebibytes: int, what: str) -> None:
    """Raise DiskFullError unless `mebibytes` are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free // MIB
    if free < mebibytes:
        raise DiskFullError(
            f"{what} needs {mebibytes} MiB of free disk and {folder} has {free} MiB left. "
            "Free some space, or move the checkout to a larger disk."
        )


def last_lines(path: Path, count: int = 15) -> str:
    """Return the last `count` lines of a log, or a sentence saying that there are none."""
    if not path.exists():
        return f"({path} was never written)"
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 64 * 1024))
        text = log.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-count:]) or f"({path} is empty)"


def last_messages(path: Path, count: int = 5) -> str:
    """Return the last entries of a service's log as `time level message`; a line that is no entry stays."""
    return "\n".join(_message(line) for line in last_lines(path, count).splitlines())


def _message(line: str) -> str:
    try:
        entry = json.loads(line)
        time, level, event = str(entry["time"])[11:19], entry["level"], str(entry["event"])
    except (ValueError, TypeError, KeyError):
        return line
    why = str(entry.get("exception") or entry.get("error") or "").strip().splitlines()[-1:]
    return f"  {time} {level}  {': '.join([event, *why])}"
