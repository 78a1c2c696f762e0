"""`python -m baton_dev.boards`: write the boards again."""

import argparse
from pathlib import Path

from baton_dev.boards.writing import FOLDER, RUNBOOKS_AT, write


def main() -> None:
    """Write the boards to the folder named, or the one they are committed in."""
    parser = argparse.ArgumentParser(prog="python -m baton_dev.boards", description="Write Grafana's boards.")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"default: {FOLDER}")
    parser.add_argument("--runbooks", default=RUNBOOKS_AT, help="address of the folder of runbooks")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for path in write(options.folder, options.runbooks.rstrip("/")):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
