"""What is wrong with a rulebook, where, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a rulebook from being published, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to correct. `line` counts from 1; it is 0 for a file or folder as a whole. `file` is empty
    where the rulebook came without files."""

    file: str
    line: int
    path: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        place = f"{self.file}{line}: " if self.file else ""
        return f"{place}{self.severity}: {self.path}: {self.message}. Instead: {self.hint}"


class RulebookInvalid(ValueError):
    """The rulebook is refused: correct what `findings` list, all of them found in one go."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep the rulebook from being published."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
