"""Conditions: what compiles, what a slip is answered with, and that an error is never a no."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook.cel import CelError, ConditionInvalid, ConditionSet, compile_condition, prepare_context
from rulebook.context import ROUTING_VARIABLES, SCORING_VARIABLES, routing_context, scoring_context


def context(profile: dict[str, Any], **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "form": "demo",
        "source": "website",
        "campaign": None,
        "line": "main",
        "submissions": 1,
        "asks": True,
    }
    return scoring_context(profile, **(values | more))


ANSWERS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("a number is compared", "has(lead.employees) && lead.employees >= 50", {"employees": 50}, True),
    ("an absent field asked for is a no", "has(lead.employees) && lead.employees >= 50", {}, False),
    ("an empty text counts as absent", "has(lead.company)", {"company": ""}, False),
    ("a None counts as absent", "has(lead.company)", {"company": None}, False),
    (
        "an attribute of one form",
        "has(lead.attributes.size) && lead.attributes.size > 3",
        {"attributes": {"size": 4}},
        True,
    ),
    ("no attributes at all", "has(lead.attributes.size)", {}, False),
    ("a list of choices", "has(lead.country) && lead.country in ['ES', 'PT']", {"country": "PT"}, True),
    ("several answers", "'x' in lead.attributes.tags", {"attributes": {"tags": ["w", "x"]}}, True),
    ("a regular expression", "lead.job_title.matches('(?i)director')", {"job_title": "Sales DIRECTOR"}, True),
    ("no campaign reads as an empty text", "campaign == ''", {}, True),
    ("who asks", "asks && submissions == 1", {}, True),
]


@pytest.mark.parametrize(
    ("source", "profile", "expected"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_a_condition_answers(source: str, profile: dict[str, Any], expected: bool) -> None:
    condition = compile_condition(source, SCORING_VARIABLES)
    assert condition.evaluate(context(profile)) is expected
    assert condition.evaluate(prepare_context(context(profile))) is expected


ERRORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("a missing field", "lead.city == 'Lugo'", {}, 'the lead has no "city"'),
    (
        "a text where a number is compared",
        "lead.attributes.n > 3",
        {"attributes": {"n": "many"}},
        "`>` does not take a text and a number",
    ),
    ("a division by nothing", "lead.employees / 0 == 1", {"employees": 1}, "divide by zero"),
    ("a bad pattern", "lead.city.matches('(')", {"city": "Lugo"}, "missing )"),
    ("a number beyond 64 bits", "lead.attributes.n == 1", {"attributes": {"n": 2**80}}, "out of range"),
]


@pytest.mark.parametrize(
    ("source", "profile", "part"), [case[1:] for case in ERRORS], ids=[case[0] for case in ERRORS]
)
def test_an_error_is_never_a_silent_no(source: str, profile: dict[str, Any], part: str) -> None:
    condition = compile_condition(source, SCORING_VARIABLES)
    for values in (context(profile), prepare_context(context(profile))):
        answer = condition.evaluate(values)
        assert isinstance(answer, CelError)
        assert part in answer.message


NAMED = {"name": "Ana Ruiz", "email": "ana@example.com"}
LARGE = {"attributes": {"phone": 34600000001 * 10**12}}
QUOTING: list[tuple[str, str, dict[str, Any], str]] = [
    ("a key that is a value of the lead", "lead[lead.email] == 1", NAMED, "no such key"),
    ("a table written in the rule", "{'Bea': 1}[lead.name] == 1", NAMED, "no such key"),
    ("a key that is no text", "{1: 1}[size(lead.name)] == 1", NAMED, "no such key"),
    ("a pattern made of a value", "lead.email.matches(lead.name + '(')", NAMED, "missing )"),
    ("a number of the lead", "lead.attributes.phone == 1", LARGE, "lead['attributes'] is out of range"),
    ("a place in a list", "[1][size(lead.name)] == 1", NAMED, "a list has no such place"),
]


@pytest.mark.parametrize(
    ("source", "profile", "part"), [case[1:] for case in QUOTING], ids=[case[0] for case in QUOTING]
)
def test_an_error_repeats_no_value_of_the_lead_since_records_keep_it_for_good(
    source: str, profile: dict[str, Any], part: str
) -> None:
    answer = compile_condition(source, SCORING_VARIABLES).evaluate(context(profile))
    assert isinstance(answer, CelError)
    assert part in answer.message
    for value in ("Ana", "ana@", "34600", "=8"):
        assert value not in answer.message


def test_an_error_on_one_side_is_absorbed_where_the_other_side_decides() -> None:
    condition = compile_condition("lead.city == 'Lugo' && line == 'other'", SCORING_VARIABLES)
    assert condition.evaluate(context({})) is False


SLIPS = [
    ("an unknown variable", "campagn == 'x'", "undeclared reference to 'campagn'", "did you mean campaign?"),
    ("a word for an operator", "asks and asks", "mismatched input 'and'", "write &&"),
    ("one equals sign", "line = 'main'", "'= '", "write =="),
    (
        "a number in quotes",
        "lead.employees == '50'",
        "`==` does not take a number and a text",
        "a number does not",
    ),
    ("a text without quotes", "lead.country == ES", "undeclared reference to 'ES'", "the variables are"),
    ("no truth value", "lead.employees", "not true or false", "compare it"),
    ("nothing at all", "", "mismatched input '<EOF>'", "write a condition such as"),
    ("a variable of routing in a scorecard", "quadrant == 'warm'", "undeclared", "the variables are"),
    ("an open bracket", "(asks", "Syntax error", "check quotes, brackets"),
]


@pytest.mark.parametrize(
    ("source", "message", "hint"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS]
)
def test_a_slip_is_answered_with_what_to_write(source: str, message: str, hint: str) -> None:
    with pytest.raises(ConditionInvalid) as caught:
        compile_condition(source, SCORING_VARIABLES)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "_error" not in str(caught.value)


def test_the_place_of_a_slip_counts_lines_and_columns_from_one() -> None:
    with pytest.raises(ConditionInvalid) as caught:
        compile_condition("asks &&\n  campagn == 'x'", SCORING_VARIABLES)
    assert (caught.value.line, caught.value.column) == (2, 3)


GUARDS = [
    ("nothing asked", "lead.city == 'x'", ["lead.city"]),
    ("asked before", "has(lead.city) && lead.city == 'x'", []),
    ("asked after, which CEL absorbs as well", "lead.city == 'x' && has(lead.city)", []),
    ("absent, or of a value", "!has(lead.city) || lead.city == 'x'", []),
    ("asked with or protects nothing", "has(lead.city) || lead.city == 'x'", ["lead.city"]),
    ("asked of another field", "has(lead.region) && lead.city == 'x'", ["lead.city"]),
    ("asked in a choice", "has(lead.city) ? lead.city == 'x' : asks", []),
    ("read on the wrong side of a choice", "has(lead.city) ? asks : lead.city == 'x'", ["lead.city"]),
    ("asked once for two", "has(lead.city) && (lead.city == 'x' || lead.city == 'y')", []),
    ("an attribute by index", "'a b' in lead.attributes && lead.attributes['a b'] == 1", []),
    ("an attribute read", "lead.attributes.a == 1", ["lead.attributes.a"]),
    ("inside a loop", "has(lead.attributes.t) && lead.attributes.t.exists(t, t == lead.city)", ["lead.city"]),
    ("inside a list", "line in [lead.city, 'x']", ["lead.city"]),
    ("the attributes themselves are always there", "size(lead.attributes) > 1", []),
]


@pytest.mark.parametrize(
    ("source", "unguarded"), [case[1:] for case in GUARDS], ids=[case[0] for case in GUARDS]
)
def test_reads_that_nothing_protects_are_found(source: str, unguarded: list[str]) -> None:
    reads = compile_condition(source, ROUTING_VARIABLES).tree.reads()
    found = [
        ".".join(read.path) for read in reads if not read.is_guarded and read.path != ("lead", "attributes")
    ]
    assert found == unguarded


@given(
    source=st.sampled_from([case[1] for case in GUARDS if not case[2]]),
    profile=st.fixed_dictionaries(
        {},
        optional={
            "city": st.sampled_from(["x", "y", "z"]),
            "region": st.just("r"),
            "attributes": st.dictionaries(st.sampled_from(["a", "a b"]), st.integers(0, 2)),
        },
    ),
)
@settings(max_examples=200, deadline=None)
def test_what_the_check_calls_protected_never_errs(source: str, profile: dict[str, Any]) -> None:
    values = routing_context(context(profile), fit=1, interest=2, quadrant="cold")
    assert not isinstance(compile_condition(source, ROUTING_VARIABLES).evaluate(values), CelError)


def test_texts_compared_with_a_variable_are_listed() -> None:
    tree = compile_condition(
        "line == 'main' || source in ['a', 'b'] || 'perfect' != quadrant", ROUTING_VARIABLES
    ).tree
    assert tree.comparisons() == [("line", "main"), ("source", "a"), ("source", "b"), ("quadrant", "perfect")]


def test_equal_sources_share_one_program() -> None:
    assert compile_condition("asks", SCORING_VARIABLES) is compile_condition("asks", SCORING_VARIABLES)


ASKED = (
    "asks",
    "lead.city == 'Vigo'",
    "has(lead.city) && lead.city == 'Vigo'",
    "lead.employees >= 50 || asks",
    "lead.attributes.seats > 3",
    "lead.attributes['odd name'] == 'x'",
    "has(lead.attributes.seats) && lead.attributes.seats > 3",
    "lead.city.matches('(?i)^vi')",
    "matches(lead.city, 'a(b')",
    "lead.message == \"matches(\" || lead.message.contains('it matches (all)') // a comment",
    "lead.message.matches(r'\\bprice\\b')",
    "lead.attributes.all(name, name != 'seats')",
    "lead.attributes.seats == null",
    "1 / submissions > 0",
)
LEADS: tuple[dict[str, Any], ...] = (
    {},
    {"city": "Vigo", "employees": 80},
    {"city": "vigo", "attributes": {"seats": 5, "odd name": "x"}},
    {"employees": 3, "attributes": {"seats": "many"}, "message": "what price?"},
    {"message": "it matches (all)", "city": ""},
    {"message": "matches(", "attributes": {"seats": None}},
)


@given(
    asked=st.lists(st.sampled_from(ASKED), min_size=1, max_size=70),
    profile=st.sampled_from(LEADS),
    submissions=st.integers(0, 2),
    asks=st.booleans(),
)
def test_conditions_asked_together_answer_as_each_does_alone(
    asked: list[str], profile: dict[str, Any], submissions: int, asks: bool
) -> None:
    values = scoring_context(
        profile, form="demo", source="web", campaign=None, line="main", submissions=submissions, asks=asks
    )
    conditions = [compile_condition(source, SCORING_VARIABLES) for source in asked]
    together = ConditionSet(conditions, list(values)).evaluate(prepare_context(values))
    assert together == [condition.evaluate(prepare_context(values)) for condition in conditions]


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("lead.message.matches('(?i)PRICE')", True),
        ("matches(lead.message, '^price')", False),
        ("lead.message.matches('it \\\\(matches')", False),
        ("lead.message.contains('matches(')", True),
        ("lead.message.matches (r'matches\\(')", True),
        ("// don't\nlead.message.contains('matches(')", True),
        ("lead.message.contains('matches(') // it's", True),
        ("r'''it's matches('''.contains('s matches(')", True),
    ],
)
def test_a_pattern_is_found_as_re2_finds_it_and_quoted_words_stay(source: str, answer: bool) -> None:
    values = {"lead": {"message": "the price matches("}}
    assert compile_condition(source, {"lead": dict}).evaluate(values) is answer


def test_half_a_character_is_refused_in_words() -> None:
    with pytest.raises(ConditionInvalid, match="half a character"):
        compile_condition("form == '\ud800'", SCORING_VARIABLES)


def test_a_condition_too_long_to_be_read_is_refused_in_words() -> None:
    source = " || ".join(f"form == 'form-{number}'" for number in range(500))
    with pytest.raises(ConditionInvalid, match=r"has 10,886 characters, 10,000 at most") as refused:
        compile_condition(source, SCORING_VARIABLES)
    assert "in [...]" in refused.value.hint
