"""What reps may send to buyers, by their stage, in company.yaml."""

import json
import shutil
from pathlib import Path

import pytest

from lead_events.words import BuyerStage
from rulebook.loader import examine
from rulebook.schemas import schemas

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


def with_content(folder: Path, text: str) -> Path:
    shutil.copytree(EXAMPLE, folder)
    company = (folder / "company.yaml").read_text("utf-8").partition("\ncontent:")[0]
    (folder / "company.yaml").write_text(f"{company}\n{text}", "utf-8")
    return folder


def test_content_is_links_by_the_buyers_stage(tmp_path: Path) -> None:
    text = "content:\n  decision:\n    - {title: Prices, url: https://example.com/prices, language: es}\n"
    rulebook, findings = examine(with_content(tmp_path / "rulebook", text))
    assert findings == []
    assert rulebook is not None
    (each,) = rulebook.content[BuyerStage.DECISION]
    assert (each.title, each.url, each.language) == ("Prices", "https://example.com/prices", "es")


def test_content_may_be_absent(tmp_path: Path) -> None:
    rulebook, findings = examine(with_content(tmp_path / "rulebook", ""))
    assert findings == []
    assert rulebook is not None
    assert rulebook.content == {}


@pytest.mark.parametrize(
    ("stage", "entry", "said"),
    [
        ("deciding", "{title: Prices, url: https://example.com}", "decision"),
        ("decision", "{title: Prices, url: example.com/prices}", "https://"),
        ("decision", "{title: Prices, url: 'javascript:alert(1)'}", "https://"),
        ("decision", "{title: Prices, url: 'https://example.com/our prices'}", "without spaces"),
        ("decision", "{title: Prices, url: https://example.com, language: Spanish}", "two small letters"),
        ("decision", "{url: https://example.com}", "title"),
    ],
)
def test_what_cannot_be_content_is_named_by_its_line_with_what_to_write(
    tmp_path: Path, stage: str, entry: str, said: str
) -> None:
    folder = with_content(tmp_path / "rulebook", f"content:\n  {stage}:\n    - {entry}\n")
    first_line = (folder / "company.yaml").read_text("utf-8").splitlines().index("content:") + 1
    _, findings = examine(folder)
    (finding,) = findings
    assert Path(finding.file).name == "company.yaml"
    assert first_line < finding.line <= first_line + 2
    assert said in f"{finding.path} {finding.message} {finding.hint}"


def test_editors_know_content() -> None:
    company = schemas()["company.schema.json"]
    assert "content" in company["properties"]
    assert "awareness" in json.dumps(company)
