"""The threat model names tests that there are; what has none says so, and is one thing."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = ["a known weakness in one"]
"""Threats whose answer no test here can hold: the advisories are elsewhere."""


def rows() -> list[tuple[str, str]]:
    """Each threat, and what stands in its last column."""
    page = (ROOT / "docs/threat-model.md").read_text().partition("## Boundaries")[2]
    cells = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [
        (row[0].strip(), row[2].strip(" |"))
        for row in cells
        if len(row) == 3 and row[0].strip() not in ("threat", "---")
    ]


def named(tests: str) -> list[str]:
    """Paths below tests/."""
    return [each.removeprefix("tests/") for each in re.findall(r"[a-z0-9_]+(?:/[a-z0-9_]+)+(?:\.py)?", tests)]


def test_every_test_that_is_named_is_there() -> None:
    known = [(threat, path) for threat, tests in rows() for path in named(tests)]
    assert len(known) > 40
    assert not [(threat, path) for threat, path in known if not (ROOT / "tests" / path).exists()]


def test_every_threat_has_a_test_or_is_known_to_have_none() -> None:
    untested = [threat for threat, tests in rows() if not named(tests) and tests != "the same"]
    assert untested == WITHOUT
