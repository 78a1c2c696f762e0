"""One condition covers another: seen where it is plain, never claimed where it is not so."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook.cases import can_hold, covered_by
from rulebook.cel import compile_condition
from rulebook.context import ROUTING_VARIABLES, routing_context, scoring_context
from rulebook.implication import cases_of

SEGMENTS = {"large": "has(lead.employees) && lead.employees >= 1000"}


def is_covered(condition: str, *before: str) -> bool:
    cases = cases_of(condition, SEGMENTS)
    known = [(each, found) for each in before if (found := cases_of(each, SEGMENTS)) is not None]
    return cases is not None and all(covered_by(case, known) is not None for case in cases)


@pytest.mark.parametrize(
    ("condition", "before"),
    [
        pytest.param("asks", ["true"], id="anything, after true"),
        pytest.param("asks", ["asks"], id="the same"),
        pytest.param('lead.country=="ES"', ["lead.country == 'ES'"], id="the same, written otherwise"),
        pytest.param("'ES' == lead.country", ["lead.country == 'ES'"], id="the same, turned round"),
        pytest.param("asks && submissions > 2", ["asks"], id="one of two that must hold"),
        pytest.param("asks", ["submissions > 2 || asks"], id="one of two that may hold"),
        pytest.param("lead.country == 'ES'", ["lead.country in ['PT', 'ES']"], id="one of a list"),
        pytest.param(
            "lead.country in ['ES', 'PT']", ["lead.country in ['PT', 'ES', 'IT']"], id="a longer list"
        ),
        pytest.param(
            "lead.country in ['ES', 'PT']",
            ["lead.country == 'ES'", "lead.country == 'PT'"],
            id="two rules together",
        ),
        pytest.param("score.fit >= 80", ["score.fit >= 50"], id="a higher limit"),
        pytest.param("score.fit == 80", ["50 < score.fit"], id="a number above the limit"),
        pytest.param("score.fit > 50", ["score.fit >= 50"], id="a limit left out"),
        pytest.param("lead.country == 'ES'", ["has(lead.country)"], id="a comparison asks that it is there"),
        pytest.param("lead.country == 'ES'", ["lead.country != 'PT'"], id="one is not another"),
        pytest.param("has(lead.phone) ? asks : false", ["asks"], id="a choice of two"),
        pytest.param("!(asks || submissions > 2)", ["!asks"], id="not one nor the other"),
        pytest.param("segment.large && asks", ["lead.employees > 500"], id="a segment written out"),
        pytest.param("lead.employees >= 2000", ["segment.large"], id="covered by a segment"),
        pytest.param("score.fit >= 50", ["!(score.fit < 50)"], id="a limit denied"),
        pytest.param("submissions > 2", ["asks", "!asks"], id="so or not so"),
        pytest.param("asks", ["score.fit > 50", "score.fit <= 50"], id="above a limit or not"),
        pytest.param("asks", ["score.fit >= 0"], id="above what cannot be less"),
        pytest.param(
            "asks",
            ["quadrant in ['perfect', 'warm']", "quadrant == 'curious'", "quadrant == 'cold'"],
            id="every quadrant there is",
        ),
        pytest.param("asks", ["has(lead.country)", "!has(lead.country)"], id="there or not"),
        pytest.param(
            "has(lead.country)", ["lead.country == 'ES'", "lead.country != 'ES'"], id="a country or another"
        ),
    ],
)
def test_a_condition_is_covered(condition: str, before: list[str]) -> None:
    assert is_covered(condition, *before)


@pytest.mark.parametrize(
    ("condition", "before"),
    [
        pytest.param("asks || submissions > 2", ["asks"], id="one of two that may hold"),
        pytest.param("lead.country in ['ES', 'PT']", ["lead.country == 'ES'"], id="a shorter list"),
        pytest.param("score.fit >= 50", ["score.fit > 50"], id="the limit itself"),
        pytest.param("score.fit >= 50", ["score.fit <= 50"], id="the other side"),
        pytest.param("lead.name == 'a  b'", ["lead.name == 'a b'"], id="two spaces in a text"),
        pytest.param("lead.attributes.n == '5'", ["lead.attributes.n == 5"], id="a text is no number"),
        pytest.param("lead.city != 'ES'", ["lead.city != 'PT'"], id="not one is not: not another"),
        pytest.param("has(lead.country)", ["lead.country != 'ES'"], id="that it is there says not what"),
        pytest.param("submissions - 1 > 5", ["submissions > 5"], id="what is reckoned"),
        pytest.param("!asks", ["asks"], id="the contrary"),
        pytest.param(
            "asks", ["lead.country == 'ES'", "lead.country != 'ES'"], id="who has no country is neither"
        ),
        pytest.param("asks", ["score.fit > 50", "score.fit < 50"], id="the limit between"),
        pytest.param("asks", ["quadrant == 'perfect'", "quadrant == 'warm'"], id="two quadrants of four"),
    ],
)
def test_a_condition_is_not_covered(condition: str, before: list[str]) -> None:
    assert not is_covered(condition, *before)


@pytest.mark.parametrize(
    "condition",
    [
        "quadrant == 'warm' && quadrant == 'perfect'",
        "asks && !asks",
        "has(lead.employees) && lead.employees > 100 && lead.employees < 50",
        "lead.employees > 50 && lead.employees <= 50",
        "lead.employees == 10 && lead.employees > 10",
        "!has(lead.country) && lead.country == 'ES'",
        "score.fit > 100",
        "score.interest < 0",
        "lead.country == 'ES' && lead.country != 'ES'",
        "quadrant != 'warm' && !(quadrant in ['perfect', 'curious', 'cold'])",
    ],
)
def test_a_condition_can_hold_for_nobody(condition: str) -> None:
    cases = cases_of(condition)
    assert cases
    assert not any(can_hold(case) for case in cases)


def test_of_what_has_too_many_cases_nothing_is_claimed() -> None:
    wide = " && ".join(f"(lead.attributes.a{n} == 'x' || lead.attributes.b{n} == 'y')" for n in range(8))
    assert cases_of(wide) is None


ATOMS = st.sampled_from(
    [
        "asks",
        "true",
        "false",
        "lead.country == 'ES'",
        "'PT' == lead.country",
        "lead.country != 'ES'",
        "lead.country in ['ES', 'PT']",
        "has(lead.country)",
        "has(lead.employees)",
        "lead.employees >= 10",
        "lead.employees > 10",
        "10 > lead.employees",
        "lead.employees <= 20",
        "lead.employees == 10",
        "lead.employees in [10, 20]",
        "score.fit > 50",
        "score.fit >= 0",
        "score.fit < 50",
        "quadrant == 'warm'",
        "quadrant in ['perfect', 'curious', 'cold']",
    ]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)


def context(
    country: str | None, employees: int | None, *, asks: bool, fit: int = 50, quadrant: str = "warm"
) -> dict[str, Any]:
    profile = {"country": country, "employees": employees}
    scoring = scoring_context(
        profile, form="f", source="s", campaign=None, line="main", submissions=1, asks=asks
    )
    return routing_context(scoring, fit=fit, interest=50, quadrant=quadrant)


CONTEXTS = [
    context(country, employees, asks=asks, fit=fit, quadrant=quadrant)
    for country in (None, "ES", "PT", "IT")
    for employees in (None, 5, 10, 11, 20, 30)
    for asks in (True, False)
    for fit in (0, 50, 51, 100)
    for quadrant in ("perfect", "warm")
]


@given(CONDITIONS, st.lists(CONDITIONS, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_nothing_is_claimed_that_is_not_so(condition: str, before: list[str]) -> None:
    if not is_covered(condition, *before):
        return
    later = compile_condition(condition, ROUTING_VARIABLES)
    earlier = [compile_condition(each, ROUTING_VARIABLES) for each in before]
    for each in CONTEXTS:
        if later.evaluate(each) is True:
            assert any(one.evaluate(each) is True for one in earlier)


@given(CONDITIONS)
@settings(max_examples=400, deadline=None)
def test_what_is_said_to_hold_for_nobody_holds_for_nobody(condition: str) -> None:
    cases = cases_of(condition)
    if cases is None or any(can_hold(case) for case in cases):
        return
    compiled = compile_condition(condition, ROUTING_VARIABLES)
    assert not any(compiled.evaluate(each) is True for each in CONTEXTS)
