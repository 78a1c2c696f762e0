"""Fairness: within one lead of every share, within two over any stretch, nobody flooded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.strategies.round_robin import CARRY_CAP, CATCH_UP_CAP, Period, next_period

WEIGHTS = st.dictionaries(
    st.sampled_from([f"rep{number}" for number in range(9)]),
    st.sampled_from([1, 1, 2, 3, 5, 8, 20, 100]),
    min_size=1,
)
SETS = st.lists(WEIGHTS, max_size=20)


def take_turn(turns: Period, weights: Mapping[str, int]) -> tuple[str, Period]:
    period = next_period(turns, weights)
    rep = period.choose()
    period.take(rep)
    return rep, period


def give(turns: Period, weights: Mapping[str, int], leads: int) -> tuple[list[str], Period]:
    given_to = []
    for _ in range(leads):
        rep, turns = take_turn(turns, weights)
        given_to.append(rep)
    return given_to, turns


def after(history: Sequence[Mapping[str, int]]) -> Period:
    turns = Period()
    for weights in history:
        _, turns = give(turns, weights, 3)
    return turns


@given(SETS, WEIGHTS, st.integers(1, 150))
def test_every_rep_is_within_one_lead_of_the_share_since_the_set_changed(
    history: list[dict[str, int]], weights: dict[str, int], leads: int
) -> None:
    before = after([*history, {"somebody-else": 1}])
    given_to, _ = give(before, weights, leads)
    total = sum(weights.values())
    counts: Counter[str] = Counter()
    for number, rep in enumerate(given_to, start=1):
        counts[rep] += 1
        for name, weight in weights.items():
            assert abs(counts[name] - Fraction(number * weight, total)) < 1


@given(SETS, WEIGHTS, st.integers(0, 80), st.integers(1, 80))
def test_over_any_stretch_every_rep_is_within_two_leads_of_the_share(
    history: list[dict[str, int]], weights: dict[str, int], skipped: int, leads: int
) -> None:
    _, turns = give(after(history), weights, skipped)
    counts = Counter(give(turns, weights, leads)[0])
    total = sum(weights.values())
    assert all(abs(counts[name] - Fraction(leads * weight, total)) < 2 for name, weight in weights.items())


@given(SETS, WEIGHTS)
def test_lags_of_a_set_sum_to_zero(history: list[dict[str, int]], weights: dict[str, int]) -> None:
    _, turns = give(after(history), weights, 17)
    lags = (turns.credit(name) - turns.carried.get(name, 0.0) for name in weights)
    assert sum(lags) == pytest.approx(0)


def test_a_returning_rep_is_not_flooded() -> None:
    both, alone = {"ana": 1, "bea": 1}, {"bea": 1}
    _, turns = give(Period(), both, 10)
    _, turns = give(turns, alone, 500)
    given_to, _ = give(turns, both, 10)
    assert Counter(given_to) == {"ana": 5, "bea": 5}


def test_whatever_credit_says_a_return_brings_at_most_one_lead_more_than_the_share() -> None:
    owed = Period({}, {"ana": CARRY_CAP, "bea": -CARRY_CAP})
    given_to, _ = give(owed, {"ana": 1, "bea": 1}, 10)
    assert Counter(given_to)["ana"] <= 6


def test_shares_come_out_when_the_set_changes_with_every_lead() -> None:
    sets = [{"ana": 3, "bea": 1}, {"ana": 3, "bea": 1, "carla": 2}]
    turns, counts = Period(), Counter[str]()
    for number in range(4000):
        rep, turns = take_turn(turns, sets[number % 2])
        counts[rep] += 1
    assert counts["ana"] == 2500
    assert abs(counts["bea"] - 833) <= 1
    assert abs(counts["carla"] - 667) <= 1


def test_credit_is_capped_when_the_set_changes() -> None:
    turns = Period({}, {"ana": 7.0})
    _, turns = take_turn(turns, {"bea": 1})
    assert turns.credit("ana") == CARRY_CAP


def test_equal_weights_go_round_in_order() -> None:
    given_to, _ = give(Period(), {"a": 1, "b": 1, "c": 1}, 7)
    assert given_to == ["a", "b", "c", "a", "b", "c", "a"]


@pytest.mark.parametrize("seed", range(6))
def test_reps_who_come_and_go_stay_within_two_leads_of_what_was_due_while_they_were_there(seed: int) -> None:
    random = Random(seed)
    weights = {name: random.randint(1, 6) for name in "abcdef"}
    turns, received, due = Period(), Counter[str](), dict.fromkeys(weights, Fraction(0))
    for _ in range(400):
        there = {rep: weight for rep, weight in weights.items() if random.random() < 0.7} or weights
        rep, turns = take_turn(turns, there)
        received[rep] += 1
        for name, weight in there.items():
            due[name] += Fraction(weight, sum(there.values()))
        assert all(abs(received[name] - due[name]) < 2 for name in weights)


def test_a_rep_who_was_away_makes_up_for_turns_where_the_pool_lets_them() -> None:
    both, alone = {"ana": 1, "bea": 1}, {"bea": 1}
    turns = next_period(Period(), both, both)
    for _ in range(100):
        turns = next_period(turns, alone, both)
        turns.take(turns.choose())
    back = next_period(turns, both, both)
    assert back.credit("ana") == CATCH_UP_CAP
    counts = Counter[str]()
    for number in range(40):  # sets change, so that credit counts
        weights = both if number % 2 else {**both, "carla": 1}
        back = next_period(back, weights, both)
        rep = back.choose()
        back.take(rep)
        counts[rep] += 1
    assert counts["ana"] > counts["bea"]


def test_a_turn_given_back_counts_for_nobody() -> None:
    weights = {"ana": 1, "bea": 1}
    given_to, turns = give(Period(), weights, 3)
    assert given_to == ["ana", "bea", "ana"]
    assert give(turns.given_back("ana"), weights, 2)[0] == ["ana", "bea"]


@given(SETS, WEIGHTS, st.integers(0, 60))
def test_those_nearest_include_whose_turn_it_is(
    history: list[dict[str, int]], weights: dict[str, int], leads: int
) -> None:
    _, turns = give(after(history), weights, leads)
    period = next_period(turns, weights)
    assert period.choose() in period.nearest(1)
