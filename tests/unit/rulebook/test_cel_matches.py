"""Patterns of conditions, answered beforehand: the same answers as CEL's own, and nothing stays in memory."""

import tracemalloc
from typing import Any

import pytest

from rulebook.cel import CelError, ConditionSet, compile_condition, prepare_context
from rulebook.cel_matches import taken_out

VARIABLES: dict[str, type] = {
    "form": str,
    "lead.title": str,
    "lead.url": str,
    "lead.size": int,
    "lead.tags": list,
    "lead.other": dict,
}
LEAD: dict[str, Any] = {
    "title": "Head of Operations",
    "url": "https://example.com/a.b",
    "size": 7,
    "tags": ["red", "blue"],
    "other": {"title": "Intern"},
}
CONTEXT: dict[str, Any] = {"form": "demo-request", "lead": LEAD}

CASES: list[tuple[str, str, Any, int]] = [
    ("a field", "lead.title.matches('(?i)operat')", True, 1),
    ("no match", "lead.title.matches('^oper')", False, 1),
    ("a variable without fields", "form.matches('^demo')", True, 1),
    ("a field of a field", "lead.other.title.matches('Intern')", True, 1),
    ("escapes", r"lead.url.matches('a\\.b$')", True, 1),
    ("a raw text", r"lead.url.matches(r'a\.b$')", True, 1),
    ("a raw text that ends a word", r"lead.title.matches(r'of\b')", True, 1),
    ("three quotes", 'lead.title.matches("""Head""")', True, 1),
    ("not", "!lead.title.matches('x') && lead.size > 1", True, 1),
    ("twice the same", "lead.title.matches('a') && lead.title.matches('a')", True, 1),
    ("two patterns", "lead.title.matches('x') || lead.title.matches('H')", True, 2),
    ("in quotes", "lead.title == \"lead.title.matches('H')\"", False, 0),
    ("in a comment", "lead.size == 7 // lead.title.matches('H')", True, 0),
    ("a pattern that is put together", "lead.title.matches('He' + 'ad')", True, 0),
    ("of what is no field", "(lead.title + '!').matches('!$')", True, 0),
    ("of an index", "lead.other['title'].matches('Intern')", True, 0),
    ("in a loop", "lead.tags.exists(tag, tag.matches('^bl'))", True, 0),
    ("a loop that hides a variable", "lead.tags.exists(lead, lead.matches('^bl'))", True, 0),
    ("of a map's field", "{'form': 'other'}.form.matches('^oth')", True, 0),
    ("of a map's field, apart", "{'form': 'other'}. form.matches('^oth')", True, 0),
]


@pytest.mark.parametrize(
    ("sentence", "source", "expected", "count"), CASES, ids=[sentence for sentence, *_ in CASES]
)
def test_a_pattern_has_the_answer_that_cel_gives(
    sentence: str, source: str, expected: bool, count: int
) -> None:
    condition = compile_condition(source, VARIABLES)
    assert condition.evaluate(CONTEXT) is expected, sentence
    other = compile_condition("lead.size > 1", VARIABLES)
    assert ConditionSet([other, condition], ["lead", "form"]).evaluate(prepare_context(CONTEXT)) == [
        True,
        expected,
    ]
    assert len(condition.matches) == count


def test_what_is_absent_or_no_text_has_no_answer() -> None:
    """As without patterns: an error, unless the other side decides."""
    absent = compile_condition("lead.title.matches('x')", VARIABLES)
    assert absent.evaluate({"lead": {}}) == CelError('the lead has no "title"')
    assert absent.evaluate({"lead": {"title": 7}}) == CelError("`matches` does not take a number and a text")
    guarded = compile_condition("has(lead.title) && lead.title.matches('x')", VARIABLES)
    assert guarded.evaluate({"lead": {}}) is False
    assert ConditionSet([absent, guarded], ["lead"]).evaluate(prepare_context({"lead": {}})) == [
        CelError('the lead has no "title"'),
        False,
    ]


def test_half_a_character_is_an_error_of_each_condition_that_reads_it_and_of_no_other() -> None:
    context = {"lead": {"title": "\ud83d"}, "form": "demo"}
    conditions = [
        compile_condition(source, VARIABLES) for source in ("lead.title.matches('x')", "form == 'demo'")
    ]
    found = ConditionSet(conditions, ["lead", "form"]).evaluate(prepare_context(context))
    assert [type(each) for each in found] == [CelError, bool]


def test_a_pattern_that_is_not_valid_is_left_to_cel() -> None:
    assert taken_out("form.matches('(')", {"form"}, lambda text: text.strip("'")) == ("form.matches('(')", {})


def test_texts_that_patterns_were_asked_of_do_not_stay_in_memory() -> None:
    conditions = [
        compile_condition(f"lead.title.matches('{word}')", VARIABLES) for word in ("Head", "x+y", "Ops")
    ]
    asked = ConditionSet(conditions, ["lead"])

    def ask(times: int) -> None:
        for number in range(times):
            asked.evaluate(prepare_context({"lead": {"title": f"{number} " * 200}}))

    ask(50)
    tracemalloc.start(1)
    try:
        ask(500)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000, "500 texts of a kilobyte"
