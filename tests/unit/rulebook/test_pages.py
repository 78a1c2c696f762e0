"""Who gets the weekly page and management's, in company.yaml."""

import shutil
from pathlib import Path

import pytest

from rulebook.findings import Finding
from rulebook.loader import examine
from rulebook.models import Rulebook

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


def examined(folder: Path, pages: str) -> tuple[Rulebook | None, list[Finding], int]:
    """The example with other pages, and the line before them."""
    shutil.copytree(EXAMPLE, folder)
    kept = (EXAMPLE / "company.yaml").read_text("utf-8").partition("\n# Who gets the page")[0] + "\n"
    (folder / "company.yaml").write_text(kept + pages, "utf-8")
    return *examine(folder), kept.count("\n")


def test_a_page_goes_out_at_eight_in_english_unless_it_says_otherwise(tmp_path: Path) -> None:
    pages = "pages:\n  weekly:\n    to:\n      - {channel: email, to: sales@example.com}\n"
    rulebook, findings, _ = examined(tmp_path / "rulebook", pages)
    assert findings == []
    assert rulebook is not None
    assert rulebook.pages is not None
    assert rulebook.pages.weekly is not None
    assert (rulebook.pages.weekly.at, rulebook.pages.weekly.language) == ("08:00", "en")
    assert rulebook.pages.monthly is None


BAD = [
    ("an e-mail without address", "{channel: email}", 4, "add `to: sales@example.com`"),
    ("an address that is none", "{channel: email, to: sales}", 4, "write one"),
    ("nobody in Slack", "{channel: slack}", 4, "add `to:`"),
    ("a webhook that nothing signs", "{channel: webhook, to: 'https://example.com/hook'}", 4, "add `secret"),
    ("a member who answers", "{channel: slack, to: C1, member: U1}", 4, "delete it"),
    (
        "the same mailbox twice",
        "{channel: email, to: a@example.com}\n      - {channel: email, to: A@example.com}",
        5,
        "delete one",
    ),
]


@pytest.mark.parametrize(("sentence", "way", "line", "hint"), BAD, ids=[row[0] for row in BAD])
def test_who_cannot_get_it_is_named_by_line_with_what_to_write(
    tmp_path: Path, sentence: str, way: str, line: int, hint: str
) -> None:
    _, findings, before = examined(
        tmp_path / "rulebook", f"pages:\n  weekly:\n    to:\n      - {way}\n    language: en\n"
    )
    assert [(Path(each.file).name, each.line - before) for each in findings] == [("company.yaml", line)]
    assert hint in findings[0].hint, sentence


@pytest.mark.parametrize(
    "page",
    [
        "{to: []}",
        "{to: [{channel: email, to: a@example.com}], at: 8 am}",
        "{to: [{channel: email, to: a@example.com}], language: de}",
    ],
)
def test_a_page_for_nobody_at_no_time_in_no_language_is_refused(tmp_path: Path, page: str) -> None:
    _, findings, before = examined(tmp_path / "rulebook", f"pages:\n  weekly: {page}\n")
    assert [each.line - before for each in findings] == [2], findings
    assert findings[0].hint
