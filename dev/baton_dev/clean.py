"""`make clean`: forgets the data of a stack that does not run. Needs nothing but Python."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from baton_dev.files import LOCK, hold

TESTS_RECORD = "test-stack.json"
"""Tells where the tests' servers are that were left running: only `python -m baton_dev.testing` ends them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Empty the folder. Returns 0, or 1 after a plain message when a stack runs on it."""
    parser = argparse.ArgumentParser(prog="python -m baton_dev.clean", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".baton"), help="folder to empty")
    home = parser.parse_args(argv).home
    if not home.exists():
        print(f"There is no {home}: nothing to forget.")
        return 0
    lock = hold(home / LOCK)
    if lock is None:
        print(f"A stack runs on {home}: stop it first (Ctrl-C in its terminal). Nothing was deleted.")
        return 1
    with lock:
        for entry in home.iterdir():
            _delete(entry)
    print(f"Emptied {home}: the next `make run` begins anew.")
    return 0


def _delete(entry: Path) -> None:
    if entry.name == TESTS_RECORD:
        return
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


if __name__ == "__main__":
    sys.exit(main())
