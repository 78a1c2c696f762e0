"""A stranger's text takes as long to read as it is long, however it is made: one post stops nobody's work."""

from collections.abc import Callable
from time import thread_time

import pytest

from intake.domain.networks import forwarded_for
from rulebook.models import CrmExists
from rulebook.normalise import read_email, read_employees, read_phone
from rulebook.patterns import first_group
from scoring.domain.health import kind_of, shown_name

MOST_SECONDS = 0.25
"""Of the processor, not of the clock; what took longer here took more than a second, and some an hour."""
LONG = 200_000
TEXTS: list[tuple[str, Callable[[str], object], str]] = [
    ("an address in brackets that are never closed", read_email, "a<" + " " * 990 + "a"),
    ("an address of spaces and one word", read_email, "a" + " " * 990 + "a@b"),
    ("a phone of openings", read_phone, "(1" * 99),
    ("a headcount of groups", lambda text: read_employees(text, "es"), "1 " * 99),
    ("a field nobody mapped: spaces, then words", kind_of, " " * LONG + "x y"),
    ("a field nobody mapped: almost an address", kind_of, "a@" + "a." * (LONG // 2) + " x"),
    ("a field nobody mapped: almost a phone", kind_of, "1" + " " * LONG + "x"),
    ("a field's name", shown_name, "1 (" * (LONG // 3)),
    ("a chain of proxies with brackets open", lambda text: list(forwarded_for(text)), " for=[" * 10_000),
]


@pytest.mark.parametrize(("read", "text"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_no_text_takes_longer_than_it_is_long(read: Callable[[str], object], text: str) -> None:
    since = thread_time()
    read(text)
    assert thread_time() - since < MOST_SECONDS


def test_a_pattern_of_the_rulebook_does_not_hang_on_what_a_crm_answers() -> None:
    exists = CrmExists(pattern="Existing ID: (([a-z]+)+)$")
    since = thread_time()
    assert first_group("Existing ID: " + "a" * 5000 + "!", exists.pattern or "") is None
    assert thread_time() - since < MOST_SECONDS
