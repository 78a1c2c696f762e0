"""Examples of the documentation are files that can be copied as they are."""

import shutil
from pathlib import Path

from rulebook.check import check_folder
from rulebook.findings import errors_in
from rulebook.loader import load_folder

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_alerts_fits_into_a_rulebook(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    shutil.copy(ROOT / "docs" / "examples" / "alerts.yaml", folder)
    assert errors_in(check_folder(folder)) == []
    channels = load_folder(folder).alerts.channels
    assert {channel.kind for channel in channels.values()} == {"email", "webhook"}


def test_the_example_of_nurturing_fits_into_a_rulebook(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    shutil.copy(ROOT / "docs" / "examples" / "nurturing.yaml", folder)
    assert [each for each in check_folder(folder) if "nurturing" in each.file] == []
    nurturing = load_folder(folder).nurturing
    assert nurturing is not None
    assert nurturing.webhook is not None
    assert nurturing.csv is not None
    assert nurturing.webhook.secret != nurturing.unsubscribes_secret


def test_the_example_of_an_agreement_fits_beside_the_one_that_binds(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    (folder / "agreements").mkdir()
    shutil.copy(ROOT / "docs" / "examples" / "agreement.yaml", folder / "agreements" / "faster.yaml")
    assert errors_in(check_folder(folder)) == []
    assert load_folder(folder).agreements["faster"].trial_teams == ["spain"]
