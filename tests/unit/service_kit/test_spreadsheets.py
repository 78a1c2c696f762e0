"""What a spreadsheet would compute, and what it shows."""

import pytest

from service_kit.spreadsheets import shown

COMPUTED = [
    ("a formula", "=1+1"),
    ("a program to start", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("a number's sign", "+34600111222"),
    ("another", "-2+3"),
    ("a tab before", "\t=1+1"),
    ("a line before", "\n=1+1"),
    ("spaces before", "   =1+1"),
    ("signs as wide as an ideogram", "＝1+1"),
]
READ = [
    ("a name", "Ana"),
    ("nothing", ""),
    ("spaces", "  "),
    ("a sign within", "R+D = 3"),
    ("marked already", "'=1"),
]


@pytest.mark.parametrize("text", [row[1] for row in COMPUTED], ids=[row[0] for row in COMPUTED])
def test_what_would_be_computed_is_marked_as_a_text(text: str) -> None:
    assert shown(text) == f"'{text}"


@pytest.mark.parametrize("text", [row[1] for row in READ], ids=[row[0] for row in READ])
def test_what_is_only_read_stays_as_it_is(text: str) -> None:
    assert shown(text) == text
