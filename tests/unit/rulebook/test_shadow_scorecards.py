"""A scorecard tried in the shadow: read from its own folder, checked as strictly, told in differences."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from rulebook.check import check_folder
from rulebook.diff import diff
from rulebook.findings import Finding, RulebookInvalid
from rulebook.loader import load_folder
from rulebook.publication import parse, prepare, to_document

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
CARD: dict[str, Any] = {
    "fit": [{"id": "listed", "when": "has(lead.company)", "points": 70, "reason": "names a company"}],
    "interest": [{"id": "asked", "when": "asks", "points": 60, "reason": "asks"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "company"
    shutil.copytree(EXAMPLE, made)
    (made / "shadow-scorecards").mkdir()
    return made


def written(folder: Path, line: str, **changed: Any) -> Path:
    file = folder / "shadow-scorecards" / f"{line}.yaml"
    file.write_text(yaml.safe_dump(CARD | changed, sort_keys=False), "utf-8")
    return file


def about_shadows(folder: Path) -> list[Finding]:
    return [each for each in check_folder(folder) if "shadow" in each.path]


def test_it_is_read_from_its_folder_and_survives_publication(folder: Path) -> None:
    written(folder, "main")
    rulebook = load_folder(folder)
    assert rulebook.shadow_scorecards["main"].fit[0].id == "listed"
    assert parse(prepare(to_document(rulebook)).document) == rulebook
    assert about_shadows(folder) == []


def test_a_rulebook_without_the_folder_has_none() -> None:
    assert load_folder(EXAMPLE).shadow_scorecards == {}


def test_what_changes_in_it_is_told_rule_by_rule(folder: Path) -> None:
    written(folder, "main")
    before = load_folder(folder)
    rule = CARD["fit"][0] | {"points": 65}
    written(folder, "main", fit=[rule])
    (change,) = diff(before, load_folder(folder))
    assert str(change) == "~ shadow_scorecards.main.fit[listed].points: 70 -> 65"


@pytest.mark.parametrize(
    ("sentence", "changed", "path", "message"),
    [
        (
            "a condition with a slip",
            {"fit": [CARD["fit"][0] | {"when": "has(lead.compnay)"}]},
            "shadow_scorecards.main.fit[0].when",
            "lead.compnay",
        ),
        (
            "a group that is nowhere",
            {"fit": [CARD["fit"][0] | {"group": "none"}]},
            "shadow_scorecards.main.fit[0].group",
            "there is no group `none`",
        ),
        (
            "points of the wrong kind",
            {"fit": [CARD["fit"][0] | {"points": "many"}]},
            "shadow_scorecards.main.fit[0].points",
            "'many'",
        ),
    ],
)
def test_it_is_checked_like_the_one_that_decides(
    sentence: str, changed: dict[str, Any], path: str, message: str, folder: Path
) -> None:
    file = written(folder, "main", **changed)
    (found,) = about_shadows(folder)
    assert (found.file, found.path) == (file.as_posix(), path), sentence
    assert found.line > 0
    assert message in found.message


def test_a_line_without_a_scorecard_has_none_in_the_shadow(folder: Path) -> None:
    written(folder, "mian")
    (found,) = about_shadows(folder)
    assert "a scorecard that there is not" in found.message
    with pytest.raises(RulebookInvalid):
        load_folder(folder)


def test_a_file_that_would_not_be_read_is_named(folder: Path) -> None:
    written(folder, "main").rename(folder / "shadow-scorecards" / "main.yml")
    (found,) = [each for each in check_folder(folder) if "main.yml" in each.file]
    assert found.hint == "rename it to main.yaml"
