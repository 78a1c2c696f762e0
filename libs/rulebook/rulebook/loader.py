"""A rulebook from its folder of YAML files.

company.yaml            company, time_zone, currency, lines
forms/<form>.yaml       one form each; the file's name is the form's id
sources.yaml            source id to source
scorecards/<line>.yaml  one a line
routing.yaml            pools and plans
roster.yaml             teams and reps
calendars.yaml          calendar id to calendar
agreement.yaml          the agreement
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rulebook.crosscheck import check_rulebook
from rulebook.documents import Document, Loc, Place, read_document
from rulebook.findings import Finding, RulebookInvalid, errors_in
from rulebook.models import Rulebook
from rulebook.sentences import findings_of

SINGLE_FILES = ("sources", "routing", "roster", "calendars", "agreement")
FOLDERS = ("forms", "scorecards")
_CLOSED_ENTRIES = {"forms": 2, "sources": 2, "scorecards": 2, "calendars": 2, "roster": 3, "routing": 3}
_STAND_INS: dict[str, Any] = {
    "company": "-",
    "time_zone": "UTC",
    "currency": "EUR",
    "agreement": {"name": "-", "sales": {"promises": {}}},
}
"""What the check goes on with where the real thing cannot be read; nothing refers to these."""


@dataclass(slots=True)
class _Folder:
    """All files as one document, with the places of its parts."""

    value: dict[str, Any] = field(default_factory=dict)
    places: dict[Loc, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, document: Document) -> Any:
        for loc, place in document.places.items():
            self.places.setdefault(loc, place)
        self.findings += document.findings
        return document.value


def load_folder(path: Path) -> Rulebook:
    """The rulebook in the folder at `path`. Raises RulebookInvalid with every finding if one is an error."""
    rulebook, findings = examine(path)
    if rulebook is None or errors_in(findings):
        raise RulebookInvalid(findings)
    return rulebook


def examine(path: Path) -> tuple[Rulebook | None, list[Finding]]:
    """The rulebook as far as it can be read; everything wrong or doubtful: by file and line, errors first."""
    folder = _read(path)
    if not folder.value:
        return None, folder.findings
    findings = list(folder.findings)
    rulebook, errors, dropped = _validated(folder)
    told = {finding.path for finding in findings}
    findings += [error for error in errors if error.path not in told]
    if rulebook is not None:
        findings += check_rulebook(rulebook, folder.places, ignoring=dropped)
    unique = dict.fromkeys(findings)
    return rulebook, sorted(unique, key=lambda each: (each.severity, each.file, each.line, each.path))


def _validated(folder: _Folder) -> tuple[Rulebook | None, list[Finding], frozenset[str]]:
    """The rulebook less the entries that cannot be read, so that the rest is checked in the same run.

    Also says which ids were left out: a reference to one of them is no second error.
    """
    errors: list[Finding] = []
    dropped: set[str] = set()
    while True:
        try:
            return Rulebook.model_validate(folder.value), errors, frozenset(dropped)
        except ValidationError as error:
            errors += findings_of(error, folder.places)
            locs = {
                tuple(detail["loc"][: _CLOSED_ENTRIES.get(str(detail["loc"][0]), 1)])
                for detail in error.errors()
            }
            if not all(_left_out(folder.value, loc) for loc in locs):
                return None, errors, frozenset(dropped)
            dropped |= {str(loc[-1]) for loc in locs}


def _left_out(value: dict[str, Any], loc: Loc) -> bool:
    """Whether the check can go on without the part at `loc`."""
    if loc[0] in _STAND_INS:
        value[str(loc[0])] = _STAND_INS[str(loc[0])]
        return True
    is_entry = len(loc) >= 2 or loc[0] not in Rulebook.model_fields
    return is_entry and _remove(value, loc)


def _remove(value: Any, loc: Loc) -> bool:
    for part in loc[:-1]:
        value = value.get(part) if isinstance(value, dict) else None
    return isinstance(value, dict) and value.pop(loc[-1], None) is not None


def _read(path: Path) -> _Folder:
    folder = _Folder()
    if not (path / "company.yaml").is_file():
        folder.findings.append(
            Finding(
                str(path / "company.yaml"),
                1,
                "rulebook",
                "is not a rulebook: there is no company.yaml" if path.is_dir() else "there is no such folder",
                "name the folder of the rulebook, or make a first one with `baton init`",
            )
        )
        return folder
    company = folder.add(read_document(path / "company.yaml", _name(path, "company.yaml"), ()))
    folder.value = dict(company) if isinstance(company, dict) else {"company": company}
    for key in SINGLE_FILES:
        file = path / f"{key}.yaml"
        if file.is_file():
            folder.value[key] = folder.add(read_document(file, _name(path, file.name), (key,)))
        elif key not in folder.value:
            folder.findings.append(_absent(path, file.name))
    for key in FOLDERS:
        folder.value[key] = _read_each(path, key, folder)
    folder.findings += _strangers(path)
    return folder


def _read_each(path: Path, key: str, folder: _Folder) -> dict[str, Any]:
    found = {}
    for file in sorted((path / key).glob("*.yaml")):
        name = _name(path, f"{key}/{file.name}")
        found[file.stem] = folder.add(read_document(file, name, (key, file.stem)))
    return found


def _strangers(path: Path) -> list[Finding]:
    """Files that would silently not be read."""
    known = {"company.yaml", *(f"{key}.yaml" for key in SINGLE_FILES)}
    found = []
    for file in sorted(
        [*path.glob("*.y*ml"), *(file for key in FOLDERS for file in (path / key).glob("*.yml"))]
    ):
        inside = file.relative_to(path).as_posix()
        if inside not in known:
            hint = (
                f"rename it to {file.stem}.yaml"
                if file.suffix == ".yml"
                else f"the files are {', '.join(sorted(known))}"
            )
            found.append(
                Finding(
                    _name(path, inside), 1, "rulebook", "is not read: no file of this name belongs here", hint
                )
            )
    return found


def _absent(path: Path, name: str) -> Finding:
    return Finding(_name(path, name), 1, name.removesuffix(".yaml"), "the file is missing", f"add {name}")


def _name(path: Path, inside: str) -> str:
    return (path / inside).as_posix()
