"""`baton check` on nurturing.yaml: what cannot work, with file, line and what to write instead."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Finding, Severity
from rulebook.loader import load_folder

ROOT = Path(__file__).resolve().parents[3]


def findings(tmp_path: Path, text: str) -> list[Finding]:
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    (folder / "nurturing.yaml").write_text(text, "utf-8")
    return [each for each in check_folder(folder) if each.file.endswith("nurturing.yaml")]


# what is wrong, the file, line of the finding, its severity, part of the hint or message
CASES: list[tuple[str, str, int, Severity, str]] = [
    ("a stage of sales", "csv: {}\nstages: [mql, sql]\n", 2, Severity.ERROR, "write `lead`, `mql` or both"),
    ("no stage at all", "csv: {}\nstages: []\n", 2, Severity.ERROR, "1"),
    ("an unknown quadrant", "csv: {}\nquadrants: [hot]\n", 2, Severity.ERROR, "perfect"),
    ("a quadrant twice", "csv: {}\nquadrants: [warm, warm]\n", 2, Severity.ERROR, "keep one"),
    ("an hour that no day has", "csv:\n  hour: 24\n", 2, Severity.ERROR, "23"),
    ("a webhook without a secret", "webhook:\n  url: https://x.example.com\n", 1, Severity.ERROR, "secret"),
    ("no address", "webhook: {url: example.com, secret: a}\n", 1, Severity.ERROR, "https://"),
    ("a word it does not know", "csv: {}\nwebook: {}\n", 2, Severity.ERROR, "webhook"),
    ("nobody is told", "quadrants: [warm]\n", 1, Severity.WARNING, "csv: {hour: 6}"),
    (
        "unencrypted",
        "webhook:\n  url: http://x.example.com/a\n  secret: a\n",
        2,
        Severity.WARNING,
        "https://x.example.com/a",
    ),
    (
        "one secret both ways",
        "webhook: {url: https://x.example.com, secret: a}\nunsubscribes_secret: a\n",
        2,
        Severity.WARNING,
        "a secret of its own",
    ),
    (
        "a text that no form shows",
        "csv: {}\nconsent_versions: ['2026-02']\n",
        2,
        Severity.WARNING,
        "2026-01",
    ),
    (
        "versions of what is not needed",
        "csv: {}\nconsent_needed: false\nconsent_versions: ['2026-01']\n",
        3,
        Severity.WARNING,
        "delete it",
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "severity", "says"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_cannot_work_is_told_with_what_to_write(
    tmp_path: Path, text: str, line: int, severity: Severity, says: str
) -> None:
    (found,) = findings(tmp_path, text)
    assert (found.severity, found.line) == (severity, line), found
    assert says in f"{found.message} {found.hint}", found


def test_without_the_file_nobody_is_told() -> None:
    assert load_folder(ROOT / "rulebook").nurturing is None


def test_a_rulebook_of_which_no_form_asks_for_consent_hands_over_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    for form in (folder / "forms").glob("*.yaml"):
        kept = [line for line in form.read_text("utf-8").splitlines() if not line.startswith("consent_")]
        form.write_text("\n".join(kept), "utf-8")
    (folder / "nurturing.yaml").write_text("csv: {hour: 6}\n", "utf-8")
    found = [each for each in check_folder(folder) if each.file.endswith("nurturing.yaml")]
    assert ["consent_field" in each.hint for each in found] == [True]
