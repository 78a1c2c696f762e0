"""Placeholders of CRM templates: values go in as JSON, in addresses encoded, in headers on one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.crm_text import PRESENT, VARIABLES, NoValue, fill_body, fill_headers, fill_path
from rulebook.json_pointer import is_pointer, point

VALUES: dict[str, Any] = {
    "person.email": "ada@example.com",
    "person.name": None,
    "score.fit": 80,
    "lead.is_test": False,
    "outcome.value": 1200.5,
}


@pytest.mark.parametrize(
    ("template", "filled", "why"),
    [
        ("{score.fit}", 80, "a number stays a number"),
        ("{lead.is_test}", False, "so does a truth value"),
        ("fit {score.fit}, {lead.is_test}", "fit 80, false", "within a text all is text"),
        ("{person.name}", None, "what is absent is null"),
        ("Dear {person.name}", "Dear ", "and nothing within a text"),
        ("{person.name|friend}", "friend", "or what is written instead"),
        ("{{person.name}}", "{person.name}", "doubled braces are braces"),
        ({"a": "{person.name?}", "b": 1}, {"b": 1}, "a key can be left out"),
        (["{person.name?}", "{score.fit?}"], [80], "so can an item"),
        ({"{score.fit}": "x"}, {"{score.fit}": "x"}, "keys are never filled"),
        ("{ not one }", "{ not one }", "other braces stay"),
    ],
)
def test_a_body_is_filled(template: Any, filled: Any, why: str) -> None:
    assert fill_body(template, VALUES) == filled, why


def test_an_address_takes_a_value_as_one_piece() -> None:
    assert fill_path("/x/{person.email}?q={score.fit}", VALUES) == "/x/ada%40example.com?q=80"


@pytest.mark.parametrize("value", [None, "", ".", "..", "..."])
def test_an_address_takes_nothing_that_leads_elsewhere(value: str | None) -> None:
    with pytest.raises(NoValue, match=r"person\.email"):
        fill_path("/x/{person.email}/y", {"person.email": value})


def test_a_header_is_one_line() -> None:
    found = fill_headers({"X-A": "{a}", "X-B": "{b?}"}, {"a": "1\r\nX-Evil: ñ", "b": None})
    assert found == {"X-A": "1??X-Evil: ?"}


@given(st.text())
def test_whatever_a_buyer_types_is_one_value(typed: str) -> None:
    values = {"person.name": typed, "rep.email": "secret@example.com"}
    body = fill_body({"name": "{person.name}", "list": ["for {person.name}"]}, values)
    assert json.loads(json.dumps(body)) == {"name": typed, "list": [f"for {typed}"]}
    if typed.strip("."):
        path = fill_path("/x/{person.name}/y?q={person.name}", values)
        assert path.isascii()
        assert sum(path.count(each) for each in "/?#&") == 4
    [line] = fill_headers({"X-A": "{person.name}"}, values).values()
    assert all(" " <= each <= "~" for each in line)


def test_the_docs_list_every_placeholder() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "crm.md").read_text("utf-8")
    assert [name for name in VARIABLES if f"| `{name}`" not in text] == []
    assert VARIABLES.keys() >= PRESENT


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": [{"b/c": 1, "~": 2}]}),
        ("/a/0/b~1c", 1),
        ("/a/0/~0", 2),
        ("/a/1", None),
        ("/a/x", None),
        ("/b/c", None),
    ],
)
def test_a_pointer_finds_its_value(pointer: str, found: Any) -> None:
    assert point({"a": [{"b/c": 1, "~": 2}]}, pointer) == found


@pytest.mark.parametrize(
    ("text", "can"), [("", True), ("/a~1", True), ("a", False), ("/a~", False), ("/~2", False)]
)
def test_what_is_no_pointer_is_known(text: str, can: bool) -> None:
    assert is_pointer(text) is can
