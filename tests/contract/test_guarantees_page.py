"""The page of guarantees names only files and tests that exist."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/guarantees.md"
LAST_SECTION = "Not yet"
_HEAD = ["rule", "kept by", "red when broken"]


@dataclass(frozen=True)
class Guarantee:
    """One row of a table."""

    section: str
    rule: str
    kept_by: str
    test: str


def guarantees() -> list[Guarantee]:
    """The rows of all tables; an uneven row is an error."""
    found, section = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells == _HEAD or set(line) <= set("|- "):
            continue
        rule, kept_by, test = cells
        found.append(Guarantee(section, rule, kept_by, test))
    return found


@pytest.mark.parametrize("row", guarantees(), ids=lambda row: row.rule[:60])
def test_a_guarantee_names_a_file_and_a_test_that_exist(row: Guarantee) -> None:
    assert row.rule.endswith("."), "a rule is a sentence"
    assert (ROOT / row.kept_by).is_file(), (
        f"{row.kept_by} does not exist: name the file that keeps the rule now"
    )
    file, separator, function = row.test.partition("::")
    assert separator, "name the test as file::function"
    assert file.startswith("tests/")
    assert function in _names_in(ROOT / file), f"{row.test} does not exist: name the test that is red now"


def test_each_rule_stands_once_and_each_section_has_some() -> None:
    rules = [row.rule for row in guarantees()]
    assert sorted(set(rules)) == sorted(rules)
    sections = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections.pop() == LAST_SECTION
    assert [name for name in sections if name not in {row.section for row in guarantees()}] == []


@cache
def _names_in(file: Path) -> frozenset[str]:
    """The names of the test functions in a file; none where it does not exist."""
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = {node.name for node in ast.walk(tree) if isinstance(node, functions)}
    return frozenset(name for name in named if name.startswith("test_"))
