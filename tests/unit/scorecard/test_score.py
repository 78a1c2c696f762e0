"""Fit and interest by rules."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import BuyerStage, Dimension, Quadrant, Stage
from rulebook.cel import prepare_context
from rulebook.context import scoring_context, shared_context, signal_values
from rulebook.models import InterestRule, Scorecard
from scorecard.compiled import BASE, CUT, SCALE, CompiledScorecard, compile_scorecard
from scorecard.crossing import next_crossing
from scorecard.decay import Fading, gone_after
from scorecard.score import Facts, Origin, Scored, Signal, quadrant_of
from scorecard.score import score as score_facts

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def compiled(stages: Mapping[str, BuyerStage] | None = None, **card: Any) -> CompiledScorecard:
    return compile_scorecard(Scorecard.model_validate({"fit": [], "interest": []} | card), stages)


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


def facts(
    contexts: list[dict[str, Any]],
    signals: list[Signal] | None = None,
    *,
    at: datetime = NOW,
    own: bool = True,
) -> Facts:
    origins = [
        Origin(each["form"], prepare_context(each), UUID(int=n), at) for n, each in enumerate(contexts)
    ]
    return Facts(origins, shared_context(contexts[0]), signals or [], own)


def score(card: CompiledScorecard, contexts: list[dict[str, Any]]) -> Scored:
    return score_facts(card, facts(contexts), NOW)


def act(number: int, at: datetime, kind: str = "page_view", url: str | None = "/prices") -> Signal:
    values = signal_values(kind, url=url, form=None, source=None, attributes={})
    return Signal(UUID(int=1000 + number), kind, at, values)


def rule(when: str, points: int, identity: str = "r1", **more: Any) -> dict[str, Any]:
    return {"id": identity, "when": when, "points": points, "reason": "because"} | more


def seen(points: int = 20, identity: str = "s1", **more: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "kinds": ["page_view"],
        "points": points,
        "half_life": "7d",
        "reason": "read a page",
    } | more


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


@given(base=st.integers(0, 100), fit=points, interest=points)
def test_the_contributions_of_a_dimension_add_up_exactly_to_its_score(
    base: int, fit: list[int], interest: list[int]
) -> None:
    def rules(values: list[int]) -> list[InterestRule]:
        return [
            InterestRule(id=f"r{n}", when="asks", points=value, reason="x") for n, value in enumerate(values)
        ]

    card = Scorecard(fit_base=base, interest_base=base, fit=[*rules(fit)], interest=rules(interest))
    scored = score(compile_scorecard(card), [context()])
    for dimension, total in ((Dimension.FIT, scored.score.fit), (Dimension.INTEREST, scored.score.interest)):
        listed = [each for each in scored.score.contributions if each.dimension is dimension]
        assert sum(each.points for each in listed) == total
        uncut = sum(each.points for each in listed if each.rule != CUT)
        assert min(max(uncut, 0), 100) == total


def test_what_a_group_gives_beyond_its_cap_is_taken_off_and_listed() -> None:
    groups = {"size": {"most": 30}}
    fit = [rule("asks", 25, "large", group="size"), rule("asks", 20, "global", group="size")]
    scored = score(compiled(fit=fit, groups=groups, fit_base=5), [context()])
    assert scored.score.fit == 35
    listed = {each.rule: each.points for each in scored.score.contributions}
    assert listed == {BASE: 5, "large": 25, "global": 20, "(cap:size)": -15}


def test_a_dimension_with_its_full_points_is_brought_to_a_hundred_half_to_even() -> None:
    scored = score(compiled(fit=[rule("asks", 45)], fit_full=200), [context()])
    assert scored.score.fit == 22  # 22.5
    assert {each.rule: each.points for each in scored.score.contributions} == {"r1": 45, SCALE: -23}


def test_a_rule_says_what_it_looked_at() -> None:
    card = compiled(fit=[rule("has(lead.job_title) && lead.seniority == 'c_level'", 9)])
    scored = score(card, [context({"job_title": "CTO"})])
    assert [each.reads for each in scored.score.contributions] == [["lead.job_title", "lead.seniority"]]


def test_one_rules_error_spoils_no_other_of_a_hundred() -> None:
    fit = [rule(f"has(lead.employees) && lead.employees >= {n}", 1, f"r{n}") for n in range(100)]
    fit[37] = rule("lead.city == 'Vigo'", 1, "r37")
    scored = score(compiled(fit=fit), [context({"employees": 99})])
    assert scored.score.fit == 99
    assert [each.rule for each in scored.score.contributions if each.error] == ["r37"]


def test_an_interest_rule_fades_from_the_newest_submission_it_holds_for() -> None:
    card = compiled(interest=[rule("form == 'demo'", 40, half_life="10d")])
    origins = [
        Origin("demo", prepare_context(context()), UUID(int=1), NOW - 10 * DAY),
        Origin("newsletter", prepare_context(context(form="newsletter")), UUID(int=2), NOW),
        Origin("demo", prepare_context(context(campaign="x")), UUID(int=3), NOW - 20 * DAY),
    ]
    scored = score_facts(card, Facts(origins, shared_context(context())), NOW)
    (only,) = scored.score.contributions
    assert only.points == scored.score.interest == 20
    assert only.evidence is not None
    assert [(each.id, each.full, each.points) for each in only.evidence] == [(UUID(int=1), 40, 20)]


def test_acts_fade_by_themselves_and_the_older_ones_count_less() -> None:
    card = compiled(signals=[seen(20, repeats={"damping": 0.5, "most": 3})])
    signals = [act(n, NOW - n * 7 * DAY) for n in range(4)]
    scored = score_facts(card, facts([context()], signals), NOW)
    (only,) = scored.score.contributions
    assert only.evidence is not None
    assert [(each.full, each.points) for each in only.evidence] == [(20, 20), (10, 5), (5, 1)]
    assert only.points == scored.score.interest == 26


@pytest.mark.parametrize(
    ("sentence", "signal", "interest"),
    [
        ("a kind that the rule names", act(1, NOW), 20),
        ("another kind", act(1, NOW, "download"), 0),
        ("a page that the condition leaves out", act(1, NOW, url="/jobs"), 0),
        ("an act without what the condition reads is told as an error", act(1, NOW, url=None), 0),
        ("a clock that runs ahead gives no more than the whole", act(1, NOW + DAY), 20),
    ],
)
def test_which_acts_count(sentence: str, signal: Signal, interest: int) -> None:
    card = compiled(signals=[seen(when="signal.url.contains('/prices')")])
    scored = score_facts(card, facts([context()], [signal]), NOW)
    assert scored.score.interest == interest, sentence
    errors = [each.error for each in scored.score.contributions if each.error]
    assert bool(errors) == (sentence.endswith("error")), sentence


def test_no_cliff_after_a_year() -> None:
    card = compiled(signals=[seen(80, half_life="180d", repeats={"damping": 0.9, "most": 50})])
    known = facts([context()], [act(n, NOW - n * DAY) for n in range(50)])
    before, after = (score_facts(card, known, NOW + n * DAY).score.interest for n in (365, 366))
    assert 0 < after <= before <= after + 3


def test_opening_mails_alone_makes_nobody_sales_qualified_who_does_not_fit() -> None:
    opens = seen(10, kinds=["email_open"], repeats={"damping": 0.9, "most": 20})
    card = compiled(signals=[opens], fit=[rule("lead.seniority == 'student'", -40)], fit_base=20)
    signals = [act(n, NOW - n * timedelta(hours=3), "email_open") for n in range(12)]
    scored = score_facts(card, facts([context({"job_title": "student"})], signals), NOW)
    assert (scored.quadrant, scored.stage) == (Quadrant.CURIOUS, Stage.MQL)


@pytest.mark.parametrize(
    ("own", "stage"), [(True, Stage.SQL), (False, Stage.LEAD)], ids=["did something", "stands in a list"]
)
def test_where_an_mql_needs_an_act_a_list_makes_none(own: bool, stage: Stage) -> None:
    card = compiled(fit_base=90, mql="act")
    assert score_facts(card, facts([context()], own=own), NOW).stage is stage


def test_the_first_persona_that_holds_is_told_with_what_they_want() -> None:
    personas = [
        {"id": "boss", "name": "Boss", "when": "lead.seniority == 'owner'", "goals": ["sleep"]},
        {"id": "ops", "name": "Operations", "when": "has(lead.job_title)", "objections": ["no time"]},
    ]
    scored = score(compiled(personas=personas), [context({"job_title": "Head of Operations"})])
    assert scored.persona is not None
    assert (scored.persona.id, scored.persona.objections) == ("ops", ["no time"])


def test_a_buyer_is_as_far_as_the_furthest_form_or_act_shows() -> None:
    stages = {"ebook": BuyerStage.AWARENESS, "demo": BuyerStage.CONSIDERATION}
    card = compiled(stages, signals=[seen(buyer_stage="decision")])
    assert score(card, [context(form="ebook")]).buyer_stage is BuyerStage.AWARENESS
    assert score(card, [context(form="ebook"), context()]).buyer_stage is BuyerStage.CONSIDERATION
    decided = score_facts(card, facts([context(form="ebook")], [act(1, NOW)]), NOW)
    assert decided.buyer_stage is BuyerStage.DECISION
    assert score(card, [context(form="other")]).buyer_stage is None


def test_high_interest_stays_high_until_it_is_the_hysteresis_below() -> None:
    card = compiled(interest_base=46)
    assert score_facts(card, facts([context()]), NOW).quadrant is Quadrant.COLD
    assert score_facts(card, facts([context()]), NOW, before=Quadrant.CURIOUS).quadrant is Quadrant.CURIOUS
    lower = compiled(interest_base=44)
    assert score_facts(lower, facts([context()]), NOW, before=Quadrant.CURIOUS).quadrant is Quadrant.COLD


ACTS = st.lists(
    st.tuples(st.integers(-3_000_000, 3_000_000), st.sampled_from(["page_view", "download", "social"])),
    max_size=12,
)
RULES = st.lists(
    st.tuples(
        st.integers(-100, 100),
        st.integers(60, 3_000_000),
        st.sampled_from([0.3, 0.5, 0.9, 1.0]),
        st.sampled_from([["page_view"], ["page_view", "download"], ["social"]]),
        st.sampled_from([None, "web"]),
    ),
    max_size=4,
)


@st.composite
def cards(draw: st.DrawFn) -> CompiledScorecard:
    signals = [
        seen(
            points,
            f"s{n}",
            half_life=timedelta(seconds=seconds),
            repeats={"damping": damping, "most": draw(st.integers(1, 5))},
            kinds=kinds,
            group=group,
        )
        for n, (points, seconds, damping, kinds, group) in enumerate(draw(RULES))
    ]
    return compiled(
        signals=signals,
        interest=[rule("asks", draw(st.integers(-100, 100)), half_life="2d")],
        interest_base=draw(st.integers(0, 100)),
        interest_full=draw(st.sampled_from([None, 70, 130])),
        groups={"web": {"most": draw(st.integers(1, 100))}},
        interest_threshold=draw(st.integers(1, 100)),
        hysteresis=draw(st.integers(0, 50)),
    )


@given(card=cards(), acts=ACTS, seed=st.randoms(use_true_random=False))
def test_the_sum_is_the_score_and_the_order_of_acts_is_nothing(
    card: CompiledScorecard, acts: list[tuple[int, str]], seed: random.Random
) -> None:
    signals = [act(n, NOW + timedelta(seconds=s), kind) for n, (s, kind) in enumerate(acts)]
    scored = score_facts(card, facts([context()], signals), NOW)
    listed = [each for each in scored.score.contributions if each.dimension is Dimension.INTEREST]
    assert sum(each.points for each in listed) == scored.score.interest
    for each in listed:
        assert each.evidence is None or sum(one.points for one in each.evidence) == each.points
    seed.shuffle(signals)
    assert score_facts(card, facts([context()], signals), NOW).score == scored.score


@given(card=cards(), acts=ACTS)
def test_time_moves_a_lead_at_the_computed_moment_and_not_before(
    card: CompiledScorecard, acts: list[tuple[int, str]]
) -> None:
    signals = [act(n, NOW + timedelta(seconds=s), kind) for n, (s, kind) in enumerate(acts)]
    known = facts([context()], signals, at=NOW - DAY)
    moment, scored = NOW, score_facts(card, known, NOW)
    for _ in range(4):
        due = next_crossing(card.card, scored.fades, scored.quadrant, moment)
        until = due - timedelta(microseconds=2) if due else moment + 3_000 * DAY
        if until > moment:
            for part in (0.1, 0.5, 0.9, 1.0):
                at = moment + (until - moment) * part
                assert score_facts(card, known, at, before=scored.quadrant).quadrant is scored.quadrant
        if due is None:
            return
        before, moment = scored.quadrant, due
        scored = score_facts(card, known, due, before=before)
        assert scored.quadrant is not before


@given(
    full=st.floats(-100, 100, allow_nan=False),
    seconds=st.integers(60, 3_000_000_000),
    age=st.integers(0, 10_000_000),
)
def test_every_step_of_an_act_is_one_point_at_its_own_moment(full: float, seconds: int, age: int) -> None:
    fading = Fading(full, NOW, timedelta(seconds=seconds))
    start = NOW + timedelta(seconds=age)
    steps = [(start, fading.points(start)), *fading.steps(start)]
    for (_, before), (moment, points) in pairwise(steps):
        assert abs(before) - abs(points) == 1
        assert fading.points(moment) == points
        assert fading.points(moment - timedelta(milliseconds=1)) in (before, points)
    if steps[-1][1] == 0:
        assert fading.points(NOW + gone_after(round(abs(full)) + 1, fading.half_life)) == 0


def test_an_act_is_made_ready_once_however_many_rules_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[Any] = []

    def counting(values: Mapping[str, Any]) -> Any:
        prepared.append(values)
        return prepare_context(values)

    monkeypatch.setattr("scorecard.score.prepare_context", counting)
    rules = [
        seen(10, f"s{n}", when=f"signal.attributes.n{n} == 1 || signal.url.contains('/prices')")
        for n in range(40)
    ]
    scored = score_facts(
        compiled(signals=rules), facts([context()], [act(n, NOW - n * DAY) for n in range(3)]), NOW
    )
    assert len(prepared) == 3
    assert scored.score.interest == 100
    assert {c.points for c in scored.score.contributions if c.rule != CUT} == {10 + 5 + 2}


def test_high_interest_ceases_at_last_however_wide_the_hysteresis() -> None:
    card = compiled(signals=[seen(20)], interest_threshold=5, hysteresis=10)
    known = facts([context()], [act(1, NOW)])
    high = score_facts(card, known, NOW)
    moment = next_crossing(card.card, high.fades, high.quadrant, NOW)
    assert moment is not None
    assert score_facts(card, known, moment, before=high.quadrant).quadrant is Quadrant.COLD


def test_a_clock_gone_wrong_by_thousands_of_years_awaits_nothing() -> None:
    far = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert list(Fading(20, far, DAY).steps(NOW)) == []
