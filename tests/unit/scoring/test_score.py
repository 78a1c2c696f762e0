"""Fit and interest by rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import Dimension, Quadrant, Stage
from rulebook.cel import compile_condition
from rulebook.context import SCORING_VARIABLES, scoring_context
from rulebook.models import Rule, Scorecard
from scoring.domain.score import BASE, CUT, CompiledScorecard, compile_scorecard, quadrant_of, score


def compiled(**card: Any) -> CompiledScorecard:
    scorecard = Scorecard.model_validate({"fit": [], "interest": []} | card)
    return compile_scorecard(scorecard, lambda source: compile_condition(source, SCORING_VARIABLES))


def context(profile: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "form": "demo",
        "source": "website",
        "campaign": None,
        "line": "main",
        "submissions": 1,
        "asks": True,
    }
    return scoring_context(profile or {}, **(values | given))


def rule(when: str, points: int, identity: str = "r1") -> dict[str, Any]:
    return {"id": identity, "when": when, "points": points, "reason": "because"}


@pytest.mark.parametrize(
    ("sentence", "card", "fit", "listed"),
    [
        ("a base alone is the score", {"fit_base": 30}, 30, {BASE: 30}),
        ("a rule that holds adds its points", {"fit": [rule("asks", 25)]}, 25, {"r1": 25}),
        ("a rule that does not hold is not listed", {"fit": [rule("!asks", 25)]}, 0, {}),
        ("points below zero are cut", {"fit": [rule("asks", -30)]}, 0, {"r1": -30, CUT: 30}),
        (
            "points above a hundred are cut",
            {"fit_base": 90, "fit": [rule("asks", 25)]},
            100,
            {BASE: 90, "r1": 25, CUT: -15},
        ),
        (
            "a rule in error gives nothing and is listed",
            {"fit": [rule("lead.city == 'Vigo'", 9)]},
            0,
            {"r1": 0},
        ),
    ],
)
def test_how_a_dimension_adds_up(
    sentence: str, card: dict[str, Any], fit: int, listed: dict[str, int]
) -> None:
    scored = score(compiled(**card), [context()])
    assert scored.score.fit == fit, sentence
    assert {each.rule: each.points for each in scored.score.contributions} == listed, sentence


def test_a_rule_in_error_says_why() -> None:
    scored = score(compiled(interest=[rule("lead.city == 'Vigo'", 9)]), [context()])
    (only,) = scored.score.contributions
    assert only.error == 'the lead has no "city"'
    assert only.dimension is Dimension.INTEREST


def test_a_lesser_form_later_takes_nothing_away() -> None:
    card = compiled(interest=[rule("form == 'demo'", 40), rule("form == 'newsletter'", 5, "r2")])
    scored = score(card, [context(form="demo"), context(form="newsletter")])
    assert scored.score.interest == 45


def test_a_rule_that_holds_for_one_origin_is_no_error_for_another() -> None:
    card = compiled(interest=[rule("campaign == 'spring' || lead.city == 'Vigo'", 40)])
    scored = score(card, [context(), context(campaign="spring")])
    assert [each.error for each in scored.score.contributions] == [None]


@pytest.mark.parametrize(
    ("fit_is_high", "interest_is_high", "quadrant"),
    [
        (True, True, Quadrant.PERFECT),
        (True, False, Quadrant.WARM),
        (False, True, Quadrant.CURIOUS),
        (False, False, Quadrant.COLD),
    ],
)
def test_quadrants(fit_is_high: bool, interest_is_high: bool, quadrant: Quadrant) -> None:
    assert quadrant_of(fit_is_high, interest_is_high) is quadrant


@pytest.mark.parametrize(("fit", "stage"), [(49, Stage.MQL), (50, Stage.SQL)])
def test_a_score_is_high_from_its_threshold_on(fit: int, stage: Stage) -> None:
    assert score(compiled(fit_base=fit), [context()]).stage is stage


def test_the_scorecard_says_which_quadrants_are_sales_qualified() -> None:
    card = compiled(interest_base=80, sql_quadrants=["curious"])
    assert score(card, [context()]).stage is Stage.SQL


points = st.lists(st.integers(-100, 100), max_size=12)
HOLDS = compile_condition("asks", SCORING_VARIABLES)


@given(base=st.integers(0, 100), fit=points, interest=points)
def test_the_contributions_of_a_dimension_add_up_exactly_to_its_score(
    base: int, fit: list[int], interest: list[int]
) -> None:
    def rules(values: list[int]) -> list[Rule]:
        return [Rule(id=f"r{n}", when="asks", points=value, reason="x") for n, value in enumerate(values)]

    card = Scorecard(fit_base=base, interest_base=base, fit=rules(fit), interest=rules(interest))
    scored = score(compile_scorecard(card, lambda _: HOLDS), [context()])
    for dimension, total in ((Dimension.FIT, scored.score.fit), (Dimension.INTEREST, scored.score.interest)):
        listed = [each for each in scored.score.contributions if each.dimension is dimension]
        assert sum(each.points for each in listed) == total
        uncut = sum(each.points for each in listed if each.rule != CUT)
        assert min(max(uncut, 0), 100) == total
