"""A rulebook from its folder of YAML files.

company.yaml            company, time_zone, currency, lines, and who gets which page
forms/<form>.yaml       one form each; the file's name is the form's id
sources.yaml            source id to source
scorecards/<line>.yaml  one a line
shadow-scorecards/<line>.yaml  one that is tried beside it; may be absent
routing.yaml            pools and plans
roster.yaml             teams and reps
calendars.yaml          calendar id to calendar
agreement.yaml          the agreement
agreements/<id>.yaml    others: on trial, of the next months, or over; may be absent
alerts.yaml             who hears of trouble with forms; may be absent
nurturing.yaml          what marketing's tool is told; may be absent
crm.yaml                CRM name to how it is told, and how it answers; may be absent
campaigns.yaml          what marketing has planned, and news of products; may be absent
territories/<name>.csv  tables that routing.yaml names: which pool has which place; may be absent
accounts/<name>.csv     tables that routing.yaml names: which pool or rep has which company; may be absent
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rulebook.check_written import check_written
from rulebook.crm_presets import with_crm_presets
from rulebook.crosscheck import check_rulebook
from rulebook.documents import Document, Loc, Place, read_document
from rulebook.findings import Finding, RulebookInvalid, Severity, errors_in
from rulebook.models import Rulebook
from rulebook.report import Report
from rulebook.sentences import findings_of
from rulebook.standins import StandIns
from rulebook.tables import COLUMNS, read_table
from rulebook.vendor_presets import with_preset

SINGLE_FILES = ("sources", "routing", "roster", "calendars", "agreement")
OPTIONAL_FILES = ("alerts", "nurturing", "crm", "campaigns")
FOLDERS = {
    "forms": "forms",
    "scorecards": "scorecards",
    "shadow_scorecards": "shadow-scorecards",
    "agreements": "agreements",
}
"""The key of the rulebook that each folder fills."""
MOST_OF_A_TABLE = 50
"""Errors, and warnings, of one table that are told one by one."""
_MOST_ROUNDS = 20
"""A stand-in may need stand-ins inside; the types are a few levels deep."""


@dataclass(slots=True)
class _Folder:
    """All files as one document, with the places of its parts."""

    value: dict[str, Any] = field(default_factory=dict)
    places: dict[Loc, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """Paths of which nothing more is to be said."""

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
    errors, stand_ins = _Told(folder.findings, folder.told), StandIns(folder.value)
    rulebook = _validated(folder, errors, stand_ins)
    if rulebook is not None:
        left_out = frozenset(stand_ins.left_out)
        errors.add(check_rulebook(rulebook, folder.places, ignoring=left_out))
        written = Report(folder.places, left_out)
        check_written(folder.value, rulebook, written)
        errors.add(written.findings)
    unique = dict.fromkeys(errors.findings)
    ordered = sorted(unique, key=lambda each: (each.severity, each.file, each.line, each.path))
    return rulebook, list(_bounded(ordered))


def _bounded(findings: list[Finding]) -> Iterator[Finding]:
    """A table with one fault in every row is told of it some times, and how many more there are."""
    told = Counter[tuple[str, str]]()
    for each in findings:
        of = (each.file, each.severity)
        told[of] += 1
        if not each.file.endswith(".csv") or told[of] <= MOST_OF_A_TABLE:
            yield each
    for (file, severity), number in told.items():
        if file.endswith(".csv") and number > MOST_OF_A_TABLE:
            path, more = f"routing.{Path(file).parent.name}.{Path(file).stem}", number - MOST_OF_A_TABLE
            message = f"has {more:,} more {severity}s like the {MOST_OF_A_TABLE} told"
            yield Finding(file, 1, path, message, "correct those first", Severity(severity))


class _Told:
    """Findings, less those about what is told already."""

    def __init__(self, findings: list[Finding], paths: Iterable[str] = ()) -> None:
        self.findings = list(findings)
        self._paths = frozenset(paths)

    def add(self, more: list[Finding]) -> None:
        """Those of `more` that say something new: not at a told place, nor inside it."""
        told = self._paths | {finding.path for finding in self.findings}
        self.findings += [each for each in more if not told & set(_around(each.path))]

    def add_dragged(self, more: list[Finding]) -> None:
        """Those of `more` that are new, and not about a part of which something inside was told before: it
        only lacks what was taken out there."""
        around = {outer for finding in self.findings for outer in _around(finding.path)}
        self.add([each for each in more if each.path not in around])


def _around(path: str) -> Iterator[str]:
    """`forms.demo.lines[0]`, `forms.demo.lines`, `forms.demo`, `forms`."""
    yield path
    for place in range(len(path) - 1, 0, -1):
        if path[place] in ".[":
            yield path[:place]


def _validated(folder: _Folder, told: _Told, stand_ins: StandIns) -> Rulebook | None:
    """The rulebook with stand-ins for what cannot be read, so that the rest is checked in the same run."""
    for _ in range(_MOST_ROUNDS):
        try:
            return Rulebook.model_validate(folder.value)
        except ValidationError as error:
            told.add_dragged(findings_of(error, folder.places))
            mended = [stand_ins.mend(each["loc"], each["type"]) for each in error.errors()]
            if not any(mended):
                return None
    return None


def _read(path: Path) -> _Folder:
    folder = _Folder()
    if not (path / "company.yaml").is_file():
        folder.findings.append(_no_rulebook(path))
        return folder
    _read_company(path, folder)
    for key in (*SINGLE_FILES, *OPTIONAL_FILES):
        file = path / f"{key}.yaml"
        if file.is_file():
            folder.value[key] = folder.add(read_document(file, _name(path, file.name), (key,)))
        elif key not in folder.value and key not in OPTIONAL_FILES:
            folder.findings.append(_absent(path, file.name))
    if "crm" in folder.value:
        folder.value["crm"] = with_crm_presets(folder.value["crm"])
    for key, name in FOLDERS.items():
        folder.value[key] = _read_each(path, key, name, folder)
    _read_tables(path, folder)
    folder.findings += _strangers(path)
    return folder


def _read_company(path: Path, folder: _Folder) -> None:
    """The top of the rulebook. If nothing can be read of it, none of its keys is called missing."""
    name = _name(path, "company.yaml")
    company = folder.add(read_document(path / "company.yaml", name, ()))
    if isinstance(company, dict):
        folder.value = dict(company)
        return
    folder.value = {"company": None}
    folder.told |= Rulebook.model_fields.keys() - {*SINGLE_FILES, *OPTIONAL_FILES, *FOLDERS}
    if not folder.findings:
        hint = "write `company: ...` and below it `time_zone`, `currency` and `lines`"
        folder.findings.append(Finding(name, 1, "rulebook", "holds no keys", hint))


def _no_rulebook(path: Path) -> Finding:
    hint = "name the folder of the rulebook, or make a first one with `baton init`"
    if path.is_dir():
        return Finding(str(path), 0, "rulebook", "is not a rulebook: there is no company.yaml", hint)
    if path.exists():
        return Finding(str(path), 0, "rulebook", "is a file, not a rulebook's folder", hint)
    return Finding(str(path), 0, "rulebook", "there is no such folder", hint)


def _read_each(path: Path, key: str, inside: str, folder: _Folder) -> dict[str, Any]:
    found = {}
    for file in sorted((path / inside).glob("*.yaml")):
        name = _name(path, f"{inside}/{file.name}")
        value = folder.add(read_document(file, name, (key, file.stem)))
        found[file.stem] = with_preset(value) if key == "forms" else value
    return found


def _read_tables(path: Path, folder: _Folder) -> None:
    """Tables stand in files of their own, and in the rulebook under `routing`."""
    routing = folder.value.get("routing")
    for kind in COLUMNS:
        tables = {}
        for file in sorted((path / kind).glob("*.csv")):
            name = _name(path, f"{kind}/{file.name}")
            tables[file.stem] = folder.add(read_table(file, name, kind))
        if isinstance(routing, dict) and (tables or kind in routing):
            told = routing.get(kind)
            routing[kind] = {**told, **tables} if isinstance(told, dict) else told or tables


def _strangers(path: Path) -> list[Finding]:
    """Files that would silently not be read."""
    known = {"company.yaml", *(f"{key}.yaml" for key in (*SINGLE_FILES, *OPTIONAL_FILES))}
    found = []
    tables = [file for kind in COLUMNS for file in (path / kind).glob("*") if file.suffix != ".csv"]
    found += [_no_table(path, file) for file in sorted(tables)]
    for file in sorted(
        [*path.glob("*.y*ml"), *(file for name in FOLDERS.values() for file in (path / name).glob("*.yml"))]
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


def _no_table(path: Path, file: Path) -> Finding:
    name = _name(path, file.relative_to(path).as_posix())
    hint = f"save the table as {file.parent.name}/{file.stem}.csv"
    return Finding(name, 1, "rulebook", "is not read: tables are CSV files", hint)


def _absent(path: Path, name: str) -> Finding:
    return Finding(_name(path, name), 1, name.removesuffix(".yaml"), "the file is missing", f"add {name}")


def _name(path: Path, inside: str) -> str:
    return (path / inside).as_posix()
