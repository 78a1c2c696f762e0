"""A file of leads posted with faults planted: every count is as planned, also for the real leads."""

import csv
import json
from pathlib import Path

import pytest

from baton_dev.rehearsal import main
from tests.e2e.installation import Installation

pytestmark = pytest.mark.stack

REAL = Path(__file__).resolve().parents[2] / "../shared/data/x_education_leads_part1.csv"
ROWS = 120


def test_a_files_leads_are_all_accounted_for_with_what_was_planted(
    baton: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _catalogue(tmp_path / "leads.csv")
    stack, truth = baton.stack.home / "stack.json", tmp_path / "truth.json"
    words = [str(file), "--form", "training-enquiry", "--stack", str(stack), "--truth", str(truth)]
    shares = ["--duplicates", "10", "--spam", "5", "--broken", "10", "--rate", "100"]
    assert main([*words, *shares]) == 0, capsys.readouterr().out
    report = capsys.readouterr().out
    assert "every count is as planned" in report
    planned = json.loads(truth.read_text())
    assert (planned["submissions"], planned["duplicates"], planned["quarantined"]) == (ROWS, 12, 6)
    assert set(planned["answers"]) == {"202", "400", "404", "413", "415", "422"}

    assert main(words) == 2
    assert "known here already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--form", "never-was"], "it has: both-lines, busy, demo-request"),
        (["--form", "newsletter", "--email-from", "Nowhere"], "there is no column 'Nowhere'"),
        (["--form", "newsletter", "--email-from", "country"], "have the same 'country'"),
        (["--form", "generic"], "has no honeypot"),
    ],
)
def test_what_cannot_be_rehearsed_is_told(
    baton: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    file = _catalogue(tmp_path / "leads.csv")
    assert main([str(file), *words, "--stack", str(baton.stack.home / "stack.json")]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.skipif(
    not REAL.is_file(), reason="the file of real leads (../shared/data) is not on this machine"
)
def test_all_real_leads_are_accounted_for(
    baton: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack, truth = baton.stack.home / "stack.json", tmp_path / "truth.json"
    assert (
        main(
            [str(REAL), "--form", "education", "--stack", str(stack), "--truth", str(truth), "--wait", "300"]
        )
        == 0
    ), capsys.readouterr().out


def _catalogue(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Number", "country", "company", "employees", "message"])
        for number in range(ROWS):
            country = ("ES", "IT", "RO", "PT")[number % 4]
            writer.writerow([7000 + number, country, f"Óptica {number}", number * 3, "¿Un curso, «mañana»?"])
    return path
