"""The check of a folder, or of one file in it, as `baton check` prints it."""

from dataclasses import dataclass
from pathlib import Path

from rulebook.findings import Finding, Severity
from rulebook.loader import examine
from rulebook.tables import COLUMNS


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in the place asked about, and how many errors the rest of its rulebook has."""

    folder: Path
    findings: list[Finding]
    errors_elsewhere: int = 0


def check_folder(path: Path) -> list[Finding]:
    """Everything wrong or doubtful in the rulebook at `path`: errors first, by file and line."""
    return examine(path)[1]


def check(path: Path) -> Checked:
    """A rulebook's folder whole; or one file of it, for which its whole rulebook is read, as they refer to
    each other."""
    if not path.is_file():
        return Checked(path, check_folder(path))
    folder = rulebook_around(path)
    if folder is None:
        message = "belongs to no rulebook: neither its folder nor the one above has a company.yaml"
        hint = "name a file inside a rulebook, or the rulebook's folder"
        return Checked(path.parent, [Finding(path.as_posix(), 0, "rulebook", message, hint)])
    findings = check_folder(folder)
    here = [each for each in findings if Path(each.file).resolve() == path.resolve()]
    elsewhere = [each for each in findings if each not in here and each.severity is Severity.ERROR]
    if not here and not _is_read(path, folder):
        message = "is not read: only YAML files and tables of a rulebook are checked"
        here = [Finding(path.as_posix(), 0, "rulebook", message, f"name one of the .yaml files in {folder}")]
    return Checked(folder, here, len(elsewhere))


def rulebook_around(file: Path) -> Path | None:
    """The rulebook's folder that a file belongs to: the file's own, or the one above."""
    own = file.parent
    above = own.parent if own != Path() else Path("..")
    return next((folder for folder in (own, above) if (folder / "company.yaml").is_file()), None)


def _is_read(file: Path, folder: Path) -> bool:
    inside = file.resolve().relative_to(folder.resolve())
    if file.suffix == ".csv":
        return len(inside.parts) == 2 and inside.parts[0] in COLUMNS
    return file.suffix == ".yaml" and inside.parts[0] != ".schemas"
