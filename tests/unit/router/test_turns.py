"""Fairness: within one lead of every share, within two over any stretch, nobody flooded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.turns import CARRY_CAP, Account, Turns, take_turn

WEIGHTS = st.dictionaries(
    st.sampled_from([f"rep{number}" for number in range(9)]),
    st.sampled_from([1, 1, 2, 3, 5, 8, 20, 100]),
    min_size=1,
)
SETS = st.lists(WEIGHTS, max_size=20)


def give(turns: Turns, weights: Mapping[str, int], leads: int) -> tuple[list[str], Turns]:
    given_to = []
    for _ in range(leads):
        rep, turns = take_turn(turns, weights)
        given_to.append(rep)
    return given_to, turns


def after(history: Sequence[Mapping[str, int]]) -> Turns:
    turns = Turns()
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
    assert sum(turns.accounts[name].lag for name in weights) == 0


def test_a_returning_rep_is_not_flooded() -> None:
    both, alone = {"ana": 1, "bea": 1}, {"bea": 1}
    _, turns = give(Turns(), both, 10)
    _, turns = give(turns, alone, 500)
    given_to, _ = give(turns, both, 10)
    assert Counter(given_to) == {"ana": 5, "bea": 5}


def test_whatever_credit_says_a_return_brings_at_most_one_lead_more_than_the_share() -> None:
    owed = Turns({}, {"ana": Account(CARRY_CAP), "bea": Account(-CARRY_CAP)})
    given_to, _ = give(owed, {"ana": 1, "bea": 1}, 10)
    assert Counter(given_to)["ana"] <= 6


def test_shares_come_out_when_the_set_changes_with_every_lead() -> None:
    sets = [{"ana": 3, "bea": 1}, {"ana": 3, "bea": 1, "carla": 2}]
    turns, counts = Turns(), Counter[str]()
    for number in range(4000):
        rep, turns = take_turn(turns, sets[number % 2])
        counts[rep] += 1
    assert counts["ana"] == 2500
    assert abs(counts["bea"] - 833) <= 1
    assert abs(counts["carla"] - 667) <= 1


def test_credit_is_capped_when_the_set_changes() -> None:
    turns = Turns({}, {"ana": Account(7.0)})
    _, turns = take_turn(turns, {"bea": 1})
    assert turns.credit("ana") == CARRY_CAP


def test_equal_weights_go_round_in_order() -> None:
    given_to, _ = give(Turns(), {"a": 1, "b": 1, "c": 1}, 7)
    assert given_to == ["a", "b", "c", "a", "b", "c", "a"]


@pytest.mark.parametrize("seed", range(6))
def test_reps_who_come_and_go_stay_within_two_leads_of_what_was_due_while_they_were_there(seed: int) -> None:
    random = Random(seed)
    weights = {name: random.randint(1, 6) for name in "abcdef"}
    turns, received, due = Turns(), Counter[str](), dict.fromkeys(weights, Fraction(0))
    for _ in range(400):
        there = {rep: weight for rep, weight in weights.items() if random.random() < 0.7} or weights
        rep, turns = take_turn(turns, there)
        received[rep] += 1
        for name, weight in there.items():
            due[name] += Fraction(weight, sum(there.values()))
        assert all(abs(received[name] - due[name]) < 2 for name in weights)
