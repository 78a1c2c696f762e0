"""Paths into what was sent."""

from typing import Any

import pytest

from rulebook.paths import PathInvalid, steps, values_at

SENT: dict[str, Any] = {
    "company": "Acme",
    "lead[email]": "a@example.com",
    "your.size": "12",
    "blank": "  ",
    "products": ["CRM", "", "Soporte"],
    "form_response": {
        "answers": [{"field": {"id": "A1"}, "type": "email", "email": "b@example.com"}, {"type": "text"}]
    },
    "user_column_data": [{"column_id": "EMAIL", "string_value": "c@example.com"}],
    "rawRequest": '{"q3_fullName": {"first": "Ana"}, "q4_email": "d@example.com"}',
    "broken": "{not json",
}

PATHS: list[tuple[str, str, list[Any]]] = [
    ("a field", "company", ["Acme"]),
    ("a field whose name has brackets", "lead[email]", ["a@example.com"]),
    ("a field whose name has a dot", "your.size", ["12"]),
    ("blank text is no value", "blank", []),
    ("a list is all its values", "products", ["CRM", "Soporte"]),
    ("every item, said outright", "products[]", ["CRM", "Soporte"]),
    ("an item by number", "products[2]", ["Soporte"]),
    ("an item from the end", "products[-1]", ["Soporte"]),
    ("a number too high", "products[9]", []),
    ("an item by a key's value", "user_column_data[column_id=EMAIL].string_value", ["c@example.com"]),
    ("an item by a key inside a key", "form_response.answers[field.id=A1].email", ["b@example.com"]),
    ("JSON inside a text", "rawRequest|json.q3_fullName.first", ["Ana"]),
    ("a name with a gap", "rawRequest|json.q*_email", ["d@example.com"]),
    ("text that is no JSON", "broken|json.a", []),
    ("a field of what has none", "company.name.first", []),
    ("nothing there", "nowhere", []),
]


@pytest.mark.parametrize(("path", "values"), [case[1:] for case in PATHS], ids=[case[0] for case in PATHS])
def test_a_path_finds_its_values(path: str, values: list[Any]) -> None:
    assert values_at(SENT, path) == values


@pytest.mark.parametrize("path", ["", "[0].a", "a[b", "a]b", "a|xml.b"])
def test_a_path_that_cannot_be_read_says_what_to_write(path: str) -> None:
    with pytest.raises(PathInvalid, match="answers"):
        steps(path)
