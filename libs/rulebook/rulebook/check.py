"""The check of a folder, as `baton check` prints it."""

from pathlib import Path

from rulebook.findings import Finding
from rulebook.loader import examine


def check_folder(path: Path) -> list[Finding]:
    """Everything wrong or doubtful in the rulebook at `path`: errors first, by file and line."""
    return examine(path)[1]
